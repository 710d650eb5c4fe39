//! What a client needs that makes and keeps a device's tables by itself: the same text as the files under `client/`, in
//! parts that it can run one by one, and the statements by which it writes what the server says.

use minijinja::Environment;
use serde::Serialize;
use sync_runtime::schema::{Conflict, FieldKind, Mode, Model, Schema};

use super::{
    Device as View, TEMPLATES,
    client::{self, StoredColumn},
    of_mode,
};
pub(crate) use super::{
    client::{ColumnAccess, access},
    dialect::Dialect,
};
use crate::{Error, template};

/// A device's database in one dialect.
pub(crate) struct Device {
    /// The dialect, as `--dialect` has it.
    pub(crate) dialect: &'static str,
    /// The outbox and the cursor.
    pub(crate) changes: String,
    /// In the order of the schema.
    pub(crate) entities: Vec<DeviceEntity>,
}

/// A rows model in it.
pub(crate) struct DeviceEntity {
    /// Its name on the wire.
    pub(crate) entity: String,
    /// The version of its declaration.
    pub(crate) version: u32,
    /// The name of its file.
    pub(crate) file: String,
    /// The table of what the server has said.
    pub(crate) table: String,
    /// Its columns.
    pub(crate) columns: Vec<StoredColumn>,
    /// The key that the time of the first transaction goes to, and that of the last.
    pub(crate) created_at: Option<String>,
    pub(crate) updated_at: Option<String>,
    /// The fields that a change may hold: each has a transaction as soon as there is a row.
    pub(crate) fields: Vec<String>,
    /// The fields of which every conflict waits for the user.
    pub(crate) manual: Vec<String>,
    /// Whether the last write wins; else a conflict is refused.
    pub(crate) last_write_wins: bool,
    /// The tables, views and triggers.
    pub(crate) script: String,
    /// Of ids: which rows there are, up to where, and what wrote them. `$1`: an array of ids as JSON.
    pub(crate) known: String,
    /// Writes what the server says. `$1`: an array `[{id, patch, tx, whole, seq}]` as JSON, each id once.
    pub(crate) receive: String,
    /// Removes rows. `$1` as in `known`.
    pub(crate) remove: String,
}

/// Both dialects, SQLite first.
pub(crate) const DIALECTS: [Dialect; 2] = [Dialect::Sqlite, Dialect::Postgres];

/// What a device holds of the rows models of a schema; `None`: it has none.
pub(crate) fn device(schema: &Schema, dialect: Dialect) -> Result<Option<Device>, Error> {
    let env = template::environment(TEMPLATES)?;
    let mut entities = Vec::new();
    for model in of_mode(schema, Mode::Rows) {
        if let Some(rows) = client::rows(model, dialect) {
            entities.push(entity(&env, model, rows, dialect)?);
        }
    }
    if entities.is_empty() {
        return Ok(None);
    }
    Ok(Some(Device {
        dialect: dialect.name(),
        changes: render(&env, "changes", dialect, &())?,
        entities,
    }))
}

fn entity(
    env: &Environment<'_>,
    model: &Model,
    rows: client::Rows,
    dialect: Dialect,
) -> Result<DeviceEntity, Error> {
    let key_of = |kind: &FieldKind| Some(model.field_of_kind(kind)?.name.to_string());
    let written = model.shared_fields().filter(|field| field.is_writable());
    let manual = model.shared_fields().filter(|field| field.conflict_manual);
    let view = View { rows };
    Ok(DeviceEntity {
        entity: model.entity.to_string(),
        version: model.version,
        file: view.rows.file.clone(),
        table: client::synced(model),
        columns: client::stored(model, dialect),
        created_at: key_of(&FieldKind::CreatedAt),
        updated_at: key_of(&FieldKind::UpdatedAt),
        fields: written.map(|field| field.name.to_string()).collect(),
        manual: manual.map(|field| field.name.to_string()).collect(),
        last_write_wins: model.conflict == Conflict::LastWriteWins,
        script: render(env, "rows", dialect, &view)?,
        known: render(env, "known", dialect, &view)?,
        receive: render(env, "receive", dialect, &view)?,
        remove: render(env, "remove", dialect, &view)?,
    })
}

fn render(
    env: &Environment<'_>,
    name: &str,
    dialect: Dialect,
    view: &impl Serialize,
) -> Result<String, Error> {
    template::render(env, &format!("{name}.{}", dialect.name()), view)
}
