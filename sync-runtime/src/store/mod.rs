//! The log and its projections: one trait, a folder for each database.
//!
//! The promise that a store keeps: whoever has read up to a position has seen every entry before it. Positions are
//! given inside the one write transaction of a tenant and become visible with its commit, so none can appear behind a
//! reader.

mod columns;
mod entry;
mod failure;
mod migration;
#[cfg(feature = "postgres")]
pub mod postgres;
mod query;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod rows;
mod span;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod texts;
mod transaction;

use std::sync::Arc;

use async_trait::async_trait;

pub use entry::{EntityKey, Head, Place, RowChange, Snapshot, StoredEvent, StoredFolds};
pub use failure::{Failure, StoreError};
pub use migration::{Migrate, Migrations};
pub use query::{Direction, Filter, ListQuery, Order, PageStart};
pub(crate) use span::Edge;
pub use span::Span;
pub use transaction::{OtherDatabase, Transaction};

use crate::schema::{Model, Schema};

/// What a store answers.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A page of the log.
#[derive(Debug, Clone, Default)]
pub struct LogPage {
    /// Those of the wanted types, in log order.
    pub events: Vec<StoredEvent>,
    /// The position that the page has scanned up to, wanted or not.
    pub scanned: u64,
    /// Whether there is more behind it.
    pub has_more: bool,
}

/// Where a tenant's log ends, and which log that is: both from one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEnd {
    /// Names the log; another after a restore.
    pub epoch: String,
    /// The last position; 0 if the log is empty.
    pub seq: u64,
}

/// The URLs of the databases that this program knows.
pub const SCHEMES: &[&str] = &[
    #[cfg(feature = "sqlite")]
    "`sqlite://path`",
    #[cfg(feature = "postgres")]
    "`postgres://user:password@host/name`",
];

/// Opens the database that a URL names; `None` where this program knows none of that scheme.
///
/// # Errors
///
/// The database cannot be reached.
pub async fn open(url: &str) -> Result<Option<Arc<dyn Store>>> {
    match url.split_once(':') {
        #[cfg(feature = "sqlite")]
        Some(("sqlite", _)) => Ok(Some(Arc::new(sqlite::SqliteStore::open(url).await?))),
        #[cfg(feature = "postgres")]
        Some(("postgres" | "postgresql", _)) => {
            Ok(Some(Arc::new(postgres::PostgresStore::open(url).await?)))
        }
        _ => Ok(None),
    }
}

/// Some events of an entity, in fold order.
#[derive(Debug, Clone, Default)]
pub struct EntityPage {
    /// The events.
    pub events: Vec<StoredEvent>,
    /// Whether there are more on the side that was asked for.
    pub has_more: bool,
}

/// What a group asks of a tenant's log.
#[derive(Debug, Clone)]
pub struct Lookup<'a> {
    /// Whose log.
    pub tenant: &'a str,
    /// Ids that it may have; any text.
    pub ids: Vec<&'a str>,
    /// Idempotency keys that it may have.
    pub keys: Vec<&'a str>,
    /// Transactions of rows that it may have.
    pub transactions: Vec<&'a str>,
}

/// What the logs of some tenants have.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The last position of each tenant that was asked for; 0 where the log is empty.
    pub last: Vec<(String, u64)>,
    /// The events that have one of the ids, keys or transactions; one may come twice.
    pub events: Vec<StoredEvent>,
}

/// What a group reads as it begins.
#[derive(Debug, Clone, Default)]
pub struct Wanted<'a> {
    /// Of each tenant's log.
    pub logs: Vec<Lookup<'a>>,
    /// Projections, by model.
    pub heads: Vec<(&'a Model, Vec<EntityKey>)>,
}

/// What it found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// In the logs.
    pub known: Known,
    /// The projections of those entities that exist.
    pub heads: Vec<Head>,
}

/// A log with its projections.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// What the database lacks for these models; nothing is changed.
    async fn pending(&self, schema: &Schema) -> Result<Migrations>;

    /// Applies what the database lacks, in one transaction that processes which start together take in turn, and gives
    /// it; never drops anything. The store is ready after this.
    async fn migrate(&self, schema: &Schema) -> Result<Migrations>;

    /// Names this log; another after a restore or a reset.
    async fn epoch(&self) -> Result<String>;

    /// The newest stamp ever accepted, as text.
    async fn newest_stamp(&self) -> Result<Option<String>>;

    /// Begins the one write transaction; waits for another process that holds it.
    async fn begin(&self) -> Result<Box<dyn WriteGroup + '_>>;

    /// Begins it and reads what a group wants first, in as few round trips as the database allows: they are most of the
    /// time of a small group.
    async fn begin_with(&self, wanted: &Wanted<'_>) -> Result<(Box<dyn WriteGroup + '_>, Found)>;

    /// The last position of a tenant's log; 0 if it is empty.
    async fn last_seq(&self, tenant: &str) -> Result<u64>;

    /// The same, with the log's name.
    async fn end(&self, tenant: &str) -> Result<LogEnd>;

    /// Entries after a position, of these entity types (`None`: all).
    async fn read_log(
        &self,
        tenant: &str,
        after: u64,
        entity_types: Option<&[String]>,
        limit: u32,
    ) -> Result<LogPage>;

    /// Events and snapshots of entities, all from one moment.
    async fn view(&self) -> Result<Box<dyn EntityLog + '_>>;

    /// The projection of an entity.
    async fn head(&self, model: &Model, key: &EntityKey) -> Result<Option<Head>>;

    /// The projections of these entities, of those that exist.
    async fn heads(&self, model: &Model, keys: &[EntityKey]) -> Result<Vec<Head>>;

    /// Live entities in order of id, after one, together with the position of the log that they all hold.
    async fn heads_by_id(
        &self,
        model: &Model,
        tenant: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Head>, u64)>;

    /// Live entities by filter and order.
    async fn list(&self, model: &Model, tenant: &str, query: &ListQuery) -> Result<Vec<Head>>;

    /// Entities whose projection was folded by an older version of the model, in order of tenant and id, after one.
    async fn older_heads(
        &self,
        model: &Model,
        after: Option<&EntityKey>,
        limit: u32,
    ) -> Result<Vec<EntityKey>>;

    /// Whether the database answers.
    async fn check(&self) -> Result<()>;

    /// The tenants that have a log, in order.
    async fn tenants(&self) -> Result<Vec<String>>;

    /// The ids of entities that the log or the projection has, in order, after one.
    async fn entity_ids(
        &self,
        model: &Model,
        tenant: &str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<String>>;

    /// The row of a key, whatever the log says; `Err` inside: what is there cannot be read.
    async fn stored_row(
        &self,
        model: &Model,
        key: &EntityKey,
    ) -> Result<std::result::Result<Option<Head>, String>>;

    /// The projection and all snapshots of an entity, whatever is in them.
    async fn stored_folds(&self, model: &Model, key: &EntityKey) -> Result<StoredFolds>;
}

/// Begins and reads one after the other.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
async fn begin_and_read<'a>(
    store: &'a dyn Store,
    wanted: &Wanted<'_>,
) -> Result<(Box<dyn WriteGroup + 'a>, Found)> {
    let mut group = store.begin().await?;
    match read_wanted(&mut *group, wanted).await {
        Ok(found) => Ok((group, found)),
        Err(error) => {
            if let Err(error) = group.rollback().await {
                tracing::debug!(%error, "a failed group is rolled back by the next");
            }
            Err(error)
        }
    }
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
async fn read_wanted(group: &mut dyn WriteGroup, wanted: &Wanted<'_>) -> Result<Found> {
    let mut found = Found {
        known: group.known(&wanted.logs).await?,
        heads: Vec::new(),
    };
    for (model, keys) in &wanted.heads {
        found.heads.extend(group.heads(model, keys).await?);
    }
    Ok(found)
}

/// Events and snapshots of entities, as one transaction sees them.
#[async_trait]
pub trait EntityLog: Send {
    /// The newest stored snapshot that lies before a place (`None`: the newest of all) and was folded by this version of
    /// the model; one of another version is not trusted.
    async fn snapshot_before(
        &mut self,
        key: &EntityKey,
        place: Option<&Place>,
        schema_version: u32,
    ) -> Result<Option<Snapshot>>;

    /// Up to `limit` events of a span, fewer where they are large, oldest first.
    async fn events(&mut self, key: &EntityKey, span: Span, limit: u32) -> Result<EntityPage>;
}

/// The one write transaction. Dropped without commit, it leaves nothing.
#[async_trait]
pub trait WriteGroup: EntityLog {
    /// What the log of each tenant has.
    async fn known(&mut self, lookups: &[Lookup<'_>]) -> Result<Known>;

    /// The projections of these entities, of those that exist.
    async fn heads(&mut self, model: &Model, keys: &[EntityKey]) -> Result<Vec<Head>>;

    /// Appends to the log, and remembers the newest stamp.
    async fn append(&mut self, events: &[StoredEvent]) -> Result<()>;

    /// Replaces projections of one model.
    async fn save_heads(&mut self, model: &Model, heads: &[&Head]) -> Result<()>;

    /// Takes rows out of the hands of what captures the changes of others, so that they can be made as the log has them.
    async fn detach_rows(&mut self, model: &Model, keys: &[EntityKey]) -> Result<()>;

    /// Adds snapshots.
    async fn save_snapshots(&mut self, snapshots: &[Snapshot]) -> Result<()>;

    /// Drops the snapshots of an entity at or after a place.
    async fn drop_snapshots_from(&mut self, key: &EntityKey, place: &Place) -> Result<()>;

    /// How many events each stored snapshot of an entity covers.
    async fn snapshot_counts(&mut self, key: &EntityKey) -> Result<Vec<u64>>;

    /// Drops the snapshots of an entity that cover so many events.
    async fn drop_snapshots(&mut self, key: &EntityKey, counts: &[u64]) -> Result<()>;

    /// Drops the projection of an entity.
    async fn drop_head(&mut self, model: &Model, key: &EntityKey) -> Result<()>;

    /// Names the log anew: whoever has a cursor of it starts again from snapshots.
    async fn renew_epoch(&mut self) -> Result<()>;

    /// The same transaction for the application's own tables.
    fn transaction(&mut self) -> Transaction<'_>;

    /// Makes all of it durable and visible at once.
    async fn commit(self: Box<Self>) -> Result<()>;

    /// Appends to the log, replaces projections, by model, and commits, in as few round trips as the database allows.
    /// Where that fails, nothing is left.
    async fn finish(
        mut self: Box<Self>,
        events: &[StoredEvent],
        heads: &[(&Model, Vec<&Head>)],
    ) -> Result<()>;

    /// Undoes all of it now. A group that is dropped may hold the write lock until the next one begins.
    async fn rollback(self: Box<Self>) -> Result<()>;
}
