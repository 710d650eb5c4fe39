//! Rows to values and back.

use serde_json::{Map, Value};
use sqlx::{Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::{
    semantics::{fold::Folded, hlc::Stamp},
    store::{EntityKey, Head, Place, Snapshot, StoredEvent},
};

/// The columns that [`event`] reads.
pub(super) const EVENT: &str = "tenant_id, seq, id, entity_type, entity_id, event_type, payload::text AS payload, \
     timestamp, schema_version, user_id, idempotency_key, received_at";

/// The columns that [`head`] reads.
pub(super) const HEAD: &str = "_tenant_id, _id, _phase, _state::text AS _state, _last_hlc, _last_event_id, _event_count, _seq, \
     _schema_version, _snapshot_count";

/// The columns that [`snapshot`] reads.
pub(super) const SNAPSHOT: &str = "tenant_id, entity_type, entity_id, phase, state::text AS state, last_hlc, last_event_id, \
     event_count, seq, schema_version";

pub(super) fn event(row: &PgRow) -> sqlx::Result<StoredEvent> {
    let id = id(row, "id")?;
    Ok(StoredEvent {
        key: EntityKey {
            tenant: row.try_get("tenant_id")?,
            entity_type: row.try_get("entity_type")?,
            entity_id: row.try_get("entity_id")?,
        },
        seq: count(row, "seq")?,
        event_type: row.try_get("event_type")?,
        payload: object(row, "payload")?,
        stamp: stamp(row, "timestamp")?,
        schema_version: version(row, "schema_version")?,
        user_id: row.try_get("user_id")?,
        idempotency_key: row
            .try_get::<Option<String>, _>("idempotency_key")?
            .unwrap_or_else(|| id.clone()),
        id,
        received_at: count(row, "received_at")?,
    })
}

pub(super) fn head(row: &PgRow, entity_type: &str) -> sqlx::Result<Head> {
    Ok(Head {
        key: EntityKey {
            tenant: row.try_get("_tenant_id")?,
            entity_type: entity_type.to_owned(),
            entity_id: row.try_get("_id")?,
        },
        folded: folded(row, "_phase", "_state")?,
        last: Place {
            stamp: stamp(row, "_last_hlc")?,
            id: id(row, "_last_event_id")?,
        },
        event_count: count(row, "_event_count")?,
        seq: count(row, "_seq")?,
        schema_version: version(row, "_schema_version")?,
        snapshot_count: count(row, "_snapshot_count")?,
    })
}

pub(super) fn snapshot(row: &PgRow) -> sqlx::Result<Snapshot> {
    Ok(Snapshot {
        key: EntityKey {
            tenant: row.try_get("tenant_id")?,
            entity_type: row.try_get("entity_type")?,
            entity_id: row.try_get("entity_id")?,
        },
        folded: folded(row, "phase", "state")?,
        last: Place {
            stamp: stamp(row, "last_hlc")?,
            id: id(row, "last_event_id")?,
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

fn folded(row: &PgRow, phase: &'static str, state: &'static str) -> sqlx::Result<Folded> {
    match row.try_get::<&str, _>(phase)? {
        "absent" => Ok(Folded::Absent),
        "live" => object(row, state).map(Folded::Live),
        "deleted" => Ok(Folded::Deleted),
        other => Err(decode(phase, format!("unknown phase {other:?}"))),
    }
}

fn object(row: &PgRow, column: &'static str) -> sqlx::Result<Map<String, Value>> {
    serde_json::from_str(row.try_get(column)?).map_err(|error| decode(column, error))
}

fn id(row: &PgRow, column: &'static str) -> sqlx::Result<String> {
    Ok(row.try_get::<Uuid, _>(column)?.hyphenated().to_string())
}

fn version(row: &PgRow, column: &'static str) -> sqlx::Result<u32> {
    u32::try_from(row.try_get::<i32, _>(column)?).map_err(|error| decode(column, error))
}

fn stamp(row: &PgRow, column: &'static str) -> sqlx::Result<Stamp> {
    row.try_get::<&str, _>(column)?
        .parse()
        .map_err(|error| decode(column, error))
}

pub(super) fn count(row: &PgRow, column: &'static str) -> sqlx::Result<u64> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|error| decode(column, error))
}

/// A version as the database has it.
pub(super) fn number(version: u32) -> i32 {
    i32::try_from(version).unwrap_or(i32::MAX)
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
