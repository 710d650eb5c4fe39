//! From the tables of the last run to those of this one.
//!
//! `schema.json` holds what tables there are; it is written with the files and read by the next run. What differs then
//! becomes a migration of its own, which every later run carries along. A column or table that is no longer declared is
//! never dropped: the statement stands there as a comment, for whoever keeps the database.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_runtime::schema::{Mode, Model, Schema};

use super::{client, dialect::Dialect};
use crate::{Error, FileSet};

/// Where the state lies.
pub(super) const STATE: &str = "schema.json";
/// Where the migrations lie.
const MIGRATIONS: &str = "client/migrations/";

/// What tables of a device there are.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct State {
    /// How many times tables that were there have changed, from 1.
    version: u32,
    /// Column and type, by table.
    tables: BTreeMap<String, BTreeMap<String, String>>,
}

/// Whether a later run reads that file.
pub(super) fn is_kept(path: &str) -> bool {
    path == STATE || path.starts_with(MIGRATIONS)
}

/// The state, the migrations and the version of these tables, after what an earlier run wrote.
pub(super) fn files(
    schema: &Schema,
    dialect: Dialect,
    previous: &FileSet,
) -> Result<FileSet, Error> {
    let last = last(previous)?;
    let mut files = FileSet::new();
    for (path, text) in previous
        .iter()
        .filter(|(path, _)| path.starts_with(MIGRATIONS))
    {
        // Without the header, which is put on again.
        files.insert(path, text.split_once('\n').map_or("", |(_, rest)| rest))?;
    }
    let rows: Vec<&Model> = schema
        .models()
        .iter()
        .filter(|model| model.mode == Mode::Rows)
        .collect();
    let tables = tables(&rows, dialect);
    let mut version = last.version.max(1);
    let changes = changes(&last.tables, &tables, &rows, dialect);
    if !changes.is_empty() {
        version += 1;
        let text = format!(
            "-- For a device whose database is of version {}: run this once, then the files that make the views.\n{changes}",
            version - 1
        );
        files.insert(format!("{MIGRATIONS}{version:04}.sql"), text)?;
    }
    let state = json!({
        "x-generated-by": format!("cargo sync-gen --target sql --dialect {}", dialect.name()),
        "version": version,
        "tables": tables,
    });
    let text = serde_json::to_string_pretty(&state)
        .map_err(|error| Error::caused("the state of the tables is no JSON", error))?;
    files.insert(STATE, text + "\n")?;
    if !rows.is_empty() {
        files.insert("client/version.sql", version_file(version))?;
    }
    Ok(files)
}

/// The state of the last run; none before the first.
fn last(previous: &FileSet) -> Result<State, Error> {
    let Some(text) = previous.get(STATE) else {
        return Ok(State::default());
    };
    serde_json::from_str(text).map_err(|error| {
        Error::caused(
            format!("{STATE}, which says what the last run wrote, cannot be read: take it from version control again"),
            error,
        )
    })
}

fn tables(rows: &[&Model], dialect: Dialect) -> BTreeMap<String, BTreeMap<String, String>> {
    rows.iter()
        .map(|model| {
            let columns = client::columns(model, dialect);
            let columns = columns.map(|(name, ty)| (name.to_owned(), ty.to_owned()));
            (client::synced(model), columns.collect())
        })
        .collect()
}

fn changes(
    old: &BTreeMap<String, BTreeMap<String, String>>,
    new: &BTreeMap<String, BTreeMap<String, String>>,
    rows: &[&Model],
    dialect: Dialect,
) -> String {
    let mut out = String::new();
    for (table, was) in old {
        let quoted = super::dialect::name(table);
        let Some(is) = new.get(table) else {
            let _ = write!(
                out,
                "\n-- {table} is no longer declared. Once nothing needs what it holds:\n-- DROP TABLE {quoted};\n"
            );
            continue;
        };
        let model = rows.iter().find(|model| client::synced(model) == *table);
        // In the order of the declaration.
        let columns = model
            .into_iter()
            .flat_map(|model| client::columns(model, dialect));
        for (column, ty) in columns.filter(|(column, _)| !was.contains_key(*column)) {
            let _ = write!(out, "\n{}", added(table, column, ty, dialect));
            if let Some(fill) = model.and_then(|model| client::fill(model, column, dialect)) {
                let column = super::dialect::name(column);
                let _ = writeln!(
                    out,
                    "UPDATE {quoted} SET {column} = {fill} WHERE {column} IS NULL;"
                );
            }
        }
        for (column, was) in was {
            let name = super::dialect::name(column);
            match is.get(column) {
                Some(is) if is == was => {}
                Some(is) => {
                    let _ = write!(
                        out,
                        "\n-- {table}.{column} was {was} and is declared as {is}. It repeats what the server holds: to make it\n\
                         -- anew, drop the table, run the file that makes it, and start from the server's rows again.\n"
                    );
                }
                None => {
                    let _ = write!(
                        out,
                        "\n-- {table}.{column} is no longer declared. Once nothing needs what it holds:\n\
                         -- ALTER TABLE {quoted} DROP COLUMN {name};\n"
                    );
                }
            }
        }
    }
    out
}

fn added(table: &str, column: &str, ty: &str, dialect: Dialect) -> String {
    let (table, column) = (super::dialect::name(table), super::dialect::name(column));
    match dialect {
        Dialect::Postgres => {
            format!("ALTER TABLE IF EXISTS {table} ADD COLUMN IF NOT EXISTS {column} {ty};\n")
        }
        Dialect::Sqlite => format!("ALTER TABLE {table} ADD COLUMN {column} {ty};\n"),
    }
}

fn version_file(version: u32) -> String {
    format!(
        "-- Of which version a device's tables are. A new database runs all files but the migrations; one that says an earlier\n\
         -- version here first runs the migrations after it.\n\
         CREATE TABLE IF NOT EXISTS _schema (one integer PRIMARY KEY CHECK (one = 1), version integer NOT NULL);\n\
         INSERT INTO _schema (one, version) VALUES (1, {version}) ON CONFLICT (one) DO UPDATE SET version = excluded.version;\n"
    )
}
