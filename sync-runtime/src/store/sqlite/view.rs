//! Reading entities from one moment.

use async_trait::async_trait;
use sqlx::{Sqlite, Transaction};

use super::read;
use crate::store::{EntityKey, EntityLog, EntityPage, Place, Result, Snapshot, Span, StoreError};

/// A read transaction; its end leaves nothing.
pub(super) struct SqliteView(pub(super) Transaction<'static, Sqlite>);

#[async_trait]
impl EntityLog for SqliteView {
    async fn snapshot_before(
        &mut self,
        key: &EntityKey,
        place: Option<&Place>,
        schema_version: u32,
    ) -> Result<Option<Snapshot>> {
        read::snapshot_before(&mut self.0, key, place, schema_version)
            .await
            .map_err(StoreError::during("reading a snapshot"))
    }

    async fn events(&mut self, key: &EntityKey, span: Span, limit: u32) -> Result<EntityPage> {
        read::entity_events(&mut self.0, key, span, limit)
            .await
            .map_err(StoreError::during("reading an entity's events"))
    }
}
