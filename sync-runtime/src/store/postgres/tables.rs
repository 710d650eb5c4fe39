//! The tables: the log's own, and one for each model.

use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use super::columns::{literal, quoted};
use crate::{
    schema::{Field, Mode, Model, Schema, Visibility},
    sql::{self, Kind},
    store::{Migrations, Result, StoreError, migration::is_of_model},
    tables::POSTGRES_LOG,
};

/// The longest name; PostgreSQL cuts what is longer.
const MAX_NAME: usize = 63;
/// Columns that every table has already.
const SYSTEM: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// Begins a transaction in which a migration sees what others have applied before it.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// Waits for the migration of another process. A table that is in use for long fails it, instead of all who come behind.
pub(super) async fn lock(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "SET LOCAL lock_timeout = '30s'; SELECT pg_advisory_xact_lock(hashtext('syncable'), hashtext('migration'))",
    )
    .execute(connection)
    .await
    .map(|_| ())
}

/// What the database lacks.
pub(super) async fn pending(connection: &mut PgConnection, schema: &Schema) -> Result<Migrations> {
    let failed = StoreError::during("reading what tables there are");
    let encoding: String = sqlx::query("SHOW server_encoding")
        .fetch_one(&mut *connection)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(&failed)?;
    if encoding != "UTF8" {
        return Err(unfit(format!(
            "the database's encoding is {encoding}: make it with `ENCODING 'UTF8'`"
        )));
    }
    let mut migrations = Migrations::default();
    let applied = version(connection).await.map_err(&failed)?;
    migrations.add_versions(applied, &POSTGRES_LOG)?;
    for model in schema.models() {
        check_names(model)?;
        let there = columns(connection, model).await.map_err(&failed)?;
        if !there.is_empty() && !is_of_model(model, there.iter().map(|(name, _)| name)) {
            return Err(unfit(format!(
                "there is a table {} which is not that of the model `{}`: rename it, or set another `path`",
                quoted(&model.path),
                model.entity
            )));
        }
        match model.mode {
            Mode::Events => projection(model, &there, &mut migrations)?,
            Mode::Rows | Mode::Api => {
                rows(model, &there, &mut migrations)?;
                let found = comments(connection, model).await.map_err(&failed)?;
                triggers(model, &found, &mut migrations);
            }
        }
    }
    Ok(migrations)
}

/// Applies it, inside the caller's transaction.
pub(super) async fn apply(
    connection: &mut PgConnection,
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
async fn version(connection: &mut PgConnection) -> sqlx::Result<u32> {
    let counted: bool = sqlx::query("SELECT to_regclass('sync_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?
        .try_get(0)?;
    if !counted {
        return Ok(0);
    }
    let version: i32 = sqlx::query("SELECT coalesce(max(version), 0) FROM sync_migrations")
        .fetch_one(connection)
        .await?
        .try_get(0)?;
    Ok(version.unsigned_abs())
}

/// The columns of a model's table with their types; none where there is no table.
async fn columns(
    connection: &mut PgConnection,
    model: &Model,
) -> sqlx::Result<Vec<(String, String)>> {
    sqlx::query(
        "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute \
         WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
    )
    .bind(quoted(&model.path))
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
    .collect()
}

fn check_names(model: &Model) -> Result<()> {
    let entity = &model.entity;
    let names = std::iter::once(&*model.path).chain(model.fields.iter().map(|field| &*field.name));
    for name in names {
        if name.len() > MAX_NAME {
            return Err(unfit(format!(
                "`{name}` of the model `{entity}` has {} bytes, and PostgreSQL's names at most {MAX_NAME}: set a \
                 shorter `path`, or rename the field",
                name.len()
            )));
        }
    }
    match model
        .fields
        .iter()
        .find(|field| SYSTEM.contains(&&*field.name))
    {
        Some(field) => Err(unfit(format!(
            "the field `{}` of the model `{entity}` has the name of a system column of PostgreSQL: rename it",
            field.name
        ))),
        None => Ok(()),
    }
}

/// The table of a model, or the columns that it lacks.
fn projection(
    model: &Model,
    there: &[(String, String)],
    migrations: &mut Migrations,
) -> Result<()> {
    let table = quoted(&model.path);
    if there.is_empty() {
        let sql = sql::projection::postgres_table(model);
        migrations.add(format!("the model `{}`", model.entity), sql);
        return Ok(());
    }
    for field in model.fields.iter() {
        let Some((definition, ty)) = sql::projection::postgres_column(field) else {
            continue;
        };
        let name = quoted(&field.name);
        let add = format!(
            "ALTER TABLE {table} ADD COLUMN {name} {definition};{}",
            fill(model, field)
        );
        match there.iter().find(|(there, _)| *there == field.name) {
            None => migrations.add(
                format!("the field `{}` of `{}`", field.name, model.entity),
                add,
            ),
            Some((_, found)) if found == ty => {}
            // An excluded column holds what is nowhere else.
            Some((_, found)) if field.visibility == Visibility::Excluded => {
                return Err(unfit(format!(
                    "the column {name} of {table} is of type {found}, and the field of `{}` is kept as {ty}: change \
                     the column's type",
                    model.entity
                )));
            }
            Some((_, found)) => {
                return Err(unfit(format!(
                    "the column {name} of {table} is of type {found}, and the field of `{}` is kept as {ty}. It only \
                     repeats what `_state` holds, and can be made anew: ALTER TABLE {table} DROP COLUMN {name}; {add}",
                    model.entity
                )));
            }
        }
    }
    Ok(())
}

/// The table of rows, or the columns that it lacks.
fn rows(model: &Model, there: &[(String, String)], migrations: &mut Migrations) -> Result<()> {
    if there.is_empty() {
        let sql = sql::postgres::create_table(model);
        migrations.add(format!("the model `{}`", model.entity), sql);
        return Ok(());
    }
    let names: Vec<String> = there.iter().map(|(name, _)| name.clone()).collect();
    let renamed = sql::renamed(model, &names);
    for (from, to) in &renamed {
        migrations.add(
            format!("the field `{to}` of `{}`, which was `{from}`", model.entity),
            sql::postgres::rename_column(model, from, to),
        );
    }
    for field in model.fields.iter() {
        let ty = sql::postgres::column_type(Kind::of(field));
        let was = renamed.iter().find(|(_, to)| *to == field.name);
        let name = was.map_or(&*field.name, |(from, _)| from);
        match there.iter().find(|(there, _)| there == name) {
            None => migrations.add(
                format!("the field `{}` of `{}`", field.name, model.entity),
                sql::postgres::add_column(model, field),
            ),
            Some((_, found)) if found == ty => {}
            Some((_, found)) => {
                return Err(unfit(format!(
                    "the column {} of {} is of type {found}, and the field of `{}` is kept as {ty}: change the column's \
                     type",
                    quoted(&field.name),
                    quoted(&model.path),
                    model.entity
                )));
            }
        }
    }
    Ok(())
}

/// The triggers of a model's table, with the comments that say what they were made of.
async fn comments(
    connection: &mut PgConnection,
    model: &Model,
) -> sqlx::Result<Vec<(String, Option<String>)>> {
    sqlx::query(
        "SELECT tgname::text, obj_description(oid, 'pg_trigger') FROM pg_trigger WHERE tgrelid = to_regclass($1) \
         AND NOT tgisinternal",
    )
    .bind(quoted(&model.path))
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
    .collect()
}

/// The triggers that are not there, or were made of another declaration.
fn triggers(model: &Model, found: &[(String, Option<String>)], migrations: &mut Migrations) {
    for (name, wanted) in sql::postgres::triggers(model) {
        let same = |(there, comment): &(String, Option<String>)| {
            *there == name && comment.as_ref() == Some(&wanted)
        };
        if !found.iter().any(same) {
            let table = quoted(&model.path);
            migrations.add(
                format!("what captures changes of `{}`", model.entity),
                format!(
                    "DROP TRIGGER IF EXISTS {name} ON {table};\n{wanted}\nCOMMENT ON TRIGGER {name} ON {table} IS {};",
                    literal(&wanted)
                ),
            );
        }
    }
}

/// Fills a shared column that is added later from the states.
fn fill(model: &Model, field: &Field) -> String {
    match sql::projection::postgres_column(field) {
        Some((_, ty)) if field.visibility != Visibility::Excluded => format!(
            "\nUPDATE {} SET {} = (_state ->> {})::{ty} WHERE _state IS NOT NULL;",
            quoted(&model.path),
            quoted(&field.name),
            literal(&field.name),
        ),
        _ => String::new(),
    }
}

fn unfit(what: String) -> StoreError {
    StoreError {
        context: "comparing the database with the models",
        source: what.into(),
    }
}
