//! The overlay of a device's rows, in real databases: named after the requirements that each test shows.

use serde_json::{Value, json};
use sql_check::{Database, files, open};
use sync_runtime::schema::{Model, Schema};

mod outbox;
mod view;

const A: &str = "0f4d2e33-e312-4fc4-a436-3d4c35f3a315";
const T1: &str = "001763712000001.00000.00000001";
const T2: &str = "001763712000002.00000.00000002";

fn schema() -> Schema {
    let models: Vec<Model> = serde_json::from_str(include_str!("models.json")).expect("models");
    Schema::new(models).expect("a sound schema")
}

/// A device's database, with one contact that the server has told it of.
pub(crate) fn device(dialect: &str) -> Box<dyn Database> {
    let mut database = open(dialect);
    for _ in 0..2 {
        // Twice: the files are idempotent.
        for (_, sql) in files(&schema(), dialect)
            .iter()
            .filter(|(path, _)| path.starts_with("client/"))
        {
            database.script(sql);
        }
    }
    database.script(&format!(
        "INSERT INTO contact_synced (id, first_name, last_name, created_at, updated_at, field_tx) VALUES ('{A}', 'Ada', \
         'Lee', '2026-11-21T08:00:00.000Z', '2026-11-21T08:00:00.000Z', \
         '{{\"first_name\": \"{T1}\", \"last_name\": \"{T2}\"}}');"
    ));
    database
}

/// Each test in both dialects.
macro_rules! both {
    ($($name:ident)*) => {
        mod sqlite { $(#[test] fn $name() { super::$name(crate::device("sqlite").as_mut()); })* }
        mod postgres { $(#[test] fn $name() { super::$name(crate::device("postgres").as_mut()); })* }
    };
}
pub(crate) use both;

/// One value.
pub(crate) fn one(database: &mut dyn Database, sql: &str) -> String {
    let found = database.query(sql);
    assert_eq!(found.len(), 1, "{sql}: {found:?}");
    found[0].clone()
}

/// Truth as both dialects print it.
pub(crate) fn is_true(text: &str) -> bool {
    matches!(text, "1" | "t" | "true")
}

/// The newest write of the outbox: its operation, value and expectation.
pub(crate) fn newest(database: &mut dyn Database) -> (String, Value, Value) {
    let column = |database: &mut dyn Database, name: &str| {
        one(
            database,
            &format!("SELECT {name} FROM _changes ORDER BY id DESC LIMIT 1"),
        )
    };
    let json = |text: String| serde_json::from_str(&text).expect("JSON");
    let operation = column(database, "operation");
    let value = json(column(database, "value"));
    (operation, value, json(column(database, "expected")))
}

/// What is in the outbox and not finished.
pub(crate) fn waiting(database: &mut dyn Database) -> String {
    one(
        database,
        "SELECT count(*) FROM _changes WHERE status NOT IN ('confirmed', 'failed')",
    )
}

/// An object without keys.
pub(crate) fn nothing() -> Value {
    json!({})
}
