//! The backend's tables, from the functions that the server itself applies.

use serde::Serialize;
use sync_runtime::{
    schema::{Mode, Model},
    sql::{self, literal, quoted},
    tables,
};

use super::dialect::{Dialect, comment};

/// A version of the log's own tables: its file and its text.
pub(super) fn log(dialect: Dialect) -> impl Iterator<Item = (String, String)> {
    let versions = match dialect {
        Dialect::Postgres => &tables::POSTGRES_LOG[..],
        Dialect::Sqlite => &tables::SQLITE_LOG[..],
    };
    (1..).zip(versions).map(move |(version, sql)| {
        (
            format!("log/1_tables/{version:04}.sql"),
            once(version, sql.trim(), dialect),
        )
    })
}

/// A version that is applied once. The first makes the table that counts them and says itself what is there already.
fn once(version: u32, sql: &str, dialect: Dialect) -> String {
    let count = format!("INSERT INTO sync_migrations (version) VALUES ({version})");
    match (version, dialect) {
        (1, _) => format!(
            "-- The log of events. It is append-only: the audit trail. Running this file again changes nothing.\n\
             {sql}\n{count} ON CONFLICT (version) DO NOTHING;\n"
        ),
        (_, Dialect::Postgres) => format!(
            "-- Version {version} of the log's tables. Running this file again changes nothing.\n\
             DO $version$ BEGIN\nIF NOT EXISTS (SELECT 1 FROM sync_migrations WHERE version = {version}) THEN\n\n\
             {sql}\n\n{count};\nEND IF;\nEND $version$;\n"
        ),
        (_, Dialect::Sqlite) => format!(
            "-- Version {version} of the log's tables. SQLite adds a column once: run again, this stops at its first statement\n\
             -- and changes nothing.\n\
             BEGIN IMMEDIATE;\n{count};\n\n{sql}\n\nCOMMIT;\n"
        ),
    }
}

/// What the template of a model is given.
#[derive(Debug, Serialize)]
pub(super) struct Table {
    doc: String,
    table: String,
    /// Each with its name, quoted, and the table's.
    triggers: Vec<Trigger>,
}

#[derive(Debug, Serialize)]
struct Trigger {
    name: String,
    sql: String,
    /// The same as a literal.
    text: String,
    table: String,
}

/// The table of a model: the projection of an events model, or rows with the triggers that capture what other programs
/// write.
pub(super) fn table(model: &Model, dialect: Dialect) -> Table {
    let table = match (model.mode, dialect) {
        (Mode::Events, Dialect::Postgres) => sql::projection::postgres_table(model),
        (Mode::Events, Dialect::Sqlite) => sql::projection::sqlite_table(model),
        (Mode::Rows | Mode::Api, Dialect::Postgres) => sql::postgres::create_table(model),
        (Mode::Rows | Mode::Api, Dialect::Sqlite) => sql::sqlite::create_table(model),
    };
    let triggers = match dialect {
        Dialect::Postgres => sql::postgres::triggers(model),
        Dialect::Sqlite => sql::sqlite::triggers(model),
    };
    let triggers = triggers.into_iter().map(|(name, sql)| Trigger {
        name: match dialect {
            // As the server names it.
            Dialect::Postgres => name,
            Dialect::Sqlite => quoted(&name),
        },
        text: literal(&sql),
        sql: sql.trim_end_matches(';').to_owned(),
        table: quoted(&model.path),
    });
    Table {
        doc: comment(&model.doc, 0),
        table: table.replacen("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1),
        triggers: triggers.collect(),
    }
}
