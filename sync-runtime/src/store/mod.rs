//! The log and its projections: one trait, a folder for each database.
//!
//! The promise that a store keeps: whoever has read up to a position has seen every entry before it. Positions are
//! given inside the one write transaction of a tenant and become visible with its commit, so none can appear behind a
//! reader.

mod entry;
mod query;
pub mod sqlite;
mod transaction;

use async_trait::async_trait;

pub use entry::{EntityKey, Head, Place, Snapshot, StoredEvent};
pub use query::{Direction, Filter, ListQuery, Order, PageStart};
pub use transaction::{OtherDatabase, Transaction};

use crate::schema::{Model, Schema};

/// A store failed: it is away, full or broken. The message is for the server's log, not for clients.
#[derive(Debug, thiserror::Error)]
#[error("{context}: {source}")]
pub struct StoreError {
    /// What was being done.
    pub context: &'static str,
    /// What the database said.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    /// For `map_err`.
    pub fn during<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        context: &'static str,
    ) -> impl Fn(E) -> Self {
        move |source| Self {
            context,
            source: source.into(),
        }
    }
}

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

/// A log with its projections.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Creates what the models need and is not there; never drops anything.
    async fn prepare(&self, schema: &Schema) -> Result<()>;

    /// Names this log; another after a restore or a reset.
    fn epoch(&self) -> &str;

    /// The newest stamp ever accepted, as text.
    async fn newest_stamp(&self) -> Result<Option<String>>;

    /// Begins the one write transaction; waits for another process that holds it.
    async fn begin(&self) -> Result<Box<dyn WriteGroup + '_>>;

    /// The last position of a tenant's log; 0 if it is empty.
    async fn last_seq(&self, tenant: &str) -> Result<u64>;

    /// Entries after a position, of these entity types (`None`: all).
    async fn read_log(
        &self,
        tenant: &str,
        after: u64,
        entity_types: Option<&[String]>,
        limit: u32,
    ) -> Result<LogPage>;

    /// All events of an entity in fold order.
    async fn entity_events(&self, key: &EntityKey) -> Result<Vec<StoredEvent>>;

    /// The projection of an entity.
    async fn head(&self, model: &Model, key: &EntityKey) -> Result<Option<Head>>;

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

    /// Whether the database answers.
    async fn check(&self) -> Result<()>;
}

/// The one write transaction. Dropped without commit, it leaves nothing.
#[async_trait]
pub trait WriteGroup: Send {
    /// The last position of a tenant's log, from inside the transaction.
    async fn last_seq(&mut self, tenant: &str) -> Result<u64>;

    /// Events of a tenant that have one of these ids or one of these idempotency keys.
    async fn known(
        &mut self,
        tenant: &str,
        ids: &[&str],
        keys: &[&str],
    ) -> Result<Vec<StoredEvent>>;

    /// The projections of these entities, of those that exist.
    async fn heads(&mut self, model: &Model, keys: &[EntityKey]) -> Result<Vec<Head>>;

    /// The newest stored snapshot that lies before a place.
    async fn snapshot_before(&mut self, key: &EntityKey, place: &Place)
    -> Result<Option<Snapshot>>;

    /// Events of an entity after a place (`None`: all), in fold order.
    async fn events_after(
        &mut self,
        key: &EntityKey,
        place: Option<&Place>,
    ) -> Result<Vec<StoredEvent>>;

    /// Appends to the log.
    async fn append(&mut self, events: &[StoredEvent]) -> Result<()>;

    /// Replaces projections of one model.
    async fn save_heads(&mut self, model: &Model, heads: &[&Head]) -> Result<()>;

    /// Adds snapshots.
    async fn save_snapshots(&mut self, snapshots: &[Snapshot]) -> Result<()>;

    /// Drops the snapshots of an entity at or after a place.
    async fn drop_snapshots_from(&mut self, key: &EntityKey, place: &Place) -> Result<()>;

    /// How many events each stored snapshot of an entity covers.
    async fn snapshot_counts(&mut self, key: &EntityKey) -> Result<Vec<u64>>;

    /// Drops the snapshots of an entity that cover so many events.
    async fn drop_snapshots(&mut self, key: &EntityKey, counts: &[u64]) -> Result<()>;

    /// Some entities whose projection was folded by an older version of the model.
    async fn older_heads(&mut self, model: &Model, limit: u32) -> Result<Vec<EntityKey>>;

    /// Remembers the newest stamp.
    async fn save_stamp(&mut self, stamp: &str) -> Result<()>;

    /// The same transaction for the application's own tables.
    fn transaction(&mut self) -> Transaction<'_>;

    /// Makes all of it durable and visible at once.
    async fn commit(self: Box<Self>) -> Result<()>;

    /// Undoes all of it now. A group that is dropped holds the write lock until the next one begins.
    async fn rollback(self: Box<Self>) -> Result<()>;
}
