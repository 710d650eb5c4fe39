//! The write transaction.
//!
//! Each step is one statement over a JSON array, however many rows it has: a round trip to the connection costs as
//! much as several rows. Arrays of arrays are taken apart by `jsonb_each`: `json_each` would write each row out as text
//! once more for each of its columns.

use async_trait::async_trait;
use serde::Serialize;
use serde_json::json;
use sqlx::{AssertSqlSafe, Column as _, Row as _, SqliteConnection};
use tokio::sync::MutexGuard;

use super::{
    columns, log, read, rows,
    table::{self, Texts},
};
use crate::{
    schema::Model,
    store::{
        EntityKey, EntityLog, EntityPage, Found, Head, Known, Lookup, Place, Result, Snapshot,
        Span, StoreError, StoredEvent, Transaction, WriteGroup, texts::OfModels,
    },
};

/// The write transaction. Until it is committed or rolled back it holds the writing connection.
pub(super) struct SqliteGroup<'a> {
    connection: MutexGuard<'a, SqliteConnection>,
    texts: &'a OfModels<Texts>,
}

impl<'a> SqliteGroup<'a> {
    pub(super) async fn begin(
        mut connection: MutexGuard<'a, SqliteConnection>,
        texts: &'a OfModels<Texts>,
    ) -> sqlx::Result<Self> {
        if let Err(error) = sqlx::query(BEGIN).execute(&mut *connection).await {
            abandon(&mut connection, error).await?;
            sqlx::query(BEGIN).execute(&mut *connection).await?;
        }
        Ok(Self { connection, texts })
    }

    /// Begins, and reads what is wanted of the logs and of one model.
    pub(super) async fn begin_with(
        mut connection: MutexGuard<'a, SqliteConnection>,
        texts: &'a OfModels<Texts>,
        logs: &[Lookup<'_>],
        heads: (&Model, &[EntityKey]),
    ) -> sqlx::Result<(Self, Found)> {
        let mut found = begin_and_read(&mut connection, texts, logs, heads).await;
        if let Err(error) = found {
            abandon(&mut connection, error).await?;
            found = begin_and_read(&mut connection, texts, logs, heads).await;
        }
        match found {
            Ok(found) => Ok((Self { connection, texts }, found)),
            Err(error) => {
                // It may have begun.
                let _ = sqlx::query("ROLLBACK").execute(&mut *connection).await;
                Err(error)
            }
        }
    }

    /// Appends to the log, replaces projections and commits; where all are of one model, as in nearly each small group,
    /// in one round trip to the connection.
    async fn write(
        &mut self,
        events: &[StoredEvent],
        heads: &[(&Model, Vec<&Head>)],
    ) -> Result<()> {
        const CONTEXT: &str = "writing a group";
        if let [(model, heads)] = heads
            && !events.is_empty()
            && table::count_ended(model, heads) == 0
        {
            let text = self.texts.of(model).finish.clone();
            let query = log::bind_appended(sqlx::query(AssertSqlSafe(text)), events)
                .map_err(StoreError::during(CONTEXT))?;
            let heads = table::saved(model, heads).map_err(StoreError::during(CONTEXT))?;
            return query
                .bind(heads)
                .execute(&mut *self.connection)
                .await
                .map(|_| ())
                .map_err(StoreError::during(CONTEXT));
        }
        self.append(events).await?;
        for (model, heads) in heads {
            self.save_heads(model, heads).await?;
        }
        self.end("committing", "COMMIT").await
    }

    async fn end(&mut self, context: &'static str, sql: &'static str) -> Result<()> {
        sqlx::query(sql)
            .execute(&mut *self.connection)
            .await
            .map(|_| ())
            .map_err(StoreError::during(context))
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
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";

/// Rolls back what keeps a group from beginning: one that was dropped before its commit has left its transaction open.
/// Where there was none, the lock is another process's, or the file is away: the error is given back.
async fn abandon(connection: &mut SqliteConnection, error: sqlx::Error) -> sqlx::Result<()> {
    tracing::debug!(%error, "rolling back an abandoned transaction");
    match sqlx::query("ROLLBACK").execute(connection).await {
        Ok(_) => Ok(()),
        Err(_) => Err(error),
    }
}

async fn begin_and_read(
    connection: &mut SqliteConnection,
    texts: &OfModels<Texts>,
    logs: &[Lookup<'_>],
    (model, keys): (&Model, &[EntityKey]),
) -> sqlx::Result<Found> {
    let text = texts.of(model).begin.clone();
    let rows = log::bind_known(sqlx::query(AssertSqlSafe(text)), logs)
        .bind(table::pairs(keys))
        .fetch_all(&mut *connection)
        .await?;
    let mut found = Found::default();
    for row in &rows {
        // A model's columns begin with this one, the log's with another.
        match row.column(0).name() {
            "_tenant_id" => found.heads.push(rows::head(row, model)?),
            _ => log::read(row, &mut found.known)?,
        }
    }
    let ended = table::ended(connection, model, keys, &found.heads).await?;
    found.heads.extend(ended);
    Ok(found)
}

/// `wanted.value ->> 0, wanted.value ->> 1, …`
pub(super) fn places(count: usize) -> String {
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
        const CONTEXT: &str = "looking up known events";
        let found = log::bind_known(sqlx::query(&**log::KNOWN), lookups)
            .fetch_all(&mut *self.connection)
            .await
            .map_err(StoreError::during(CONTEXT))?;
        let mut known = Known::default();
        for row in &found {
            log::read(row, &mut known).map_err(StoreError::during(CONTEXT))?;
        }
        Ok(known)
    }

    async fn heads(&mut self, model: &Model, keys: &[EntityKey]) -> Result<Vec<Head>> {
        read::heads(&mut self.connection, &self.texts.of(model), model, keys)
            .await
            .map_err(StoreError::during("reading entities"))
    }

    async fn append(&mut self, events: &[StoredEvent]) -> Result<()> {
        const CONTEXT: &str = "appending to the log";
        if events.is_empty() {
            return Ok(());
        }
        log::bind_appended(sqlx::query(&**log::APPEND), events)
            .map_err(StoreError::during(CONTEXT))?
            .execute(&mut *self.connection)
            .await
            .map(|_| ())
            .map_err(StoreError::during(CONTEXT))
    }

    async fn save_heads(&mut self, model: &Model, heads: &[&Head]) -> Result<()> {
        const CONTEXT: &str = "saving entities";
        let ended = table::count_ended(model, heads);
        if heads.len() > ended {
            let saved = table::saved(model, heads).map_err(StoreError::during(CONTEXT))?;
            sqlx::query(AssertSqlSafe(self.texts.of(model).save.clone()))
                .bind(saved)
                .execute(&mut *self.connection)
                .await
                .map_err(StoreError::during(CONTEXT))?;
        }
        if ended > 0 {
            table::end(&mut self.connection, model, heads)
                .await
                .map_err(StoreError::during(CONTEXT))?;
        }
        Ok(())
    }

    async fn detach_rows(&mut self, model: &Model, keys: &[EntityKey]) -> Result<()> {
        table::detach(&mut self.connection, model, keys)
            .await
            .map_err(StoreError::during("detaching rows"))
    }

    async fn save_snapshots(&mut self, snapshots: &[Snapshot]) -> Result<()> {
        let sql = format!(
            "INSERT OR REPLACE INTO sync_snapshots ({}) SELECT {} FROM jsonb_each(?1)",
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
        self.end("committing", "COMMIT").await
    }

    async fn finish(
        mut self: Box<Self>,
        events: &[StoredEvent],
        heads: &[(&Model, Vec<&Head>)],
    ) -> Result<()> {
        let written = self.write(events, heads).await;
        if written.is_err()
            && let Err(error) = self.rollback().await
        {
            tracing::debug!(%error, "a failed group was rolled back already");
        }
        written
    }

    async fn rollback(mut self: Box<Self>) -> Result<()> {
        self.end("rolling back", "ROLLBACK").await
    }
}
