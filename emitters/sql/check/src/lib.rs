//! Databases in which the SQL target's files run, and the conformance cases through them.

mod conformance;
mod databases;

pub use conformance::conformance;
pub use databases::{Database, Pglite, Postgres, Sqlite, open, text};

use serde_json::Value;
use sync_emitters::{FileSet, find, generate, generate_after};
use sync_runtime::schema::{Model, Schema};

/// An event as the log holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// Whose.
    pub tenant: String,
    /// Its own id, lower case.
    pub id: String,
    /// Of the model.
    pub entity_type: String,
    /// Of the entity.
    pub entity_id: String,
    /// `order.item_added`
    pub event_type: String,
    /// In its normal form.
    pub payload: Value,
    /// Its stamp.
    pub timestamp: String,
    /// Of the payload.
    pub schema_version: u32,
}

impl Logged {
    /// The statement that appends it to the log; one that is there already changes nothing. What is appended stands at
    /// `seq`.
    pub fn insert(&self, seq: u64) -> String {
        format!(
            "INSERT INTO sync_events (tenant_id, seq, id, entity_type, entity_id, event_type, payload, timestamp, \
             schema_version, user_id, idempotency_key, received_at) VALUES ({}, {seq}, {id}, {}, {}, {}, {}, {}, {}, \
             'somebody', {id}, 0) ON CONFLICT DO NOTHING",
            text(&self.tenant),
            text(&self.entity_type),
            text(&self.entity_id),
            text(&self.event_type),
            text(&self.payload.to_string()),
            text(&self.timestamp),
            self.schema_version,
            id = text(&self.id),
        )
    }
}

/// What the SQL target writes for a schema.
///
/// # Panics
///
/// If it writes nothing: the emitter is wrong.
pub fn files(schema: &Schema, dialect: &str) -> FileSet {
    let emitter = find("sql", Some(dialect)).expect("a dialect of the target");
    generate(emitter, schema).expect("files")
}

/// The same after a run that wrote `previous`.
///
/// # Panics
///
/// If it writes nothing: the emitter is wrong.
pub fn files_after(schema: &Schema, dialect: &str, previous: &FileSet) -> FileSet {
    let emitter = find("sql", Some(dialect)).expect("a dialect of the target");
    let mut kept = FileSet::new();
    for (path, text) in previous.iter().filter(|(path, _)| emitter.is_kept(path)) {
        kept.insert(path, text).expect("one file a path");
    }
    generate_after(emitter, schema, &kept).expect("files")
}

/// A database of an engine with the log and the views of a schema.
///
/// # Panics
///
/// If the engine refuses the files.
pub fn log_of(schema: &Schema, engine: &str) -> Box<dyn Database> {
    let mut database = open(engine);
    apply(database.as_mut(), schema, "log/");
    database
}

/// Runs the files of a folder.
///
/// # Panics
///
/// If the database refuses one.
pub fn apply(database: &mut dyn Database, schema: &Schema, folder: &str) {
    for (path, sql) in files(schema, database.dialect()).iter() {
        if path.starts_with(folder) && path.ends_with(".sql") {
            database.script(sql);
        }
    }
}

/// The state of an entity, as the view of its model has it; null where there is none.
///
/// # Panics
///
/// If the view gives no JSON.
pub fn state(database: &mut dyn Database, model: &Model, tenant: &str, id: &str) -> Value {
    let view = format!("{}_state", model.entity);
    let found = database.query(&format!(
        "SELECT _state FROM \"{view}\" WHERE _tenant_id = {} AND _id = {}",
        text(tenant),
        text(id)
    ));
    match &found[..] {
        [] => Value::Null,
        [state] => serde_json::from_str(state).expect("a state is JSON"),
        more => panic!("{} states of one entity", more.len()),
    }
}
