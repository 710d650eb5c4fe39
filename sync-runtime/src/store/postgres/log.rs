//! The log: what of it is known, and how it grows.

use std::{collections::HashSet, sync::LazyLock};

use sqlx::{
    PgConnection, Postgres, Row as _,
    postgres::{PgArguments, PgRow},
    query::Query,
};
use uuid::Uuid;

use super::{read::uuid, rows};
use crate::store::{Known, Lookup, StoredEvent};

/// The ends of some logs, and their events of some ids and keys: one round trip. Each is looked up by its index,
/// whatever the planner believes of a table that is new and grows. A key that is null in the table is the id.
static KNOWN: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT wanted.tenant AS tenant_id, \
            coalesce((SELECT max(seq) FROM sync_events WHERE tenant_id = wanted.tenant), 0) AS seq, \
            NULL::uuid AS id, NULL AS entity_type, NULL AS entity_id, NULL AS event_type, NULL AS payload, \
            NULL AS timestamp, NULL::integer AS schema_version, NULL AS user_id, NULL AS idempotency_key, \
            NULL::bigint AS received_at, NULL AS change \
         FROM unnest($1::text[]) AS wanted (tenant) \
         {} {}",
        found("$2::text[], $3::uuid[]", "id = wanted.sought"),
        found("$4::text[], $5::text[]", "idempotency_key = wanted.sought"),
    )
});

/// The same with the events of some transactions of rows.
static KNOWN_OF_ROWS: LazyLock<String> = LazyLock::new(|| {
    let transactions = found(
        "$6::text[], $7::text[]",
        "timestamp = wanted.sought AND change IS NOT NULL",
    );
    format!("{} {transactions}", *KNOWN)
});

fn found(arrays: &str, by: &str) -> String {
    format!(
        "UNION ALL SELECT found.* FROM unnest({arrays}) AS wanted (tenant, sought) CROSS JOIN LATERAL \
         (SELECT {} FROM sync_events WHERE tenant_id = wanted.tenant AND {by} LIMIT 1) AS found",
        rows::EVENT
    )
}

/// Remembers the newest stamp, beside a statement that does more.
const STAMPED: &str = "WITH stamped AS (INSERT INTO sync_meta (key, value) VALUES ('newest_stamp', $14) \
     ON CONFLICT (key) DO UPDATE SET value = greatest(sync_meta.value, excluded.value))";

const LOGGED: &str = "INSERT INTO sync_events (tenant_id, seq, id, entity_type, entity_id, event_type, payload, timestamp, \
        schema_version, user_id, idempotency_key, received_at, change) \
     SELECT a, b, c, d, e, f, g::json, h, i, j, k, l, m::json FROM unnest($1::text[], $2::int8[], $3::uuid[], \
        $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int4[], $10::text[], $11::text[], \
        $12::int8[], $13::text[]) AS new (a, b, c, d, e, f, g, h, i, j, k, l, m)";

/// Appends events.
pub(super) static APPEND: LazyLock<String> = LazyLock::new(|| format!("{STAMPED} {LOGGED}"));

/// The first parameter that is free for what is done beside appending.
pub(super) const AFTER_APPEND: usize = 15;

/// Appends events and does something else, in one statement.
pub(super) fn append_and(other: &str) -> String {
    format!("{STAMPED}, logged AS ({LOGGED}) {other}")
}

/// Binds what is appended.
pub(super) fn bind<'q>(
    query: Query<'q, Postgres, PgArguments>,
    events: &'q [StoredEvent],
) -> sqlx::Result<Query<'q, Postgres, PgArguments>> {
    let text = |of: fn(&StoredEvent) -> &str| events.iter().map(of).collect::<Vec<_>>();
    let ids = events.iter().map(|event| uuid(&event.id));
    let ids = ids.collect::<sqlx::Result<Vec<Uuid>>>()?;
    let payloads = events.iter().map(|event| rows::json(&event.payload));
    let stamps = events.iter().map(|event| event.stamp.to_string());
    let versions = events
        .iter()
        .map(|event| rows::number(event.schema_version));
    let keys = events
        .iter()
        .map(|event| Some(&*event.idempotency_key).filter(|key| *key != event.id));
    let changes = events
        .iter()
        .map(|event| Some(serde_json::json!(event.change.as_ref()?).to_string()));
    let newest = events.iter().map(|event| event.stamp).max();
    Ok(query
        .bind(text(|event| &event.key.tenant))
        .bind(rows::longs(events, |event| event.seq))
        .bind(ids)
        .bind(text(|event| &event.key.entity_type))
        .bind(text(|event| &event.key.entity_id))
        .bind(text(|event| &event.event_type))
        .bind(payloads.collect::<Vec<_>>())
        .bind(stamps.collect::<Vec<_>>())
        .bind(versions.collect::<Vec<_>>())
        .bind(text(|event| &event.user_id))
        .bind(keys.collect::<Vec<_>>())
        .bind(rows::longs(events, |event| event.received_at))
        .bind(changes.collect::<Vec<_>>())
        .bind(newest.map(|stamp| stamp.to_string())))
}

/// What the logs of some tenants have.
pub(super) async fn known(
    connection: &mut PgConnection,
    lookups: &[Lookup<'_>],
) -> sqlx::Result<Known> {
    let tenants: Vec<&str> = lookups.iter().map(|lookup| lookup.tenant).collect();
    let (mut id_tenants, mut ids) = (Vec::new(), Vec::new());
    let (mut key_tenants, mut keys) = (Vec::new(), Vec::new());
    let (mut stamp_tenants, mut stamps) = (Vec::new(), Vec::new());
    for lookup in lookups {
        let ids_and_keys: HashSet<&str> = lookup.ids.iter().chain(&lookup.keys).copied().collect();
        for id in ids_and_keys.into_iter().filter_map(canonical) {
            id_tenants.push(lookup.tenant);
            ids.push(id);
        }
        for key in lookup.keys.iter().copied().collect::<HashSet<&str>>() {
            key_tenants.push(lookup.tenant);
            keys.push(key);
        }
        for stamp in &lookup.transactions {
            stamp_tenants.push(lookup.tenant);
            stamps.push(*stamp);
        }
    }
    let text = match stamps.is_empty() {
        true => &**KNOWN,
        false => &**KNOWN_OF_ROWS,
    };
    let mut query = sqlx::query(text)
        .bind(tenants)
        .bind(id_tenants)
        .bind(ids)
        .bind(key_tenants)
        .bind(keys);
    if !stamps.is_empty() {
        query = query.bind(stamp_tenants).bind(stamps);
    }
    let mut known = Known::default();
    for row in query.fetch_all(connection).await? {
        read(&row, &mut known)?;
    }
    Ok(known)
}

fn read(row: &PgRow, known: &mut Known) -> sqlx::Result<()> {
    match row.try_get::<Option<Uuid>, _>("id")? {
        Some(_) => known.events.push(rows::event(row)?),
        None => known
            .last
            .push((row.try_get("tenant_id")?, rows::count(row, "seq")?)),
    }
    Ok(())
}

/// A text that is a UUID in its normal form, and so may be an event's id.
fn canonical(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text).ok()?;
    (id.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text).then_some(id)
}
