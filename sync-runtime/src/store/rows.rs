//! Rows to values and back: one mapping for all databases.
//!
//! A database tells how it holds the few kinds of columns ([`Columns`]); what a row means is told here alone.

use serde_json::{Map, Value};

use super::{EntityKey, Head, Place, Snapshot, StoredEvent, columns};
use crate::{
    schema::{Mode, Model},
    semantics::{fold::Folded, hlc::Stamp, rows::Stamps},
    sql::Kind,
};

/// The columns of a row, by name.
pub(super) trait Columns {
    /// Text that is there.
    fn text(&self, column: &str) -> sqlx::Result<&str>;

    /// An id of an event, in its normal form.
    fn id(&self, column: &str) -> sqlx::Result<String>;

    /// The idempotency key, which a database may leave out where it is the event's id.
    fn key(&self, column: &str, id: &str) -> sqlx::Result<String>;

    /// A whole number of 64 bits.
    fn long(&self, column: &str) -> sqlx::Result<i64>;

    /// A whole number of 32 bits.
    fn int(&self, column: &str) -> sqlx::Result<i32>;

    /// Text, or null.
    fn maybe_text(&self, column: &str) -> sqlx::Result<Option<&str>>;

    /// True, false or null.
    fn maybe_bool(&self, column: &str) -> sqlx::Result<Option<bool>>;

    /// A whole number of 64 bits, or null.
    fn maybe_long(&self, column: &str) -> sqlx::Result<Option<i64>>;

    /// A float, or null.
    fn maybe_float(&self, column: &str) -> sqlx::Result<Option<f64>>;
}

/// An event; see each database's `EVENT` for its columns.
pub(super) fn event(row: &impl Columns) -> sqlx::Result<StoredEvent> {
    let id = row.id("id")?;
    Ok(StoredEvent {
        key: key(row)?,
        seq: count(row, "seq")?,
        event_type: row.text("event_type")?.to_owned(),
        payload: object(row, "payload")?,
        stamp: stamp(row, "timestamp")?,
        schema_version: version(row, "schema_version")?,
        user_id: row.text("user_id")?.to_owned(),
        idempotency_key: row.key("idempotency_key", &id)?,
        id,
        received_at: count(row, "received_at")?,
        change: row
            .maybe_text("change")?
            .map(|text| serde_json::from_str(text).map_err(|error| decode("change", error)))
            .transpose()?,
    })
}

/// An entity out of the table of its model.
pub(super) fn head(row: &impl Columns, model: &Model) -> sqlx::Result<Head> {
    match model.mode {
        Mode::Events => projection(row, &model.entity),
        Mode::Rows => logged_row(row, model),
        Mode::Api => plain_row(row, model),
    }
}

/// A row whose changes are in the log.
fn logged_row(row: &impl Columns, model: &Model) -> sqlx::Result<Head> {
    let fields = serde_json::from_str(row.text("field_tx")?);
    Ok(Head {
        last: Place {
            stamp: stamp(row, "_last_hlc")?,
            id: row.id("_last_event_id")?,
        },
        event_count: count(row, "_event_count")?,
        seq: count(row, "_seq")?,
        schema_version: version(row, "_schema_version")?,
        stamps: Some(Stamps {
            created: stamp(row, "_created")?,
            fields: fields.map_err(|error| decode("field_tx", error))?,
            last: row
                .maybe_text("tx")?
                .and_then(|text| serde_json::from_str(text).ok()),
        }),
        ..plain_row(row, model)?
    })
}

/// A row that has no log.
fn plain_row(row: &impl Columns, model: &Model) -> sqlx::Result<Head> {
    let mut state = Map::new();
    for (field, kind) in columns::shared(model) {
        let name = &*field.name;
        let value = match kind {
            Kind::Bool => row.maybe_bool(name)?.map(Value::from),
            Kind::Int => row.maybe_long(name)?.map(Value::from),
            Kind::Float => row.maybe_float(name)?.map(Value::from),
            Kind::Wide | Kind::Decimal | Kind::Text => row.maybe_text(name)?.map(Value::from),
            Kind::Json => row.maybe_text(name)?.map(columns::json),
        };
        columns::put(&mut state, field, value);
    }
    let key = EntityKey {
        tenant: row.text("_tenant_id")?.to_owned(),
        entity_type: model.entity.to_string(),
        entity_id: row.text("_id")?.to_owned(),
    };
    Ok(Head {
        folded: Folded::Live(state),
        ..Head::unlogged(key, model.version)
    })
}

/// A row that has ended, of which the log alone knows.
pub(super) fn ended(row: &impl Columns, model: &Model) -> sqlx::Result<Head> {
    let key = EntityKey {
        tenant: row.text("tenant_id")?.to_owned(),
        entity_type: model.entity.to_string(),
        entity_id: row.text("entity_id")?.to_owned(),
    };
    Ok(Head {
        folded: Folded::Deleted,
        last: Place {
            stamp: stamp(row, "timestamp")?,
            id: row.id("id")?,
        },
        event_count: count(row, "event_count")?,
        seq: count(row, "seq")?,
        ..Head::unlogged(key, model.version)
    })
}

/// A projection; see each database's `HEAD` for its columns.
fn projection(row: &impl Columns, entity_type: &str) -> sqlx::Result<Head> {
    Ok(Head {
        key: EntityKey {
            tenant: row.text("_tenant_id")?.to_owned(),
            entity_type: entity_type.to_owned(),
            entity_id: row.text("_id")?.to_owned(),
        },
        folded: folded(row, "_phase", "_state")?,
        last: Place {
            stamp: stamp(row, "_last_hlc")?,
            id: row.id("_last_event_id")?,
        },
        event_count: count(row, "_event_count")?,
        seq: count(row, "_seq")?,
        schema_version: version(row, "_schema_version")?,
        snapshot_count: count(row, "_snapshot_count")?,
        stamps: None,
    })
}

/// A snapshot; see each database's `SNAPSHOT` for its columns.
pub(super) fn snapshot(row: &impl Columns) -> sqlx::Result<Snapshot> {
    Ok(Snapshot {
        key: key(row)?,
        folded: folded(row, "phase", "state")?,
        last: Place {
            stamp: stamp(row, "last_hlc")?,
            id: row.id("last_event_id")?,
        },
        event_count: count(row, "event_count")?,
        seq: count(row, "seq")?,
        schema_version: version(row, "schema_version")?,
    })
}

/// The phase and the state of a fold, as its two columns hold them.
pub(super) fn folded_columns(folded: &Folded) -> (&'static str, Option<String>) {
    match folded {
        Folded::Absent => ("absent", None),
        Folded::Live(state) => ("live", Some(json(state))),
        Folded::Deleted => ("deleted", None),
    }
}

/// JSON text. Writing a map of strings to values cannot fail.
pub(super) fn json(object: &Map<String, Value>) -> String {
    serde_json::to_string(object).unwrap_or_default()
}

/// A number that is never negative.
pub(super) fn count(row: &impl Columns, column: &str) -> sqlx::Result<u64> {
    u64::try_from(row.long(column)?).map_err(|error| decode(column, error))
}

fn key(row: &impl Columns) -> sqlx::Result<EntityKey> {
    Ok(EntityKey {
        tenant: row.text("tenant_id")?.to_owned(),
        entity_type: row.text("entity_type")?.to_owned(),
        entity_id: row.text("entity_id")?.to_owned(),
    })
}

fn folded(row: &impl Columns, phase: &str, state: &str) -> sqlx::Result<Folded> {
    match row.text(phase)? {
        "absent" => Ok(Folded::Absent),
        "live" => object(row, state).map(Folded::Live),
        "deleted" => Ok(Folded::Deleted),
        other => Err(decode(phase, format!("unknown phase {other:?}"))),
    }
}

fn object(row: &impl Columns, column: &str) -> sqlx::Result<Map<String, Value>> {
    serde_json::from_str(row.text(column)?).map_err(|error| decode(column, error))
}

fn version(row: &impl Columns, column: &str) -> sqlx::Result<u32> {
    u32::try_from(row.int(column)?).map_err(|error| decode(column, error))
}

fn stamp(row: &impl Columns, column: &str) -> sqlx::Result<Stamp> {
    row.text(column)?
        .parse()
        .map_err(|error| decode(column, error))
}

fn decode(
    column: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: source.into(),
    }
}
