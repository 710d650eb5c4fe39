//! The overlay of a device's rows, in real databases: named after the requirements that each test shows.

use serde_json::{Value, json};
use sql_check::{Database, apply, open};
use sync_runtime::schema::{Model, Schema};

mod outbox;
mod view;

const A: &str = "0f4d2e33-e312-4fc4-a436-3d4c35f3a315";
const T1: &str = "001763712000001.00000.00000001";
const T2: &str = "001763712000002.00000.00000002";

fn schema() -> Schema {
    let models: Vec<Model> =
        serde_json::from_str(include_str!("../../../../tests/cases/rows.json")).expect("models");
    Schema::new(models).expect("a sound schema")
}

/// A device's database, with one contact that the server has told it of.
pub(crate) fn device(engine: &str) -> Box<dyn Database> {
    let mut database = open(engine);
    begin(database.as_mut());
    database
}

/// The same in a database that is there.
pub(crate) fn begin(database: &mut dyn Database) {
    for _ in 0..2 {
        // Twice: the files are idempotent.
        apply(database, &schema(), "client/");
    }
    database.script(&format!(
        "INSERT INTO contact_synced (id, first_name, last_name, created_at, updated_at, field_tx) VALUES ('{A}', 'Ada', \
         'Lee', '2026-11-21T08:00:00.000Z', '2026-11-21T08:00:00.000Z', \
         '{{\"first_name\": \"{T1}\", \"last_name\": \"{T2}\"}}');"
    ));
}

/// Each test in every engine.
macro_rules! engines {
    ($($name:ident)*) => {
        mod sqlite { $(#[test] fn $name() { super::$name(crate::device("sqlite").as_mut()); })* }
        mod postgres { $(#[test] fn $name() { super::$name(crate::device("postgres").as_mut()); })* }
        // One after the other in one engine: it takes long to start.
        #[test]
        fn pglite() {
            let mut database = sql_check::open("pglite");
            $(
                database.script("DROP SCHEMA public CASCADE; CREATE SCHEMA public;");
                crate::begin(database.as_mut());
                $name(database.as_mut());
            )*
        }
    };
}
pub(crate) use engines;

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
