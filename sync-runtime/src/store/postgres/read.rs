//! Reads, inside and outside a write.

use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, QueryBuilder, Row as _};
use uuid::Uuid;

use super::{
    columns::{Column, quoted},
    rows,
    table::{self, Table, Texts},
};
use crate::{
    schema::{Field, Model},
    store::{
        Direction, Edge, EntityKey, EntityPage, Head, ListQuery, LogEnd, LogPage, PageStart, Place,
        Snapshot, Span, StoredEvent,
    },
};

/// Payloads of a page beyond so many bytes are left for the next.
const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;
/// How many rows are asked for before their size is known: the server sends all that it was asked for.
const FIRST_ROWS: usize = 100;

pub(super) async fn last_seq(pool: &PgPool, tenant: &str) -> sqlx::Result<u64> {
    let seq: i64 =
        sqlx::query("SELECT coalesce(max(seq), 0) FROM sync_events WHERE tenant_id = $1")
            .bind(tenant)
            .fetch_one(pool)
            .await?
            .try_get(0)?;
    Ok(seq.unsigned_abs())
}

/// The log's name and a tenant's last position.
pub(super) async fn end(pool: &PgPool, tenant: &str) -> sqlx::Result<LogEnd> {
    let row = sqlx::query(
        "SELECT (SELECT value FROM sync_meta WHERE key = 'epoch') AS epoch, \
            (SELECT coalesce(max(seq), 0) FROM sync_events WHERE tenant_id = $1) AS seq",
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
    connection: &mut PgConnection,
    tenant: &str,
    after: u64,
    entity_types: Option<&[String]>,
    limit: u32,
) -> sqlx::Result<LogPage> {
    let sql = format!(
        "SELECT {} FROM sync_events WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        rows::EVENT
    );
    let mut page = LogPage {
        scanned: after,
        ..LogPage::default()
    };
    let mut portions = Portions::of(limit);
    while let Some(ask) = portions.next() {
        let mut found = sqlx::query(AssertSqlSafe(&*sql))
            .bind(tenant)
            .bind(i64::try_from(page.scanned).unwrap_or(i64::MAX))
            .bind(ask)
            .fetch(&mut *connection);
        while let Some(row) = found.try_next().await? {
            if !portions.takes(&row)? {
                page.has_more = true;
                continue;
            }
            page.scanned = rows::count(&row, "seq")?;
            let entity_type = row.try_get::<&str, _>("entity_type")?;
            if entity_types.is_none_or(|wanted| wanted.iter().any(|wanted| wanted == entity_type)) {
                page.events.push(rows::event(&row)?);
            }
        }
    }
    Ok(page)
}

/// Up to `limit` events of a span, oldest first.
pub(super) async fn entity_events(
    connection: &mut PgConnection,
    key: &EntityKey,
    span: Span,
    limit: u32,
) -> sqlx::Result<EntityPage> {
    let mut page = EntityPage::default();
    let mut portions = Portions::of(limit);
    while let Some(ask) = portions.next() {
        let left = match page.events.last() {
            Some(last) => past(&span, last),
            None => span.clone(),
        };
        let edge = left.edge();
        let within = match (&left, &edge) {
            (_, None) => "",
            (_, Some(Edge::Position(_))) => "AND +seq < $5 ",
            (Span::After(_), Some(Edge::Place(_))) => "AND (timestamp, id) > ($5, $6) ",
            (_, Some(Edge::Place(_))) => "AND (timestamp, id) < ($5, $6) ",
        };
        let mut query = sqlx::query(AssertSqlSafe(format!(
            "SELECT {} FROM sync_events WHERE tenant_id = $1 AND entity_type = $2 AND entity_id = $3 {within}\
             ORDER BY {} LIMIT $4",
            rows::EVENT,
            left.order(),
        )))
        .bind(&key.tenant)
        .bind(&key.entity_type)
        .bind(&key.entity_id)
        .bind(ask);
        match edge {
            None => {}
            Some(Edge::Position(seq)) => query = query.bind(seq.cast_signed()),
            Some(Edge::Place(place)) => {
                query = query.bind(place.stamp.to_string()).bind(uuid(&place.id)?);
            }
        }
        let mut found = query.fetch(&mut *connection);
        while let Some(row) = found.try_next().await? {
            match portions.takes(&row)? {
                true => page.events.push(rows::event(&row)?),
                false => page.has_more = true,
            }
        }
    }
    if span.is_backward() {
        page.events.reverse();
    }
    Ok(page)
}

/// What is left of a span once an event was read.
fn past(span: &Span, event: &StoredEvent) -> Span {
    match span {
        Span::After(_) => Span::After(Some(event.place())),
        Span::Before(_) => Span::Before(Some(event.place())),
        Span::LoggedBefore(_) => Span::LoggedBefore(Some(event.seq)),
    }
}

/// How a page is read: in portions, so that what the server sends stays within bounds however large the payloads are.
struct Portions {
    left: usize,
    asked: usize,
    got: usize,
    bytes: usize,
    ended: bool,
}

impl Portions {
    fn of(limit: u32) -> Self {
        Self {
            left: limit as usize,
            asked: 0,
            got: 0,
            bytes: 0,
            ended: limit == 0,
        }
    }

    /// How many rows to ask for; one more than are wanted tells whether there are more. `None`: the page is full, or
    /// there was no more.
    fn next(&mut self) -> Option<i64> {
        if self.ended || self.got < self.asked {
            return None;
        }
        let fits = match self.bytes.checked_div(self.got) {
            None => FIRST_ROWS,
            Some(average) => (MAX_PAGE_BYTES - self.bytes.min(MAX_PAGE_BYTES)) / (average + 1) + 1,
        };
        self.asked += (self.left + 1).min(fits);
        i64::try_from((self.left + 1).min(fits)).ok()
    }

    /// Whether the next row belongs to the page; after one that does not, the page is full.
    fn takes(&mut self, row: &sqlx::postgres::PgRow) -> sqlx::Result<bool> {
        if self.left == 0 || self.bytes > MAX_PAGE_BYTES {
            self.ended = true;
            return Ok(false);
        }
        self.left -= 1;
        self.got += 1;
        self.bytes += row.try_get::<&str, _>("payload")?.len();
        Ok(true)
    }
}

/// The newest snapshot of a version before a place.
pub(super) async fn snapshot_before(
    connection: &mut PgConnection,
    key: &EntityKey,
    place: Option<&Place>,
    schema_version: u32,
) -> sqlx::Result<Option<Snapshot>> {
    let before = match place {
        Some(_) => "AND (last_hlc, last_event_id) < ($5, $6) ",
        None => "",
    };
    let mut query = sqlx::query(AssertSqlSafe(format!(
        "SELECT {} FROM sync_snapshots WHERE tenant_id = $1 AND entity_type = $2 AND entity_id = $3 \
         AND schema_version = $4 {before}ORDER BY last_hlc DESC, last_event_id DESC LIMIT 1",
        rows::SNAPSHOT
    )))
    .bind(&key.tenant)
    .bind(&key.entity_type)
    .bind(&key.entity_id)
    .bind(rows::number(schema_version));
    if let Some(place) = place {
        query = query.bind(place.stamp.to_string()).bind(uuid(&place.id)?);
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
    connection: &mut PgConnection,
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
    connection: &mut PgConnection,
    texts: &Texts,
    model: &Model,
    keys: &[EntityKey],
) -> sqlx::Result<Vec<Head>> {
    let tenants: Vec<&str> = keys.iter().map(|key| &*key.tenant).collect();
    let ids: Vec<&str> = keys.iter().map(|key| &*key.entity_id).collect();
    sqlx::query(AssertSqlSafe(texts.present.clone()))
        .bind(tenants)
        .bind(ids)
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| rows::head(row, model))
        .collect()
}

/// Entities whose projection was folded by an older version of the model, after one.
pub(super) async fn older_heads(
    pool: &PgPool,
    model: &Model,
    after: Option<&EntityKey>,
    limit: u32,
) -> sqlx::Result<Vec<EntityKey>> {
    let (tenant, id) = after.map_or(("", ""), |key| (&*key.tenant, &*key.entity_id));
    sqlx::query(AssertSqlSafe(format!(
        "SELECT _tenant_id, _id FROM {} WHERE (_tenant_id, _id) > ($1, $2) AND _schema_version < $3 \
         ORDER BY _tenant_id, _id LIMIT $4",
        quoted(&model.path)
    )))
    .bind(tenant)
    .bind(id)
    .bind(rows::number(model.version))
    .bind(i64::from(limit))
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

/// In one read transaction, so that the position is that of the very state which is read.
pub(super) async fn heads_by_id(
    connection: &mut PgConnection,
    model: &Model,
    tenant: &str,
    after: Option<&str>,
    limit: u32,
) -> sqlx::Result<(Vec<Head>, u64)> {
    let seq: i64 =
        sqlx::query("SELECT coalesce(max(seq), 0) FROM sync_events WHERE tenant_id = $1")
            .bind(tenant)
            .fetch_one(&mut *connection)
            .await?
            .try_get(0)?;
    let table = Table::of(model);
    let mut sql = QueryBuilder::<Postgres>::new(format!(
        "SELECT {} FROM {} WHERE {} AND _tenant_id = ",
        table.columns, table.name, table.live
    ));
    sql.push_bind(tenant);
    if let Some(after) = after {
        sql.push(format!(" AND {} > ", table.key));
        table.push_id(&mut sql, after);
    }
    sql.push(format!(" ORDER BY {} LIMIT ", table.key))
        .push_bind(i64::from(limit));
    let heads = sql
        .build()
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| rows::head(row, model))
        .collect::<sqlx::Result<_>>()?;
    Ok((heads, seq.unsigned_abs()))
}

pub(super) async fn list(
    pool: &PgPool,
    model: &Model,
    tenant: &str,
    query: &ListQuery,
) -> sqlx::Result<Vec<Head>> {
    let table = Table::of(model);
    let mut sql = QueryBuilder::<Postgres>::new(format!(
        "SELECT {} FROM {} WHERE {} AND _tenant_id = ",
        table.columns, table.name, table.live
    ));
    sql.push_bind(tenant);
    for filter in &query.filters {
        let Some((field, column)) = field(model, &filter.field) else {
            continue;
        };
        let name = quoted(&field.name);
        if filter.value.is_null() {
            sql.push(format!(" AND {name} IS NULL"));
        } else {
            sql.push(format!(" AND {name} = "));
            column.push(&mut sql, &filter.value);
        }
    }
    let order = query
        .order
        .as_ref()
        .and_then(|order| Some((field(model, &order.field)?, order.direction)));
    if let Some(start) = &query.after {
        push_start(&mut sql, &table, order, start);
    }
    sql.push(" ORDER BY ");
    if let Some(((field, _), direction)) = order {
        sql.push(quoted(&field.name));
        sql.push(match direction {
            Direction::Ascending => " NULLS FIRST, ",
            Direction::Descending => " DESC NULLS LAST, ",
        });
    }
    sql.push(format!("{} LIMIT ", table.key))
        .push_bind(i64::from(query.limit));
    sql.build()
        .fetch_all(pool)
        .await?
        .iter()
        .map(|row| rows::head(row, model))
        .collect()
}

fn field<'a>(model: &'a Model, name: &str) -> Option<(&'a Field, Column)> {
    let field = model.field(name)?;
    Some((field, Column::of(field)?))
}

/// What comes after an entity in the list's order. Null sorts before all values.
fn push_start(
    sql: &mut QueryBuilder<Postgres>,
    table: &Table<'_>,
    order: Option<((&Field, Column), Direction)>,
    start: &PageStart,
) {
    let Some(((field, column), direction)) = order else {
        sql.push(format!(" AND {} > ", table.key));
        table.push_id(sql, &start.id);
        return;
    };
    let name = quoted(&field.name);
    sql.push(" AND (");
    match (direction, start.value.is_null()) {
        (Direction::Ascending, true) => {
            sql.push(format!("{name} IS NOT NULL"));
        }
        (Direction::Ascending, false) => {
            sql.push(format!("{name} > "));
            column.push(sql, &start.value);
        }
        (Direction::Descending, true) => {
            sql.push("FALSE");
        }
        (Direction::Descending, false) => {
            sql.push(format!("{name} IS NULL OR {name} < "));
            column.push(sql, &start.value);
        }
    }
    sql.push(format!(" OR ({name} IS NOT DISTINCT FROM "));
    column.push(sql, &start.value);
    sql.push(format!(" AND {} > ", table.key));
    table.push_id(sql, &start.id);
    sql.push("))");
}

/// An event's id, which is a UUID wherever it comes from.
pub(super) fn uuid(id: &str) -> sqlx::Result<Uuid> {
    Uuid::try_parse(id).map_err(|error| sqlx::Error::Encode(error.into()))
}
