//! The write transaction.
//!
//! Each step is one prepared statement over arrays, however many rows it has.

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Postgres, postgres::PgArguments, query::Query};
use tokio::sync::MutexGuard;
use uuid::Uuid;

use super::{
    columns::quoted,
    heads, log,
    read::{self, uuid},
    rows,
    table::{self, Texts},
    writer::Writer,
};
use crate::{
    schema::{Mode, Model},
    store::{
        EntityKey, EntityLog, EntityPage, Head, Known, Lookup, Place, Result, Snapshot, Span,
        StoreError, StoredEvent, Transaction, WriteGroup, texts::OfModels,
    },
};

/// The write transaction. It holds the writing connection, which goes back where it came from with its end; dropped
/// before, it takes the connection with it, and so ends the transaction.
pub(super) struct PostgresGroup<'a> {
    idle: MutexGuard<'a, Option<Writer>>,
    writer: Writer,
    texts: &'a OfModels<Texts>,
}

impl<'a> PostgresGroup<'a> {
    /// The group that has begun on a connection.
    pub(super) fn of(
        idle: MutexGuard<'a, Option<Writer>>,
        writer: Writer,
        texts: &'a OfModels<Texts>,
    ) -> Self {
        Self {
            idle,
            writer,
            texts,
        }
    }

    async fn execute(
        &mut self,
        context: &'static str,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<()> {
        query
            .execute(&mut self.writer.connection)
            .await
            .map(|_| ())
            .map_err(StoreError::during(context))
    }

    /// Appends to the log and replaces projections; where all are of one model, as in nearly each small group, by one
    /// statement.
    async fn write(
        &mut self,
        events: &[StoredEvent],
        heads: &[(&Model, Vec<&Head>)],
    ) -> Result<()> {
        const CONTEXT: &str = "writing a group";
        if let [(model, heads)] = heads
            && let Some(text) = &self.texts.of(model).finish
            && !events.is_empty()
        {
            let query = sqlx::query(AssertSqlSafe(text.clone()));
            let query = log::bind(query, events)
                .and_then(|query| heads::bind(query, model, heads))
                .map_err(StoreError::during(CONTEXT))?;
            self.execute(CONTEXT, query).await?;
            self.writer.has_logged(events.len());
            return Ok(());
        }
        self.append(events).await?;
        for (model, heads) in heads {
            self.save_heads(model, heads).await?;
        }
        Ok(())
    }

    async fn end(mut self, context: &'static str, sql: &'static str) -> Result<()> {
        sqlx::raw_sql(sql)
            .execute(&mut self.writer.connection)
            .await
            .map_err(StoreError::during(context))?;
        *self.idle = Some(self.writer);
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
        read::snapshot_before(&mut self.writer.connection, key, place, schema_version)
            .await
            .map_err(StoreError::during("reading a snapshot"))
    }

    async fn events(&mut self, key: &EntityKey, span: Span, limit: u32) -> Result<EntityPage> {
        read::entity_events(&mut self.writer.connection, key, span, limit)
            .await
            .map_err(StoreError::during("reading an entity's events"))
    }
}

#[async_trait]
impl WriteGroup for PostgresGroup<'_> {
    async fn known(&mut self, lookups: &[Lookup<'_>]) -> Result<Known> {
        log::known(&mut self.writer.connection, lookups)
            .await
            .map_err(StoreError::during("looking up known events"))
    }

    async fn heads(&mut self, model: &Model, keys: &[EntityKey]) -> Result<Vec<Head>> {
        let texts = self.texts.of(model);
        read::heads(&mut self.writer.connection, &texts, model, keys)
            .await
            .map_err(StoreError::during("reading entities"))
    }

    async fn append(&mut self, events: &[StoredEvent]) -> Result<()> {
        const CONTEXT: &str = "appending to the log";
        if events.is_empty() {
            return Ok(());
        }
        let query = log::bind(sqlx::query(&**log::APPEND), events);
        let query = query.map_err(StoreError::during(CONTEXT))?;
        self.execute(CONTEXT, query).await?;
        self.writer.has_logged(events.len());
        Ok(())
    }

    async fn save_heads(&mut self, model: &Model, heads: &[&Head]) -> Result<()> {
        const CONTEXT: &str = "saving entities";
        if heads.is_empty() {
            return Ok(());
        }
        let texts = self.texts.of(model);
        if model.mode != Mode::Events {
            return table::save(&mut self.writer.connection, &texts, model, heads)
                .await
                .map_err(StoreError::during("saving rows"));
        }
        let query = sqlx::query(AssertSqlSafe(texts.save.clone()));
        let query = heads::bind(query, model, heads).map_err(StoreError::during(CONTEXT))?;
        self.execute(CONTEXT, query).await
    }

    async fn detach_rows(&mut self, model: &Model, keys: &[EntityKey]) -> Result<()> {
        table::detach(&mut self.writer.connection, model, keys)
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
        .bind(rows::longs(snapshots, |one| one.event_count))
        .bind(rows::longs(snapshots, |one| one.seq))
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
        .fetch_all(&mut self.writer.connection)
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
        .bind(rows::longs(counts, |count| *count));
        self.execute("dropping old snapshots", query).await
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
        Transaction::Postgres(&mut self.writer.connection)
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        self.end("committing", "COMMIT").await
    }

    async fn finish(
        mut self: Box<Self>,
        events: &[StoredEvent],
        heads: &[(&Model, Vec<&Head>)],
    ) -> Result<()> {
        match self.write(events, heads).await {
            Ok(()) => self.commit().await,
            Err(error) => {
                if let Err(error) = self.rollback().await {
                    tracing::debug!(%error, "the connection of a failed group is of no more use");
                }
                Err(error)
            }
        }
    }

    async fn rollback(self: Box<Self>) -> Result<()> {
        self.end("rolling back", "ROLLBACK").await
    }
}
