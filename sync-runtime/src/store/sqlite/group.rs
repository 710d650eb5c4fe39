//! The write transaction.
//!
//! Each step is one statement over a JSON array, however many rows it has: a round trip to the connection costs as
//! much as several rows.

use async_trait::async_trait;
use serde::Serialize;
use serde_json::json;
use sqlx::{AssertSqlSafe, SqliteConnection};
use tokio::sync::MutexGuard;

use super::{columns, read, rows, table};
use crate::{
    schema::{Mode, Model},
    store::{
        EntityKey, EntityLog, EntityPage, Head, Known, Lookup, Place, Result, Snapshot, Span,
        StoreError, StoredEvent, Transaction, WriteGroup,
    },
};

/// The write transaction. Until it is committed or rolled back it holds the writing connection.
pub(super) struct SqliteGroup<'a> {
    connection: MutexGuard<'a, SqliteConnection>,
}

impl<'a> SqliteGroup<'a> {
    pub(super) async fn begin(
        mut connection: MutexGuard<'a, SqliteConnection>,
    ) -> sqlx::Result<Self> {
        // A group that was dropped before its commit has left its transaction open.
        if let Err(error) = begin_immediate(&mut connection).await {
            tracing::debug!(%error, "rolling back an abandoned transaction");
            if sqlx::query("ROLLBACK")
                .execute(&mut *connection)
                .await
                .is_err()
            {
                // There was none: the lock is another process's, or the file is away.
                return Err(error);
            }
            begin_immediate(&mut connection).await?;
        }
        Ok(Self { connection })
    }

    async fn execute(
        &mut self,
        context: &'static str,
        sql: String,
        rows: Vec<impl Serialize>,
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        // Written straight from what is borrowed: as values first, it would be copied once more.
        let rows = serde_json::to_string(&rows).map_err(StoreError::during(context))?;
        sqlx::query(AssertSqlSafe(sql))
            .bind(rows)
            .execute(&mut *self.connection)
            .await
            .map(|_| ())
            .map_err(StoreError::during(context))
    }
}

/// Takes the write lock at once, so that no later statement can fail for want of it.
async fn begin_immediate(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query("BEGIN IMMEDIATE")
        .execute(connection)
        .await
        .map(|_| ())
}

/// `wanted.value ->> 0, wanted.value ->> 1, …`
fn places(count: usize) -> String {
    let places: Vec<String> = (0..count).map(|at| format!("value ->> {at}")).collect();
    places.join(", ")
}

#[async_trait]
impl EntityLog for SqliteGroup<'_> {
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

#[async_trait]
impl WriteGroup for SqliteGroup<'_> {
    async fn known(&mut self, lookups: &[Lookup<'_>]) -> Result<Known> {
        let mut known = Known::default();
        for lookup in lookups {
            let (last, events) = read::known(&mut self.connection, lookup)
                .await
                .map_err(StoreError::during("looking up known events"))?;
            known.last.push((lookup.tenant.to_owned(), last));
            known.events.extend(events);
        }
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
        // Both in one round trip to the connection. A group that cannot be appended is rolled back whole in any case; so
        // SQLite need not note how to undo the one statement.
        let sql = format!(
            "INSERT INTO sync_meta (key, value) VALUES ('newest_stamp', ?1) \
             ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value); \
             INSERT OR ROLLBACK INTO sync_events ({}) SELECT {} FROM json_each(?2)",
            rows::EVENT,
            places(13)
        );
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
        let rows = serde_json::to_string(&rows).map_err(StoreError::during(CONTEXT))?;
        sqlx::query(AssertSqlSafe(sql))
            .bind(newest.to_string())
            .bind(rows)
            .execute(&mut *self.connection)
            .await
            .map(|_| ())
            .map_err(StoreError::during(CONTEXT))
    }

    async fn save_heads(&mut self, model: &Model, heads: &[&Head]) -> Result<()> {
        if model.mode != Mode::Events {
            return table::save(&mut self.connection, model, heads)
                .await
                .map_err(StoreError::during("saving rows"));
        }
        // WHERE TRUE keeps SQLite from reading ON CONFLICT as a join's condition.
        let sql = format!(
            "INSERT INTO {} ({}) SELECT {} FROM json_each(?1) WHERE TRUE \
             ON CONFLICT (_tenant_id, _id) DO UPDATE SET _phase = excluded._phase, _state = excluded._state, \
             _last_hlc = excluded._last_hlc, _last_event_id = excluded._last_event_id, \
             _event_count = excluded._event_count, _seq = excluded._seq, \
             _schema_version = excluded._schema_version, _snapshot_count = excluded._snapshot_count",
            columns::quoted(&model.path),
            rows::HEAD,
            places(10)
        );
        let rows = heads
            .iter()
            .map(|head| {
                let (phase, state) = rows::folded_columns(&head.folded);
                (
                    &*head.key.tenant,
                    &*head.key.entity_id,
                    phase,
                    state,
                    head.last.stamp,
                    &*head.last.id,
                    head.event_count,
                    head.seq,
                    head.schema_version,
                    head.snapshot_count,
                )
            })
            .collect();
        self.execute("saving entities", sql, rows).await
    }

    async fn detach_rows(&mut self, model: &Model, keys: &[EntityKey]) -> Result<()> {
        table::detach(&mut self.connection, model, keys)
            .await
            .map_err(StoreError::during("detaching rows"))
    }

    async fn save_snapshots(&mut self, snapshots: &[Snapshot]) -> Result<()> {
        let sql = format!(
            "INSERT OR REPLACE INTO sync_snapshots ({}) SELECT {} FROM json_each(?1)",
            rows::SNAPSHOT,
            places(10)
        );
        let rows = snapshots
            .iter()
            .map(|snapshot| {
                let (phase, state) = rows::folded_columns(&snapshot.folded);
                (
                    &*snapshot.key.tenant,
                    &*snapshot.key.entity_type,
                    &*snapshot.key.entity_id,
                    phase,
                    state,
                    snapshot.last.stamp,
                    &*snapshot.last.id,
                    snapshot.event_count,
                    snapshot.seq,
                    snapshot.schema_version,
                )
            })
            .collect();
        self.execute("saving snapshots", sql, rows).await
    }

    async fn drop_snapshots_from(&mut self, key: &EntityKey, place: &Place) -> Result<()> {
        sqlx::query(
            "DELETE FROM sync_snapshots WHERE tenant_id = ?1 AND entity_type = ?2 AND entity_id = ?3 \
             AND (last_hlc, last_event_id) >= (?4, ?5)",
        )
        .bind(&key.tenant)
        .bind(&key.entity_type)
        .bind(&key.entity_id)
        .bind(place.stamp.to_string())
        .bind(&place.id)
        .execute(&mut *self.connection)
        .await
        .map(|_| ())
        .map_err(StoreError::during("dropping stale snapshots"))
    }

    async fn snapshot_counts(&mut self, key: &EntityKey) -> Result<Vec<u64>> {
        sqlx::query(
            "SELECT event_count FROM sync_snapshots WHERE tenant_id = ?1 AND entity_type = ?2 AND entity_id = ?3",
        )
        .bind(&key.tenant)
        .bind(&key.entity_type)
        .bind(&key.entity_id)
        .fetch_all(&mut *self.connection)
        .await
        .and_then(|found| found.iter().map(|row| rows::count(row, "event_count")).collect())
        .map_err(StoreError::during("counting snapshots"))
    }

    async fn drop_snapshots(&mut self, key: &EntityKey, counts: &[u64]) -> Result<()> {
        if counts.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "DELETE FROM sync_snapshots WHERE tenant_id = ?1 AND entity_type = ?2 AND entity_id = ?3 \
             AND event_count IN (SELECT value FROM json_each(?4))",
        )
        .bind(&key.tenant)
        .bind(&key.entity_type)
        .bind(&key.entity_id)
        .bind(json!(counts).to_string())
        .execute(&mut *self.connection)
        .await
        .map(|_| ())
        .map_err(StoreError::during("dropping old snapshots"))
    }

    async fn older_heads(&mut self, model: &Model, limit: u32) -> Result<Vec<EntityKey>> {
        read::older_heads(&mut self.connection, model, limit)
            .await
            .map_err(StoreError::during(
                "looking for projections of an older version",
            ))
    }

    async fn drop_head(&mut self, model: &Model, key: &EntityKey) -> Result<()> {
        sqlx::query(AssertSqlSafe(format!(
            "DELETE FROM {} WHERE _tenant_id = ?1 AND _id = ?2",
            columns::quoted(&model.path)
        )))
        .bind(&key.tenant)
        .bind(&key.entity_id)
        .execute(&mut *self.connection)
        .await
        .map(|_| ())
        .map_err(StoreError::during("dropping an entity"))
    }

    async fn renew_epoch(&mut self) -> Result<()> {
        sqlx::query("UPDATE sync_meta SET value = lower(hex(randomblob(4))) WHERE key = 'epoch'")
            .execute(&mut *self.connection)
            .await
            .map(|_| ())
            .map_err(StoreError::during("naming the log anew"))
    }

    fn transaction(&mut self) -> Transaction<'_> {
        Transaction::Sqlite(&mut self.connection)
    }

    async fn commit(mut self: Box<Self>) -> Result<()> {
        sqlx::query("COMMIT")
            .execute(&mut *self.connection)
            .await
            .map(|_| ())
            .map_err(StoreError::during("committing"))
    }

    async fn rollback(mut self: Box<Self>) -> Result<()> {
        sqlx::query("ROLLBACK")
            .execute(&mut *self.connection)
            .await
            .map(|_| ())
            .map_err(StoreError::during("rolling back"))
    }
}
