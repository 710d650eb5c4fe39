//! The embedded store: SQLite through sqlx.
//!
//! One connection writes, a few read. The write-ahead log with `synchronous = FULL` makes a commit durable before it
//! is answered; under group commit that costs little. Competing writers would each wait for the file's lock.

mod columns;
mod group;
mod read;
mod rows;
mod tables;

use std::{str::FromStr, time::Duration};

use async_trait::async_trait;
use rand::RngExt as _;
use sqlx::{
    Connection as _, Row as _, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Mutex;

use super::{
    EntityKey, Head, ListQuery, LogPage, Result, Store, StoreError, StoredEvent, WriteGroup,
};
use crate::schema::{Model, Schema};

/// How many connections read at once.
const READERS: u32 = 4;
/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(10);

/// A log and its projections in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Mutex<SqliteConnection>,
    readers: SqlitePool,
    epoch: String,
}

impl SqliteStore {
    /// Opens a file, or creates it with a log of its own epoch.
    ///
    /// `url`: `sqlite://path`, absolute with a third slash.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or is no SQLite database.
    pub async fn open(url: &str) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(url)
            .map_err(StoreError::during("reading the database URL"))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY)
            .statement_cache_capacity(256);
        let mut writer = SqliteConnection::connect_with(&options)
            .await
            .map_err(StoreError::during("opening the database"))?;
        tables::create(&mut writer)
            .await
            .map_err(StoreError::during("creating the log's tables"))?;
        let epoch = epoch(&mut writer)
            .await
            .map_err(StoreError::during("reading the log's epoch"))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await
            .map_err(StoreError::during("opening the database for reading"))?;
        Ok(Self {
            writer: Mutex::new(writer),
            readers,
            epoch,
        })
    }
}

/// The name of this log: drawn once, when the file is made.
async fn epoch(connection: &mut SqliteConnection) -> sqlx::Result<String> {
    let drawn = format!("{:08x}", rand::rng().random::<u32>());
    sqlx::query(
        "INSERT INTO sync_meta (key, value) VALUES ('epoch', ?1) ON CONFLICT (key) DO NOTHING",
    )
    .bind(drawn)
    .execute(&mut *connection)
    .await?;
    sqlx::query("SELECT value FROM sync_meta WHERE key = 'epoch'")
        .fetch_one(connection)
        .await?
        .try_get(0)
}

#[async_trait]
impl Store for SqliteStore {
    async fn prepare(&self, schema: &Schema) -> Result<()> {
        let mut writer = self.writer.lock().await;
        for model in schema.models() {
            tables::create_projection(&mut writer, model)
                .await
                .map_err(StoreError::during("creating a model's table"))?;
        }
        Ok(())
    }

    fn epoch(&self) -> &str {
        &self.epoch
    }

    async fn newest_stamp(&self) -> Result<Option<String>> {
        sqlx::query("SELECT value FROM sync_meta WHERE key = 'newest_stamp'")
            .fetch_optional(&self.readers)
            .await
            .and_then(|row| row.map(|row| row.try_get(0)).transpose())
            .map_err(StoreError::during("reading the newest stamp"))
    }

    async fn begin(&self) -> Result<Box<dyn WriteGroup + '_>> {
        let writer = self.writer.lock().await;
        group::SqliteGroup::begin(writer)
            .await
            .map(|group| Box::new(group) as Box<dyn WriteGroup + '_>)
            .map_err(StoreError::during("beginning a write"))
    }

    async fn last_seq(&self, tenant: &str) -> Result<u64> {
        let mut connection = self
            .readers
            .acquire()
            .await
            .map_err(StoreError::during("reading"))?;
        read::last_seq(&mut connection, tenant)
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
        read::log(&self.readers, tenant, after, entity_types, limit)
            .await
            .map_err(StoreError::during("reading the log"))
    }

    async fn entity_events(&self, key: &EntityKey) -> Result<Vec<StoredEvent>> {
        let mut connection = self
            .readers
            .acquire()
            .await
            .map_err(StoreError::during("reading"))?;
        read::entity_events(&mut connection, key, None)
            .await
            .map_err(StoreError::during("reading an entity's events"))
    }

    async fn head(&self, model: &Model, key: &EntityKey) -> Result<Option<Head>> {
        let mut connection = self
            .readers
            .acquire()
            .await
            .map_err(StoreError::during("reading"))?;
        read::heads(&mut connection, model, std::slice::from_ref(key))
            .await
            .map(|heads| heads.into_iter().next())
            .map_err(StoreError::during("reading an entity"))
    }

    async fn heads_by_id(
        &self,
        model: &Model,
        tenant: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Head>, u64)> {
        read::heads_by_id(&self.readers, model, tenant, after, limit)
            .await
            .map_err(StoreError::during("reading entities"))
    }

    async fn list(&self, model: &Model, tenant: &str, query: &ListQuery) -> Result<Vec<Head>> {
        read::list(&self.readers, model, tenant, query)
            .await
            .map_err(StoreError::during("listing entities"))
    }

    async fn check(&self) -> Result<()> {
        sqlx::query("SELECT 1")
            .execute(&self.readers)
            .await
            .map(|_| ())
            .map_err(StoreError::during("asking the database"))
    }
}
