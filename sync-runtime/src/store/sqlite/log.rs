//! The log: what of it is known, and how it grows.

use std::{collections::BTreeSet, sync::LazyLock};

use serde_json::json;
use sqlx::{
    Row as _, Sqlite,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

use super::{group::places, rows};
use crate::store::{Known, Lookup, StoredEvent};

/// The ends of some logs, and their events of some ids, keys and transactions: one round trip to the connection. One that
/// has both an id and a key comes twice. A key that is null in the table is the id.
pub(super) static KNOWN: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT value AS tenant_id, (SELECT coalesce(max(seq), 0) FROM sync_events WHERE tenant_id = value) AS seq, \
            NULL AS id, NULL AS entity_type, NULL AS entity_id, NULL AS event_type, NULL AS payload, \
            NULL AS timestamp, NULL AS schema_version, NULL AS user_id, NULL AS idempotency_key, NULL AS received_at, \
            NULL AS change \
         FROM json_each(?1) {} {} {}",
        found("?2", "id = wanted.sought"),
        found("?3", "idempotency_key = wanted.sought"),
        found("?4", "timestamp = wanted.sought AND change IS NOT NULL"),
    )
});

/// How many parameters it has.
pub(super) const OF_KNOWN: usize = 4;

fn found(pairs: &str, by: &str) -> String {
    format!(
        "UNION ALL SELECT {} FROM (SELECT value ->> 0 AS tenant, value ->> 1 AS sought FROM jsonb_each({pairs})) AS wanted \
         CROSS JOIN sync_events ON tenant_id = wanted.tenant AND {by}",
        rows::EVENT
    )
}

/// Binds what is looked up.
pub(super) fn bind_known<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    lookups: &[Lookup<'_>],
) -> Query<'q, Sqlite, SqliteArguments> {
    let tenants: Vec<&str> = lookups.iter().map(|lookup| lookup.tenant).collect();
    let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
    let mut transactions = Vec::new();
    for lookup in lookups {
        let tenant = lookup.tenant;
        ids.extend(lookup.ids.iter().map(|id| (tenant, *id)));
        keys.extend(lookup.keys.iter().map(|key| (tenant, *key)));
        transactions.extend(lookup.transactions.iter().map(|stamp| (tenant, *stamp)));
    }
    ids.extend(&keys);
    query
        .bind(json!(tenants).to_string())
        .bind(json!(ids).to_string())
        .bind(json!(keys).to_string())
        .bind(json!(transactions).to_string())
}

/// Takes in a row of it.
pub(super) fn read(row: &SqliteRow, known: &mut Known) -> sqlx::Result<()> {
    match row.try_get::<Option<&str>, _>("id")? {
        Some(_) => known.events.push(rows::event(row)?),
        None => known
            .last
            .push((row.try_get("tenant_id")?, rows::count(row, "seq")?)),
    }
    Ok(())
}

/// Remembers the newest stamp and appends events, in one round trip to the connection. A group that cannot be appended is
/// rolled back whole in any case; so SQLite need not note how to undo the one statement.
pub(super) static APPEND: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT INTO sync_meta (key, value) VALUES ('newest_stamp', ?1) \
         ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value); \
         INSERT OR ROLLBACK INTO sync_events ({}) SELECT {} FROM jsonb_each(?2)",
        rows::EVENT,
        places(13)
    )
});

/// How many parameters it has.
pub(super) const OF_APPEND: usize = 2;

/// Binds what is appended.
pub(super) fn bind_appended<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    events: &[StoredEvent],
) -> serde_json::Result<Query<'q, Sqlite, SqliteArguments>> {
    let newest = events.iter().map(|event| event.stamp).max();
    let rows: Vec<_> = events
        .iter()
        .map(|event| {
            (
                &*event.key.tenant,
                event.seq,
                &*event.id,
                &*event.key.entity_type,
                &*event.key.entity_id,
                &*event.event_type,
                rows::json(&event.payload),
                event.stamp,
                event.schema_version,
                &*event.user_id,
                Some(&*event.idempotency_key).filter(|key| *key != event.id),
                event.received_at,
                event
                    .change
                    .as_ref()
                    .map(|change| json!(change).to_string()),
            )
        })
        .collect();
    Ok(query
        .bind(newest.map(|stamp| stamp.to_string()))
        // Written straight from what is borrowed: as values first, it would be copied once more.
        .bind(serde_json::to_string(&rows)?))
}
