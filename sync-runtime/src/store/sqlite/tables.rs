//! The tables: the log's own, and one for each model.

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::columns;
use crate::{
    schema::{Mode, Model, Schema},
    sql,
    store::{Migrations, StoreError, migration::is_of_model},
    tables::SQLITE_LOG,
};

/// What the file lacks.
pub(super) async fn pending(
    connection: &mut SqliteConnection,
    schema: &Schema,
) -> crate::store::Result<Migrations> {
    let failed = StoreError::during("reading what tables there are");
    let mut migrations = Migrations::default();
    let applied = version(connection).await.map_err(&failed)?;
    migrations.add_versions(applied, &SQLITE_LOG)?;
    for model in schema.models() {
        let there = columns(connection, model).await.map_err(&failed)?;
        if !there.is_empty() && !is_of_model(model, there.iter()) {
            return Err(not_ours(model));
        }
        match model.mode {
            Mode::Events => projection(model, &there, &mut migrations),
            Mode::Rows | Mode::Api => {
                rows(model, &there, &mut migrations);
                for (name, wanted) in sql::sqlite::triggers(model) {
                    let found = trigger(connection, &name).await.map_err(&failed)?;
                    if found.as_ref() != Some(&wanted) {
                        migrations.add(
                            format!("what captures changes of `{}`", model.entity),
                            format!(
                                "DROP TRIGGER IF EXISTS {};\n{wanted};",
                                columns::quoted(&name)
                            ),
                        );
                    }
                }
            }
        }
    }
    Ok(migrations)
}

/// Applies it, inside the caller's transaction.
pub(super) async fn apply(
    connection: &mut SqliteConnection,
    migrations: &Migrations,
) -> sqlx::Result<()> {
    for step in &migrations.steps {
        sqlx::raw_sql(AssertSqlSafe(step.sql.clone()))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// The version of the log's own tables; 0 where there are none.
async fn version(connection: &mut SqliteConnection) -> sqlx::Result<u32> {
    let counted = sqlx::query("SELECT 1 FROM sqlite_master WHERE name = 'sync_migrations'")
        .fetch_optional(&mut *connection)
        .await?;
    if counted.is_none() {
        return Ok(0);
    }
    sqlx::query("SELECT coalesce(max(version), 0) FROM sync_migrations")
        .fetch_one(connection)
        .await?
        .try_get(0)
}

/// The names of the columns of a model's table; none where there is no table.
async fn columns(connection: &mut SqliteConnection, model: &Model) -> sqlx::Result<Vec<String>> {
    let table = columns::quoted(&model.path);
    sqlx::query(AssertSqlSafe(format!("PRAGMA table_xinfo({table})")))
        .fetch_all(connection)
        .await?
        .into_iter()
        .map(|row| row.try_get("name"))
        .collect()
}

/// The table of a model, or the columns that it lacks.
fn projection(model: &Model, there: &[String], migrations: &mut Migrations) {
    if there.is_empty() {
        let sql = sql::projection::sqlite_table(model);
        migrations.add(format!("the model `{}`", model.entity), sql);
        return;
    }
    let table = columns::quoted(&model.path);
    for field in model.fields.iter() {
        if !there.iter().any(|name| *name == field.name) {
            let column = sql::projection::sqlite_column(field);
            migrations.add(
                format!("the field `{}` of `{}`", field.name, model.entity),
                format!("ALTER TABLE {table} ADD COLUMN {column};"),
            );
        }
    }
}

/// The table of rows, or the columns that it lacks.
fn rows(model: &Model, there: &[String], migrations: &mut Migrations) {
    if there.is_empty() {
        let sql = sql::sqlite::create_table(model);
        migrations.add(format!("the model `{}`", model.entity), sql);
        return;
    }
    let renamed = sql::renamed(model, there);
    for (from, to) in &renamed {
        migrations.add(
            format!("the field `{to}` of `{}`, which was `{from}`", model.entity),
            sql::sqlite::rename_column(model, from, to),
        );
    }
    for field in model.fields.iter() {
        let was_there = renamed.iter().any(|(_, to)| *to == field.name);
        if !was_there && !there.iter().any(|name| *name == field.name) {
            migrations.add(
                format!("the field `{}` of `{}`", field.name, model.entity),
                sql::sqlite::add_column(model, field),
            );
        }
    }
}

/// The text of a trigger; `None`: there is none of that name.
async fn trigger(connection: &mut SqliteConnection, name: &str) -> sqlx::Result<Option<String>> {
    sqlx::query("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?1")
        .bind(name)
        .fetch_optional(connection)
        .await?
        .map(|row| row.try_get(0))
        .transpose()
}

fn not_ours(model: &Model) -> StoreError {
    StoreError {
        context: "comparing the database with the models",
        source: format!(
            "there is a table {} which is not that of the model `{}`: rename it, or set another `path`",
            columns::quoted(&model.path),
            model.entity
        )
        .into(),
    }
}
