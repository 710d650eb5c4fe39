//! What `sync-admin` looks at, whatever is in it.

use sqlx::{AssertSqlSafe, SqlitePool};

use super::{
    columns, read, rows,
    table::{Table, Texts},
};
use crate::{
    schema::Model,
    store::{EntityKey, Head, StoredFolds},
};

/// Steps from one tenant to the next over the log's index.
pub(super) async fn tenants(pool: &SqlitePool) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "WITH RECURSIVE tenants (id) AS (SELECT min(tenant_id) FROM sync_events UNION ALL \
         SELECT (SELECT min(tenant_id) FROM sync_events WHERE tenant_id > tenants.id) FROM tenants WHERE id IS NOT NULL) \
         SELECT id FROM tenants WHERE id IS NOT NULL",
    )
    .fetch_all(pool)
    .await
}

pub(super) async fn entity_ids(
    pool: &SqlitePool,
    model: &Model,
    tenant: &str,
    after: &str,
    limit: u32,
) -> sqlx::Result<Vec<String>> {
    let Table { name, key_text, .. } = Table::of(model);
    sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT id FROM (SELECT DISTINCT entity_id AS id FROM sync_events \
           WHERE tenant_id = ?1 AND entity_type = ?2 AND entity_id > ?3 ORDER BY entity_id LIMIT ?4) \
         UNION SELECT id FROM (SELECT {key_text} AS id FROM {name} WHERE _tenant_id = ?1 AND {key_text} > ?3 \
           ORDER BY {key_text} LIMIT ?4) ORDER BY id LIMIT ?4",
    )))
    .bind(tenant)
    .bind(&*model.entity)
    .bind(after)
    .bind(limit)
    .fetch_all(pool)
    .await
}

pub(super) async fn stored_row(
    pool: &SqlitePool,
    texts: &Texts,
    model: &Model,
    key: &EntityKey,
) -> sqlx::Result<Result<Option<Head>, String>> {
    let mut connection = pool.acquire().await?;
    let keys = std::slice::from_ref(key);
    match read::present(&mut connection, texts, model, keys).await {
        Ok(heads) => Ok(Ok(heads.into_iter().next())),
        Err(error @ sqlx::Error::ColumnDecode { .. }) => Ok(Err(error.to_string())),
        Err(error) => Err(error),
    }
}

pub(super) async fn stored_folds(
    pool: &SqlitePool,
    model: &Model,
    key: &EntityKey,
) -> sqlx::Result<StoredFolds> {
    // One moment for both.
    let mut transaction = pool.begin().await?;
    let head = sqlx::query(AssertSqlSafe(format!(
        "SELECT {} FROM {} WHERE _tenant_id = ?1 AND _id = ?2",
        rows::HEAD,
        columns::quoted(&model.path)
    )))
    .bind(&key.tenant)
    .bind(&key.entity_id)
    .fetch_optional(&mut *transaction)
    .await?;
    let snapshots = sqlx::query(AssertSqlSafe(format!(
        "SELECT {} FROM sync_snapshots WHERE tenant_id = ?1 AND entity_type = ?2 AND entity_id = ?3",
        rows::SNAPSHOT
    )))
    .bind(&key.tenant)
    .bind(&key.entity_type)
    .bind(&key.entity_id)
    .fetch_all(&mut *transaction)
    .await?;
    Ok(StoredFolds {
        head: head
            .map(|row| rows::head(&row, model))
            .transpose()
            .map(|head| head.as_ref().map(Head::snapshot))
            .map_err(|error| error.to_string()),
        snapshots: snapshots
            .iter()
            .map(|row| rows::snapshot(row).map_err(|error| error.to_string()))
            .collect(),
    })
}
