//! Reads, inside and outside a write.

use futures_util::TryStreamExt as _;
use serde_json::Value;
use sqlx::{AssertSqlSafe, QueryBuilder, Row as _, Sqlite, SqliteConnection, SqlitePool};

use super::{
    columns, rows,
    table::{self, Table, Texts},
};
use crate::{
    schema::{Field, Model},
    store::{
        Direction, Edge, EntityKey, EntityPage, Head, ListQuery, LogEnd, LogPage, PageStart, Place,
        Snapshot, Span,
    },
};

pub(super) async fn last_seq(connection: &mut SqliteConnection, tenant: &str) -> sqlx::Result<u64> {
    let seq: i64 =
        sqlx::query("SELECT coalesce(max(seq), 0) FROM sync_events WHERE tenant_id = ?1")
            .bind(tenant)
            .fetch_one(connection)
            .await?
            .try_get(0)?;
    Ok(seq.unsigned_abs())
}

/// Payloads of a page beyond so many bytes are left for the next.
const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;

/// The log's name and a tenant's last position.
pub(super) async fn end(pool: &SqlitePool, tenant: &str) -> sqlx::Result<LogEnd> {
    let row = sqlx::query(
        "SELECT (SELECT value FROM sync_meta WHERE key = 'epoch') AS epoch, \
            (SELECT coalesce(max(seq), 0) FROM sync_events WHERE tenant_id = ?1) AS seq",
    )
    .bind(tenant)
    .fetch_one(pool)
    .await?;
    Ok(LogEnd {
        epoch: row.try_get("epoch")?,
        seq: rows::count(&row, "seq")?,
    })
}

/// Scans `limit` entries and keeps those of the wanted types, so that a rare type costs no more than a page.
pub(super) async fn log(
    pool: &SqlitePool,
    tenant: &str,
    after: u64,
    entity_types: Option<&[String]>,
    limit: u32,
) -> sqlx::Result<LogPage> {
    // One more than asked for tells whether there is more.
    let sql = format!(
        "SELECT {} FROM sync_events WHERE tenant_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
        rows::EVENT
    );
    let mut found = sqlx::query(AssertSqlSafe(sql))
        .bind(tenant)
        .bind(i64::try_from(after).unwrap_or(i64::MAX))
        .bind(i64::from(limit) + 1)
        .fetch(pool);
    let (mut events, mut scanned, mut has_more) = (Vec::new(), after, false);
    let (mut left, mut bytes) = (limit, 0);
    while let Some(row) = found.try_next().await? {
        if left == 0 || bytes > MAX_PAGE_BYTES {
            has_more = true;
            break;
        }
        left -= 1;
        scanned = rows::count(&row, "seq")?;
        let wanted = match entity_types {
            Some(wanted) => {
                let entity_type = row.try_get::<&str, _>("entity_type")?;
                wanted.iter().any(|wanted| wanted == entity_type)
            }
            None => true,
        };
        if wanted {
            bytes += row.try_get::<&str, _>("payload")?.len();
            events.push(rows::event(&row)?);
        }
    }
    Ok(LogPage {
        events,
        scanned,
        has_more,
    })
}

/// Up to `limit` events of a span, oldest first.
pub(super) async fn entity_events(
    connection: &mut SqliteConnection,
    key: &EntityKey,
    span: Span,
    limit: u32,
) -> sqlx::Result<EntityPage> {
    let edge = span.edge();
    let within = match (&span, &edge) {
        (_, None) => "",
        (_, Some(Edge::Position(_))) => "AND +seq < ?5 ",
        (Span::After(_), Some(Edge::Place(_))) => "AND (timestamp, id) > (?5, ?6) ",
        (_, Some(Edge::Place(_))) => "AND (timestamp, id) < (?5, ?6) ",
    };
    let mut query = sqlx::query(AssertSqlSafe(format!(
        "SELECT {} FROM sync_events WHERE tenant_id = ?1 AND entity_type = ?2 AND entity_id = ?3 {within}\
         ORDER BY {} LIMIT ?4",
        rows::EVENT,
        span.order(),
    )))
    .bind(&key.tenant)
    .bind(&key.entity_type)
    .bind(&key.entity_id)
    .bind(i64::from(limit) + 1);
    match edge {
        None => {}
        Some(Edge::Position(seq)) => query = query.bind(seq.cast_signed()),
        Some(Edge::Place(place)) => query = query.bind(place.stamp.to_string()).bind(place.id),
    }
    let mut found = query.fetch(connection);
    let (mut page, mut bytes) = (EntityPage::default(), 0);
    while let Some(row) = found.try_next().await? {
        if page.events.len() == limit as usize || bytes > MAX_PAGE_BYTES {
            page.has_more = true;
            break;
        }
        bytes += row.try_get::<&str, _>("payload")?.len();
        page.events.push(rows::event(&row)?);
    }
    if span.is_backward() {
        page.events.reverse();
    }
    Ok(page)
}

/// The newest snapshot of a version before a place.
pub(super) async fn snapshot_before(
    connection: &mut SqliteConnection,
    key: &EntityKey,
    place: Option<&Place>,
    schema_version: u32,
) -> sqlx::Result<Option<Snapshot>> {
    let before = match place {
        Some(_) => "AND (last_hlc, last_event_id) < (?5, ?6) ",
        None => "",
    };
    let mut query = sqlx::query(AssertSqlSafe(format!(
        "SELECT {} FROM sync_snapshots WHERE tenant_id = ?1 AND entity_type = ?2 AND entity_id = ?3 \
         AND schema_version = ?4 {before}ORDER BY last_hlc DESC, last_event_id DESC LIMIT 1",
        rows::SNAPSHOT
    )))
    .bind(&key.tenant)
    .bind(&key.entity_type)
    .bind(&key.entity_id)
    .bind(schema_version);
    if let Some(place) = place {
        query = query.bind(place.stamp.to_string()).bind(&place.id);
    }
    query
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(rows::snapshot)
        .transpose()
}

/// The projections of these entities; of rows also those that have ended.
pub(super) async fn heads(
    connection: &mut SqliteConnection,
    texts: &Texts,
    model: &Model,
    keys: &[EntityKey],
) -> sqlx::Result<Vec<Head>> {
    let mut heads = present(connection, texts, model, keys).await?;
    let ended = table::ended(connection, model, keys, &heads).await?;
    heads.extend(ended);
    Ok(heads)
}

/// What the model's table has of these entities.
pub(super) async fn present(
    connection: &mut SqliteConnection,
    texts: &Texts,
    model: &Model,
    keys: &[EntityKey],
) -> sqlx::Result<Vec<Head>> {
    sqlx::query(AssertSqlSafe(texts.present.clone()))
        .bind(table::pairs(keys))
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| rows::head(row, model))
        .collect()
}

/// Entities whose projection was folded by an older version of the model, after one.
pub(super) async fn older_heads(
    pool: &SqlitePool,
    model: &Model,
    after: Option<&EntityKey>,
    limit: u32,
) -> sqlx::Result<Vec<EntityKey>> {
    let (tenant, id) = after.map_or(("", ""), |key| (&*key.tenant, &*key.entity_id));
    sqlx::query(AssertSqlSafe(format!(
        "SELECT _tenant_id, _id FROM {} WHERE (_tenant_id, _id) > (?1, ?2) AND _schema_version < ?3 \
         ORDER BY _tenant_id, _id LIMIT ?4",
        columns::quoted(&model.path)
    )))
    .bind(tenant)
    .bind(id)
    .bind(model.version)
    .bind(limit)
    .fetch_all(pool)
    .await?
    .iter()
    .map(|row| {
        Ok(EntityKey {
            tenant: row.try_get("_tenant_id")?,
            entity_type: model.entity.clone().into_owned(),
            entity_id: row.try_get("_id")?,
        })
    })
    .collect()
}

/// One read transaction, so that the position is that of the very state which is read.
pub(super) async fn heads_by_id(
    pool: &SqlitePool,
    model: &Model,
    tenant: &str,
    after: Option<&str>,
    limit: u32,
) -> sqlx::Result<(Vec<Head>, u64)> {
    let mut transaction = pool.begin().await?;
    let seq = last_seq(&mut transaction, tenant).await?;
    let table = Table::of(model);
    let mut sql = QueryBuilder::<Sqlite>::new(format!(
        "SELECT {} FROM {} WHERE {} AND _tenant_id = ",
        table.columns, table.name, table.live
    ));
    sql.push_bind(tenant);
    if let Some(after) = after {
        sql.push(format!(" AND {} > ", table.key));
        table.push_id(&mut sql, after);
    }
    sql.push(format!(" ORDER BY {} LIMIT ", table.key))
        .push_bind(limit);
    let heads = sql
        .build()
        .fetch_all(&mut *transaction)
        .await?
        .iter()
        .map(|row| rows::head(row, model))
        .collect::<sqlx::Result<_>>()?;
    Ok((heads, seq))
}

pub(super) async fn list(
    pool: &SqlitePool,
    model: &Model,
    tenant: &str,
    query: &ListQuery,
) -> sqlx::Result<Vec<Head>> {
    let table = Table::of(model);
    let mut sql = QueryBuilder::<Sqlite>::new(format!(
        "SELECT {} FROM {} WHERE {} AND _tenant_id = ",
        table.columns, table.name, table.live
    ));
    sql.push_bind(tenant);
    for filter in &query.filters {
        let Some(field) = model.field(&filter.field) else {
            continue;
        };
        sql.push(format!(" AND {} IS ", columns::quoted(&field.name)));
        push_value(&mut sql, &filter.value);
    }
    let order = query
        .order
        .as_ref()
        .and_then(|order| Some((model.field(&order.field)?, order.direction)));
    if let Some(start) = &query.after {
        push_start(&mut sql, &table, order, start);
    }
    sql.push(" ORDER BY ");
    if let Some((field, direction)) = order {
        sql.push(columns::sorted_as(field, &columns::quoted(&field.name)));
        sql.push(if direction == Direction::Descending {
            " DESC, "
        } else {
            ", "
        });
    }
    sql.push(format!("{} LIMIT ", table.key))
        .push_bind(query.limit);
    sql.build()
        .fetch_all(pool)
        .await?
        .iter()
        .map(|row| rows::head(row, model))
        .collect()
}

/// What comes after an entity in the list's order. Null sorts before all values, as SQLite has it.
fn push_start(
    sql: &mut QueryBuilder<Sqlite>,
    table: &Table<'_>,
    order: Option<(&Field, Direction)>,
    start: &PageStart,
) {
    let Some((field, direction)) = order else {
        sql.push(format!(" AND {} > ", table.key));
        table.push_id(sql, &start.id);
        return;
    };
    let column = columns::sorted_as(field, &columns::quoted(&field.name));
    sql.push(" AND (");
    match (direction, start.value.is_null()) {
        (Direction::Ascending, true) => {
            sql.push(format!("{column} IS NOT NULL"));
        }
        (Direction::Ascending, false) => {
            sql.push(format!("{column} > "));
            push_sorted(sql, field, &start.value);
        }
        (Direction::Descending, true) => {
            sql.push("FALSE");
        }
        (Direction::Descending, false) => {
            sql.push(format!("{column} IS NULL OR {column} < "));
            push_sorted(sql, field, &start.value);
        }
    }
    sql.push(format!(" OR ({column} IS "));
    push_sorted(sql, field, &start.value);
    sql.push(format!(" AND {} > ", table.key));
    table.push_id(sql, &start.id);
    sql.push("))");
}

/// A value as its field is sorted.
fn push_sorted(sql: &mut QueryBuilder<Sqlite>, field: &Field, value: &Value) {
    // The mark keeps the cast's text apart from the bound value inside it.
    let cast = columns::sorted_as(field, "\u{1}");
    let (before, after) = cast.split_once('\u{1}').unwrap_or(("", ""));
    sql.push(before);
    push_value(sql, value);
    sql.push(after);
}

/// A scalar of the wire as SQLite compares it.
fn push_value(sql: &mut QueryBuilder<Sqlite>, value: &Value) {
    match value {
        Value::Null => sql.push("NULL"),
        Value::Bool(flag) => sql.push_bind(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => sql.push_bind(whole),
            None => sql.push_bind(number.as_f64()),
        },
        Value::String(text) => sql.push_bind(text.clone()),
        Value::Array(_) | Value::Object(_) => sql.push_bind(value.to_string()),
    };
}
