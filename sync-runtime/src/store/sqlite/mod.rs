//! The embedded store: SQLite through sqlx.
//!
//! One connection writes, a few read. The write-ahead log with `synchronous = FULL` makes a commit durable before it
//! is answered; under group commit that costs little. Competing writers would each wait for the file's lock.

mod columns;
mod group;
mod heads;
mod inspect;
mod log;
mod read;
mod rows;
mod table;
mod tables;
mod view;

use std::{str::FromStr, time::Duration};

use async_trait::async_trait;
use sqlx::{
    Connection as _, Row as _, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};

use self::{group::SqliteGroup, table::Texts};
use super::{
    EntityKey, EntityLog, Found, Head, ListQuery, LogEnd, LogPage, Migrations, Result, Store,
    StoreError, StoredFolds, Wanted, WriteGroup, texts::OfModels,
};
use crate::schema::{Model, Schema};

/// How many connections read at once.
const READERS: u32 = 4;
/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(10);

/// What the writer keeps of the file in memory, in KiB: a group's pages fit, and those of the indexes that random ids hit.
/// With SQLite's 2 MB they are written out and read again while the group is still being written.
const CACHE_KIB: u32 = 64 * 1024;
/// How far the write-ahead log grows before it is copied into the file, in pages of 4 KiB. Pages that many groups
/// touch are copied once for all of them; with SQLite's 1,000 that is a seventh of the writer's work.
const CHECKPOINT_PAGES: u32 = 8_000;

/// How long to wait before asking again, where SQLite itself does not wait.
const PAUSE: Duration = Duration::from_millis(10);

/// A log and its projections in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Mutex<SqliteConnection>,
    readers: SqlitePool,
    texts: OfModels<Texts>,
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
        let writing = options
            .clone()
            .pragma("cache_size", format!("-{CACHE_KIB}"))
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
            // What undoes a statement that fails half way stays in memory; else it is a file for each statement.
            .pragma("temp_store", "memory");
        let writer = connect(&writing)
            .await
            .map_err(StoreError::during("opening the database"))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await
            .map_err(StoreError::during("opening the database for reading"))?;
        Ok(Self {
            writer: Mutex::new(writer),
            readers,
            texts: OfModels::made_by(Texts::of),
        })
    }
}

/// Connects. Of several that make a new file a write-ahead log at once, SQLite turns all but one away without waiting: each
/// holds what the other needs.
async fn connect(options: &SqliteConnectOptions) -> sqlx::Result<SqliteConnection> {
    let until = Instant::now() + BUSY;
    loop {
        match SqliteConnection::connect_with(options).await {
            Err(error) if is_busy(&error) && Instant::now() < until => sleep(PAUSE).await,
            done => return done,
        }
    }
}

/// Whether another connection has the lock: `SQLITE_BUSY`, in any of its extended forms.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

#[async_trait]
impl Store for SqliteStore {
    async fn pending(&self, schema: &Schema) -> Result<Migrations> {
        tables::pending(&mut *self.writer.lock().await, schema).await
    }

    async fn migrate(&self, schema: &Schema) -> Result<Migrations> {
        let mut writer = self.writer.lock().await;
        let mut transaction = writer
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(StoreError::during("beginning a migration"))?;
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
        let writer = self.writer.lock().await;
        SqliteGroup::begin(writer, &self.texts)
            .await
            .map(|group| Box::new(group) as Box<dyn WriteGroup + '_>)
            .map_err(StoreError::away("beginning a write"))
    }

    async fn begin_with(&self, wanted: &Wanted<'_>) -> Result<(Box<dyn WriteGroup + '_>, Found)> {
        let [(model, keys)] = &wanted.heads[..] else {
            return super::begin_and_read(self, wanted).await;
        };
        let writer = self.writer.lock().await;
        let begun = SqliteGroup::begin_with(writer, &self.texts, &wanted.logs, (model, keys));
        match begun.await {
            Ok((group, found)) => Ok((Box::new(group), found)),
            Err(error) if is_busy(&error) => Err(StoreError::away("beginning a write")(error)),
            Err(error) => Err(StoreError::during("beginning a write")(error)),
        }
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
        read::log(&self.readers, tenant, after, entity_types, limit)
            .await
            .map_err(StoreError::during("reading the log"))
    }

    async fn view(&self) -> Result<Box<dyn EntityLog + '_>> {
        self.readers
            .begin()
            .await
            .map(|transaction| Box::new(view::SqliteView(transaction)) as Box<dyn EntityLog + '_>)
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
        read::heads_by_id(&self.readers, model, tenant, after, limit)
            .await
            .map_err(StoreError::during("reading entities"))
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
