//! The store of several server processes: PostgreSQL through sqlx.
//!
//! One connection of a process writes, some read. A group takes an advisory lock as its first statement and gives
//! positions only under it, so that positions become visible in their order whichever process writes; the lock is taken
//! once a group, and so costs one process nothing. Nothing that a group decides by is kept between groups: what another
//! process wrote meanwhile is read under the lock.

mod columns;
mod group;
mod heads;
mod inspect;
mod log;
mod options;
mod read;
mod rows;
mod table;
mod tables;
mod view;
mod writer;

use async_trait::async_trait;
use sqlx::{
    PgPool, Row as _,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::sync::Mutex;

pub(crate) use self::options::options;
use self::{
    group::PostgresGroup,
    table::Texts,
    view::PostgresView,
    writer::{CONNECT, Writer},
};
use super::{
    EntityKey, EntityLog, Found, Head, ListQuery, LogEnd, LogPage, Migrations, Result, Store,
    StoreError, StoredFolds, Wanted, WriteGroup, texts::OfModels,
};
use crate::schema::{Model, Schema};

/// How many connections read at once.
const READERS: u32 = 8;

/// A log and its projections in one PostgreSQL database.
pub struct PostgresStore {
    options: PgConnectOptions,
    /// `None` until it is needed, and after it broke.
    writer: Mutex<Option<Writer>>,
    readers: PgPool,
    texts: OfModels<Texts>,
}

/// Its options hold a password.
impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Connects to a database.
    ///
    /// `url`: `postgres://user:password@host:port/name`, with `?sslmode=` and what else libpq knows.
    ///
    /// # Errors
    ///
    /// The URL cannot be read, or the database cannot be reached.
    pub async fn open(url: &str) -> Result<Self> {
        let options = options(url)
            .map_err(StoreError::during("reading the database URL"))?
            .application_name("syncable")
            .statement_cache_capacity(256);
        let readers = PgPoolOptions::new()
            .after_connect(|connection, _| Box::pin(writer::prepare_to_read(connection)))
            .max_connections(READERS)
            .acquire_timeout(CONNECT)
            .connect_with(options.clone())
            .await
            .map_err(StoreError::during("connecting to the database"))?;
        Ok(Self {
            options,
            writer: Mutex::new(None),
            readers,
            texts: OfModels::made_by(Texts::of),
        })
    }

    async fn begin_group(&self) -> sqlx::Result<PostgresGroup<'_>> {
        let mut idle = self.writer.lock().await;
        if let Some(mut writer) = idle.take() {
            match writer.begin().await {
                Ok(()) => return Ok(PostgresGroup::of(idle, writer, &self.texts)),
                Err(sqlx::Error::Database(error)) if !writer::is_gone(error.as_ref()) => {
                    *idle = Some(writer);
                    return Err(sqlx::Error::Database(error));
                }
                // The server was restarted since, or the network cut: a new connection may do.
                Err(error) => tracing::warn!(%error, "connecting to the database again"),
            }
        }
        let mut writer = Writer::connect(&self.options).await?;
        writer.begin().await?;
        Ok(PostgresGroup::of(idle, writer, &self.texts))
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn pending(&self, schema: &Schema) -> Result<Migrations> {
        let mut connection = self
            .readers
            .acquire()
            .await
            .map_err(StoreError::during("reading"))?;
        tables::pending(&mut connection, schema).await
    }

    async fn migrate(&self, schema: &Schema) -> Result<Migrations> {
        let mut transaction = self
            .readers
            .begin_with(tables::BEGIN)
            .await
            .map_err(StoreError::during("beginning a migration"))?;
        tables::lock(&mut transaction)
            .await
            .map_err(StoreError::during("waiting for another migration"))?;
        let pending = tables::pending(&mut transaction, schema).await?;
        tables::apply(&mut transaction, &pending)
            .await
            .map_err(StoreError::during("applying a migration"))?;
        transaction
            .commit()
            .await
            .map_err(StoreError::during("applying a migration"))?;
        Ok(pending)
    }

    async fn epoch(&self) -> Result<String> {
        sqlx::query("SELECT value FROM sync_meta WHERE key = 'epoch'")
            .fetch_one(&self.readers)
            .await
            .and_then(|row| row.try_get(0))
            .map_err(StoreError::during("reading the log's epoch"))
    }

    async fn newest_stamp(&self) -> Result<Option<String>> {
        sqlx::query("SELECT value FROM sync_meta WHERE key = 'newest_stamp'")
            .fetch_optional(&self.readers)
            .await
            .and_then(|row| row.map(|row| row.try_get(0)).transpose())
            .map_err(StoreError::during("reading the newest stamp"))
    }

    async fn begin(&self) -> Result<Box<dyn WriteGroup + '_>> {
        self.begin_group()
            .await
            .map(|group| Box::new(group) as Box<dyn WriteGroup + '_>)
            .map_err(StoreError::away("beginning a write"))
    }

    async fn begin_with(&self, wanted: &Wanted<'_>) -> Result<(Box<dyn WriteGroup + '_>, Found)> {
        super::begin_and_read(self, wanted).await
    }

    async fn last_seq(&self, tenant: &str) -> Result<u64> {
        read::last_seq(&self.readers, tenant)
            .await
            .map_err(StoreError::during("reading the log's end"))
    }

    async fn end(&self, tenant: &str) -> Result<LogEnd> {
        read::end(&self.readers, tenant)
            .await
            .map_err(StoreError::during("reading the log's end"))
    }

    async fn read_log(
        &self,
        tenant: &str,
        after: u64,
        entity_types: Option<&[String]>,
        limit: u32,
    ) -> Result<LogPage> {
        let mut connection = self
            .readers
            .acquire()
            .await
            .map_err(StoreError::during("reading"))?;
        read::log(&mut connection, tenant, after, entity_types, limit)
            .await
            .map_err(StoreError::during("reading the log"))
    }

    async fn view(&self) -> Result<Box<dyn EntityLog + '_>> {
        self.readers
            .begin_with(view::BEGIN)
            .await
            .map(|transaction| Box::new(PostgresView(transaction)) as Box<dyn EntityLog + '_>)
            .map_err(StoreError::during("reading"))
    }

    async fn head(&self, model: &Model, key: &EntityKey) -> Result<Option<Head>> {
        let mut connection = self
            .readers
            .acquire()
            .await
            .map_err(StoreError::during("reading"))?;
        read::heads(
            &mut connection,
            &self.texts.of(model),
            model,
            std::slice::from_ref(key),
        )
        .await
        .map(|heads| heads.into_iter().next())
        .map_err(StoreError::during("reading an entity"))
    }

    async fn heads(&self, model: &Model, keys: &[EntityKey]) -> Result<Vec<Head>> {
        let mut connection = self
            .readers
            .acquire()
            .await
            .map_err(StoreError::during("reading"))?;
        read::heads(&mut connection, &self.texts.of(model), model, keys)
            .await
            .map_err(StoreError::during("reading entities"))
    }

    async fn heads_by_id(
        &self,
        model: &Model,
        tenant: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Head>, u64)> {
        let read = async {
            let mut transaction = self.readers.begin_with(view::BEGIN).await?;
            read::heads_by_id(&mut transaction, model, tenant, after, limit).await
        };
        read.await.map_err(StoreError::during("reading entities"))
    }

    async fn list(&self, model: &Model, tenant: &str, query: &ListQuery) -> Result<Vec<Head>> {
        read::list(&self.readers, model, tenant, query)
            .await
            .map_err(StoreError::during("listing entities"))
    }

    async fn older_heads(
        &self,
        model: &Model,
        after: Option<&EntityKey>,
        limit: u32,
    ) -> Result<Vec<EntityKey>> {
        read::older_heads(&self.readers, model, after, limit)
            .await
            .map_err(StoreError::during(
                "looking for projections of an older version",
            ))
    }

    async fn check(&self) -> Result<()> {
        sqlx::query("SELECT 1")
            .execute(&self.readers)
            .await
            .map(|_| ())
            .map_err(StoreError::during("asking the database"))
    }

    async fn tenants(&self) -> Result<Vec<String>> {
        inspect::tenants(&self.readers)
            .await
            .map_err(StoreError::during("listing tenants"))
    }

    async fn entity_ids(
        &self,
        model: &Model,
        tenant: &str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<String>> {
        inspect::entity_ids(&self.readers, model, tenant, after, limit)
            .await
            .map_err(StoreError::during("listing entities"))
    }

    async fn stored_row(
        &self,
        model: &Model,
        key: &EntityKey,
    ) -> Result<std::result::Result<Option<Head>, String>> {
        inspect::stored_row(&self.readers, &self.texts.of(model), model, key)
            .await
            .map_err(StoreError::during("reading a row"))
    }

    async fn stored_folds(&self, model: &Model, key: &EntityKey) -> Result<StoredFolds> {
        inspect::stored_folds(&self.readers, model, key)
            .await
            .map_err(StoreError::during("reading what is stored of an entity"))
    }
}
