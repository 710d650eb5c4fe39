//! The write transaction.
//!
//! Each step is one prepared statement over arrays, however many rows it has.

use std::collections::HashSet;

use async_trait::async_trait;
use sqlx::{
    AssertSqlSafe, PgConnection, Postgres, Row as _,
    error::DatabaseError,
    postgres::{PgArguments, PgDatabaseError},
    query::Query,
};
use tokio::sync::MutexGuard;
use uuid::Uuid;

use super::{
    columns::{self, quoted},
    read::{self, uuid},
    rows, table,
};
use crate::{
    schema::{Mode, Model},
    store::{
        EntityKey, EntityLog, EntityPage, Head, Known, Lookup, Place, Result, Snapshot, Span,
        StoreError, StoredEvent, Transaction, WriteGroup,
    },
};

/// Begins a group in one round trip. The lock comes before anything is read: what is read committed after it holds all
/// that earlier groups, of any process, have written. A process that hangs or is cut off loses the lock with its
/// transaction. The names make the lock's number, for this database alone.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
     SELECT pg_advisory_xact_lock(hashtext('syncable'), hashtext('log'))";

/// What holds for every group of a connection. Plans are made anew as PostgreSQL sees fit, though planning takes as long
/// as a small group's work: one plan for good would be that of the empty tables, whose indexes all look alike.
const PREPARE: &str = "SET lock_timeout = '10s'; \
     SET statement_timeout = '30s'; \
     SET idle_in_transaction_session_timeout = '30s'; \
     SET jit = off";

/// Makes a new connection ready for groups.
pub(super) async fn prepare(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(PREPARE).execute(connection).await.map(|_| ())
}

pub(super) async fn begin(connection: &mut PgConnection) -> sqlx::Result<()> {
    let begun = sqlx::raw_sql(BEGIN).execute(&mut *connection).await;
    if begun.is_err() {
        // The lock was not to be had: the transaction is open and of no use.
        let _ = sqlx::raw_sql("ROLLBACK").execute(connection).await;
    }
    begun.map(|_| ())
}

/// Whether the connection is of no more use: the server is going or has ended it.
pub(super) fn is_gone(error: &dyn DatabaseError) -> bool {
    error
        .try_downcast_ref::<PgDatabaseError>()
        .is_none_or(|error| matches!(error.code().get(..2), Some("08" | "57" | "25")))
}

/// The write transaction. It holds the writing connection, which goes back where it came from with its end; dropped
/// before, it takes the connection with it, and so ends the transaction.
pub(super) struct PostgresGroup<'a> {
    writer: MutexGuard<'a, Option<PgConnection>>,
    connection: PgConnection,
}

impl<'a> PostgresGroup<'a> {
    /// The group that has begun on a connection.
    pub(super) fn of(
        writer: MutexGuard<'a, Option<PgConnection>>,
        connection: PgConnection,
    ) -> Self {
        Self { writer, connection }
    }

    async fn execute(
        &mut self,
        context: &'static str,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<()> {
        query
            .execute(&mut self.connection)
            .await
            .map(|_| ())
            .map_err(StoreError::during(context))
    }

    async fn end(mut self, context: &'static str, sql: &'static str) -> Result<()> {
        sqlx::raw_sql(sql)
            .execute(&mut self.connection)
            .await
            .map_err(StoreError::during(context))?;
        *self.writer = Some(self.connection);
        Ok(())
    }
}

#[async_trait]
impl EntityLog for PostgresGroup<'_> {
    async fn snapshot_before(
        &mut self,
        key: &EntityKey,
        place: Option<&Place>,
        schema_version: u32,
    ) -> Result<Option<Snapshot>> {
        read::snapshot_before(&mut self.connection, key, place, schema_version)
            .await
            .map_err(StoreError::during("reading a snapshot"))
    }

    async fn events(&mut self, key: &EntityKey, span: Span, limit: u32) -> Result<EntityPage> {
        read::entity_events(&mut self.connection, key, span, limit)
            .await
            .map_err(StoreError::during("reading an entity's events"))
    }
}

/// The ends of some logs, and their events of some ids and keys: one round trip. Each is looked up by its index,
/// whatever the planner believes of a table that is new and grows. A key that is null in the table is the id.
const KNOWN: &str = "\
    SELECT wanted.tenant AS tenant_id, coalesce((SELECT max(seq) FROM sync_events WHERE tenant_id = wanted.tenant), 0) \
        AS seq, NULL::uuid AS id, NULL AS entity_type, NULL AS entity_id, NULL AS event_type, NULL AS payload, \
        NULL AS timestamp, NULL::integer AS schema_version, NULL AS user_id, NULL AS idempotency_key, \
        NULL::bigint AS received_at, NULL AS change \
    FROM unnest($1::text[]) AS wanted (tenant) \
    UNION ALL SELECT found.* FROM unnest($2::text[], $3::uuid[]) AS wanted (tenant, id) CROSS JOIN LATERAL \
        (SELECT tenant_id, seq, id, entity_type, entity_id, event_type, payload::text, timestamp, schema_version, \
            user_id, idempotency_key, received_at, change::text \
         FROM sync_events WHERE tenant_id = wanted.tenant AND id = wanted.id LIMIT 1) AS found \
    UNION ALL SELECT found.* FROM unnest($4::text[], $5::text[]) AS wanted (tenant, key) CROSS JOIN LATERAL \
        (SELECT tenant_id, seq, id, entity_type, entity_id, event_type, payload::text, timestamp, schema_version, \
            user_id, idempotency_key, received_at, change::text \
         FROM sync_events WHERE tenant_id = wanted.tenant AND idempotency_key = wanted.key LIMIT 1) AS found \
    UNION ALL SELECT found.* FROM unnest($6::text[], $7::text[]) AS wanted (tenant, stamp) CROSS JOIN LATERAL \
        (SELECT tenant_id, seq, id, entity_type, entity_id, event_type, payload::text, timestamp, schema_version, \
            user_id, idempotency_key, received_at, change::text \
         FROM sync_events WHERE tenant_id = wanted.tenant AND timestamp = wanted.stamp AND change IS NOT NULL LIMIT 1) \
         AS found";

#[async_trait]
impl WriteGroup for PostgresGroup<'_> {
    async fn known(&mut self, lookups: &[Lookup<'_>]) -> Result<Known> {
        let tenants: Vec<&str> = lookups.iter().map(|lookup| lookup.tenant).collect();
        let (mut id_tenants, mut ids) = (Vec::new(), Vec::new());
        let (mut key_tenants, mut keys) = (Vec::new(), Vec::new());
        let (mut stamp_tenants, mut stamps) = (Vec::new(), Vec::new());
        for lookup in lookups {
            let ids_and_keys: HashSet<&str> =
                lookup.ids.iter().chain(&lookup.keys).copied().collect();
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
        let found = sqlx::query(KNOWN)
            .bind(tenants)
            .bind(id_tenants)
            .bind(ids)
            .bind(key_tenants)
            .bind(keys)
            .bind(stamp_tenants)
            .bind(stamps)
            .fetch_all(&mut self.connection)
            .await;
        let read = |row: &sqlx::postgres::PgRow, known: &mut Known| {
            match row.try_get::<Option<Uuid>, _>("id")? {
                Some(_) => known.events.push(rows::event(row)?),
                None => known
                    .last
                    .push((row.try_get("tenant_id")?, rows::count(row, "seq")?)),
            }
            Ok(())
        };
        let mut known = Known::default();
        found
            .and_then(|found| found.iter().try_for_each(|row| read(row, &mut known)))
            .map_err(StoreError::during("looking up known events"))?;
        Ok(known)
    }

    async fn heads(&mut self, model: &Model, keys: &[EntityKey]) -> Result<Vec<Head>> {
        read::heads(&mut self.connection, model, keys)
            .await
            .map_err(StoreError::during("reading entities"))
    }

    async fn append(&mut self, events: &[StoredEvent]) -> Result<()> {
        const CONTEXT: &str = "appending to the log";
        let Some(newest) = events.iter().map(|event| event.stamp).max() else {
            return Ok(());
        };
        let text = |of: fn(&StoredEvent) -> &str| events.iter().map(of).collect::<Vec<_>>();
        let ids = events.iter().map(|event| uuid(&event.id));
        let ids: Vec<Uuid> = ids
            .collect::<sqlx::Result<_>>()
            .map_err(StoreError::during(CONTEXT))?;
        let keys: Vec<Option<&str>> = events
            .iter()
            .map(|event| Some(&*event.idempotency_key).filter(|key| *key != event.id))
            .collect();
        let query = sqlx::query(
            "WITH stamped AS (INSERT INTO sync_meta (key, value) VALUES ('newest_stamp', $14) \
                ON CONFLICT (key) DO UPDATE SET value = greatest(sync_meta.value, excluded.value)) \
             INSERT INTO sync_events (tenant_id, seq, id, entity_type, entity_id, event_type, payload, timestamp, \
                schema_version, user_id, idempotency_key, received_at, change) \
             SELECT a, b, c, d, e, f, g::json, h, i, j, k, l, m::json FROM unnest($1::text[], $2::int8[], $3::uuid[], \
                $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int4[], $10::text[], $11::text[], \
                $12::int8[], $13::text[]) AS new (a, b, c, d, e, f, g, h, i, j, k, l, m)",
        )
        .bind(text(|event| &event.key.tenant))
        .bind(longs(events, |event| event.seq))
        .bind(ids)
        .bind(text(|event| &event.key.entity_type))
        .bind(text(|event| &event.key.entity_id))
        .bind(text(|event| &event.event_type))
        .bind(events.iter().map(|event| rows::json(&event.payload)).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.stamp.to_string()).collect::<Vec<_>>())
        .bind(events.iter().map(|event| rows::number(event.schema_version)).collect::<Vec<_>>())
        .bind(text(|event| &event.user_id))
        .bind(keys)
        .bind(longs(events, |event| event.received_at))
        .bind(
            events
                .iter()
                .map(|event| Some(serde_json::json!(event.change.as_ref()?).to_string()))
                .collect::<Vec<_>>(),
        )
        .bind(newest.to_string());
        self.execute(CONTEXT, query).await
    }

    async fn save_heads(&mut self, model: &Model, heads: &[&Head]) -> Result<()> {
        const CONTEXT: &str = "saving entities";
        if model.mode != Mode::Events {
            return table::save(&mut self.connection, model, heads)
                .await
                .map_err(StoreError::during("saving rows"));
        }
        if heads.is_empty() {
            return Ok(());
        }
        let shared = columns::shared(model);
        let sql = save_heads(model, &shared);
        let folded = heads.iter().map(|head| rows::folded_columns(&head.folded));
        let (phases, states): (Vec<&str>, Vec<Option<String>>) = folded.unzip();
        let ids = heads.iter().map(|head| uuid(&head.last.id));
        let ids: Vec<Uuid> = ids
            .collect::<sqlx::Result<_>>()
            .map_err(StoreError::during(CONTEXT))?;
        let mut query = sqlx::query(AssertSqlSafe(sql))
            .bind(
                heads
                    .iter()
                    .map(|head| &*head.key.tenant)
                    .collect::<Vec<_>>(),
            )
            .bind(
                heads
                    .iter()
                    .map(|head| &*head.key.entity_id)
                    .collect::<Vec<_>>(),
            )
            .bind(phases)
            .bind(states)
            .bind(
                heads
                    .iter()
                    .map(|head| head.last.stamp.to_string())
                    .collect::<Vec<_>>(),
            )
            .bind(ids)
            .bind(longs(heads, |head| head.event_count))
            .bind(longs(heads, |head| head.seq))
            .bind(
                heads
                    .iter()
                    .map(|head| rows::number(head.schema_version))
                    .collect::<Vec<_>>(),
            )
            .bind(longs(heads, |head| head.snapshot_count));
        for (field, column) in shared {
            let states = heads.iter().map(|head| head.folded.state());
            query = column.values(field, states).bind(query);
        }
        self.execute(CONTEXT, query).await
    }

    async fn detach_rows(&mut self, model: &Model, keys: &[EntityKey]) -> Result<()> {
        table::detach(&mut self.connection, model, keys)
            .await
            .map_err(StoreError::during("detaching rows"))
    }

    async fn save_snapshots(&mut self, snapshots: &[Snapshot]) -> Result<()> {
        const CONTEXT: &str = "saving snapshots";
        if snapshots.is_empty() {
            return Ok(());
        }
        let text = |of: fn(&Snapshot) -> &str| snapshots.iter().map(of).collect::<Vec<_>>();
        let folded = snapshots
            .iter()
            .map(|one| rows::folded_columns(&one.folded));
        let (phases, states): (Vec<&str>, Vec<Option<String>>) = folded.unzip();
        let ids = snapshots.iter().map(|one| uuid(&one.last.id));
        let ids: Vec<Uuid> = ids
            .collect::<sqlx::Result<_>>()
            .map_err(StoreError::during(CONTEXT))?;
        let query = sqlx::query(
            "INSERT INTO sync_snapshots (tenant_id, entity_type, entity_id, phase, state, last_hlc, last_event_id, \
                event_count, seq, schema_version) \
             SELECT a, b, c, d, e::json, f, g, h, i, j FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], \
                $5::text[], $6::text[], $7::uuid[], $8::int8[], $9::int8[], $10::int4[]) \
                AS new (a, b, c, d, e, f, g, h, i, j) \
             ON CONFLICT (tenant_id, entity_type, entity_id, last_hlc, last_event_id) DO UPDATE SET \
                phase = excluded.phase, state = excluded.state, event_count = excluded.event_count, \
                seq = excluded.seq, schema_version = excluded.schema_version",
        )
        .bind(text(|one| &one.key.tenant))
        .bind(text(|one| &one.key.entity_type))
        .bind(text(|one| &one.key.entity_id))
        .bind(phases)
        .bind(states)
        .bind(snapshots.iter().map(|one| one.last.stamp.to_string()).collect::<Vec<_>>())
        .bind(ids)
        .bind(longs(snapshots, |one| one.event_count))
        .bind(longs(snapshots, |one| one.seq))
        .bind(snapshots.iter().map(|one| rows::number(one.schema_version)).collect::<Vec<_>>());
        self.execute(CONTEXT, query).await
    }

    async fn drop_snapshots_from(&mut self, key: &EntityKey, place: &Place) -> Result<()> {
        const CONTEXT: &str = "dropping stale snapshots";
        let query = sqlx::query(
            "DELETE FROM sync_snapshots WHERE tenant_id = $1 AND entity_type = $2 AND entity_id = $3 \
             AND (last_hlc, last_event_id) >= ($4, $5)",
        )
        .bind(&key.tenant)
        .bind(&key.entity_type)
        .bind(&key.entity_id)
        .bind(place.stamp.to_string())
        .bind(uuid(&place.id).map_err(StoreError::during(CONTEXT))?);
        self.execute(CONTEXT, query).await
    }

    async fn snapshot_counts(&mut self, key: &EntityKey) -> Result<Vec<u64>> {
        sqlx::query(
            "SELECT event_count FROM sync_snapshots WHERE tenant_id = $1 AND entity_type = $2 AND entity_id = $3",
        )
        .bind(&key.tenant)
        .bind(&key.entity_type)
        .bind(&key.entity_id)
        .fetch_all(&mut self.connection)
        .await
        .and_then(|found| found.iter().map(|row| rows::count(row, "event_count")).collect())
        .map_err(StoreError::during("counting snapshots"))
    }

    async fn drop_snapshots(&mut self, key: &EntityKey, counts: &[u64]) -> Result<()> {
        if counts.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(
            "DELETE FROM sync_snapshots WHERE tenant_id = $1 AND entity_type = $2 AND entity_id = $3 \
             AND event_count = ANY($4)",
        )
        .bind(&key.tenant)
        .bind(&key.entity_type)
        .bind(&key.entity_id)
        .bind(longs(counts, |count| *count));
        self.execute("dropping old snapshots", query).await
    }

    async fn older_heads(&mut self, model: &Model, limit: u32) -> Result<Vec<EntityKey>> {
        read::older_heads(&mut self.connection, model, limit)
            .await
            .map_err(StoreError::during(
                "looking for projections of an older version",
            ))
    }

    async fn drop_head(&mut self, model: &Model, key: &EntityKey) -> Result<()> {
        let sql = format!(
            "DELETE FROM {} WHERE _tenant_id = $1 AND _id = $2",
            quoted(&model.path)
        );
        let query = sqlx::query(AssertSqlSafe(sql))
            .bind(&key.tenant)
            .bind(&key.entity_id);
        self.execute("dropping an entity", query).await
    }

    async fn renew_epoch(&mut self) -> Result<()> {
        let query = sqlx::query(
            "UPDATE sync_meta SET value = substr(md5(gen_random_uuid()::text), 1, 8) WHERE key = 'epoch'",
        );
        self.execute("naming the log anew", query).await
    }

    fn transaction(&mut self) -> Transaction<'_> {
        Transaction::Postgres(&mut self.connection)
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        self.end("committing", "COMMIT").await
    }

    async fn rollback(self: Box<Self>) -> Result<()> {
        self.end("rolling back", "ROLLBACK").await
    }
}

/// The statement that replaces projections of a model.
fn save_heads(model: &Model, shared: &[(&crate::schema::Field, columns::Column)]) -> String {
    let mut names: Vec<String> = [
        "_tenant_id",
        "_id",
        "_phase",
        "_state",
        "_last_hlc",
        "_last_event_id",
        "_event_count",
        "_seq",
        "_schema_version",
        "_snapshot_count",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut values = names.clone();
    values[3] = "_state::json".to_owned();
    let mut arrays: Vec<String> = [
        "text[]", "text[]", "text[]", "text[]", "text[]", "uuid[]", "int8[]", "int8[]", "int4[]",
        "int8[]",
    ]
    .map(str::to_owned)
    .to_vec();
    for (field, column) in shared {
        let name = quoted(&field.name);
        values.push(column.cast(&name));
        arrays.push(column.array().to_owned());
        names.push(name);
    }
    let arrays: Vec<String> = (1..)
        .zip(&arrays)
        .map(|(at, ty)| format!("${at}::{ty}"))
        .collect();
    let updates: Vec<String> = names[2..]
        .iter()
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    let names = names.join(", ");
    format!(
        "INSERT INTO {} ({names}) SELECT {} FROM unnest({}) AS new ({names}) \
         ON CONFLICT (_tenant_id, _id) DO UPDATE SET {}",
        quoted(&model.path),
        values.join(", "),
        arrays.join(", "),
        updates.join(", ")
    )
}

fn longs<T>(of: &[T], count: impl Fn(&T) -> u64) -> Vec<i64> {
    of.iter()
        .map(|one| i64::try_from(count(one)).unwrap_or(i64::MAX))
        .collect()
}

/// A text that is a UUID in its normal form, and so may be an event's id.
fn canonical(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text).ok()?;
    (id.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text).then_some(id)
}
