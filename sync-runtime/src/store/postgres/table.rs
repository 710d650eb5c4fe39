//! The table of a model: the projection of an event-sourced one, or the rows themselves.

use std::{collections::HashSet, sync::Arc};

use serde_json::json;
use sqlx::{
    AssertSqlSafe, PgConnection, Postgres, QueryBuilder, postgres::PgArguments, query::Query,
};

use super::{columns::quoted, heads, log, read::uuid, rows};
use crate::{
    schema::{Mode, Model},
    semantics::rows::Stamps,
    sql::{self, Kind},
    store::{
        EntityKey, Head,
        columns::{of_state, shared},
    },
};

/// How the table of a model is read.
pub(super) struct Table<'a> {
    pub(super) model: &'a Model,
    /// As an identifier.
    pub(super) name: String,
    /// The columns that [`rows::head`] reads.
    pub(super) columns: String,
    /// The column of the id.
    pub(super) key: String,
    /// The id as text.
    pub(super) key_text: String,
    /// What holds of an entity that is there.
    pub(super) live: &'static str,
}

impl<'a> Table<'a> {
    pub(super) fn of(model: &'a Model) -> Self {
        let name = quoted(&model.path);
        if model.mode == Mode::Events {
            return Self {
                model,
                name,
                columns: rows::HEAD.to_owned(),
                key: "_id".to_owned(),
                key_text: "_id".to_owned(),
                live: "_phase = 'live'",
            };
        }
        let key = quoted(sql::id_column(model));
        let key_text = format!("{key}::text COLLATE \"C\"");
        let mut columns = vec!["_tenant_id".to_owned(), format!("{key}::text AS _id")];
        columns.extend(shared(model).map(|(field, kind)| {
            let name = quoted(&field.name);
            match kind {
                Kind::Wide | Kind::Decimal => format!("trim_scale({name})::text AS {name}"),
                Kind::Json => format!("{name}::text AS {name}"),
                Kind::Bool | Kind::Int | Kind::Float | Kind::Text => name,
            }
        }));
        if model.mode == Mode::Rows {
            columns.push(
                "tx::text AS tx, field_tx::text AS field_tx, _created, _last_hlc, _last_event_id, _event_count, _seq, \
                 _schema_version"
                    .to_owned(),
            );
        }
        Self {
            model,
            name,
            columns: columns.join(", "),
            key,
            key_text,
            live: "TRUE",
        }
    }

    /// The text of an id as the key is compared with it.
    pub(super) fn id(&self, text: &str) -> String {
        match self.model.mode {
            Mode::Events => text.to_owned(),
            Mode::Rows | Mode::Api => sql::postgres::id_from_text(self.model, text),
        }
    }

    /// Adds the id of an entity that the key is compared with. One that is no number, as a made-up page token may have
    /// it, is none that comes after; nor does text hold what PostgreSQL's does not.
    pub(super) fn push_id(&self, sql: &mut QueryBuilder<Postgres>, id: &str) {
        if self.model.mode != Mode::Events && sql::has_number_id(self.model) {
            sql.push_bind(id.parse().unwrap_or(i64::MAX));
        } else {
            sql.push_bind(id.split('\0').next().unwrap_or_default().to_owned());
        }
    }
}

/// The statements of a model's table that nearly each group runs.
pub(super) struct Texts {
    /// Reads the entities of some keys.
    pub(super) present: Arc<str>,
    /// Replaces some.
    pub(super) save: Arc<str>,
    /// Appends to the log and replaces projections; not of rows, whose triggers look at the log, which must have grown
    /// before.
    pub(super) finish: Option<Arc<str>>,
}

impl Texts {
    pub(super) fn of(model: &Model) -> Self {
        let table = Table::of(model);
        // Each is looked up by the index, whatever the planner believes of a table that is new and grows.
        let present = format!(
            "SELECT found.* FROM unnest($1::text[], $2::text[]) AS wanted (tenant, id) CROSS JOIN LATERAL \
             (SELECT {} FROM {} WHERE _tenant_id = wanted.tenant AND {} = {} LIMIT 1) AS found",
            table.columns,
            table.name,
            table.key,
            table.id("wanted.id")
        );
        let (save, finish) = match model.mode {
            Mode::Events => {
                let beside = heads::upsert(model, log::AFTER_APPEND);
                (heads::upsert(model, 1), Some(log::append_and(&beside)))
            }
            Mode::Rows | Mode::Api => (upsert(&table), None),
        };
        Self {
            present: present.into(),
            save: save.into(),
            finish: finish.map(Into::into),
        }
    }
}

/// What a row has beside its fields, with the types of the arrays that bring it.
const ROW: [(&str, &str, &str); 8] = [
    ("tx", "text[]", "::json"),
    ("field_tx", "text[]", "::json"),
    ("_created", "text[]", ""),
    ("_last_hlc", "text[]", ""),
    ("_last_event_id", "uuid[]", ""),
    ("_event_count", "int8[]", ""),
    ("_seq", "int8[]", ""),
    ("_schema_version", "int4[]", ""),
];

/// Writes rows as they are now, and takes away those that have ended.
pub(super) async fn save(
    connection: &mut PgConnection,
    texts: &Texts,
    model: &Model,
    heads: &[&Head],
) -> sqlx::Result<()> {
    let (live, ended): (Vec<&Head>, Vec<&Head>) =
        heads.iter().partition(|head| head.folded.state().is_some());
    if !live.is_empty() {
        let query = sqlx::query(AssertSqlSafe(texts.save.clone()));
        bind(query, model, &live)?.execute(&mut *connection).await?;
    }
    if !ended.is_empty() {
        let table = Table::of(model);
        let tenants: Vec<&str> = ended.iter().map(|head| &*head.key.tenant).collect();
        let ids: Vec<&str> = ended.iter().map(|head| &*head.key.entity_id).collect();
        sqlx::query(AssertSqlSafe(format!(
            "DELETE FROM {0} USING unnest($1::text[], $2::text[]) AS ended (tenant, id) \
             WHERE _tenant_id = ended.tenant AND {0}.{1} = {2}",
            table.name,
            table.key,
            table.id("ended.id")
        )))
        .bind(tenants)
        .bind(ids)
        .execute(connection)
        .await?;
    }
    Ok(())
}

/// Gives rows a position that no change has: whoever writes them next is not taken for another program.
pub(super) async fn detach(
    connection: &mut PgConnection,
    model: &Model,
    keys: &[EntityKey],
) -> sqlx::Result<()> {
    let table = Table::of(model);
    let tenants: Vec<&str> = keys.iter().map(|key| &*key.tenant).collect();
    let ids: Vec<&str> = keys.iter().map(|key| &*key.entity_id).collect();
    sqlx::query(AssertSqlSafe(format!(
        "UPDATE {0} SET _seq = -1 FROM unnest($1::text[], $2::text[]) AS wanted (tenant, id) \
         WHERE _tenant_id = wanted.tenant AND {0}.{1} = {2}",
        table.name,
        table.key,
        table.id("wanted.id")
    )))
    .bind(tenants)
    .bind(ids)
    .execute(connection)
    .await
    .map(|_| ())
}

fn upsert(table: &Table<'_>) -> String {
    let mut names = vec!["_tenant_id".to_owned()];
    let mut arrays = vec!["text[]"];
    let mut casts = vec![""];
    for (field, kind) in shared(table.model) {
        names.push(quoted(&field.name));
        let (array, cast) = match kind {
            Kind::Bool => ("bool[]", ""),
            Kind::Int => ("int8[]", ""),
            Kind::Float => ("float8[]", ""),
            Kind::Wide | Kind::Decimal => ("text[]", "::numeric"),
            Kind::Text => ("text[]", ""),
            Kind::Json => ("text[]", "::json"),
        };
        arrays.push(array);
        casts.push(cast);
    }
    if table.model.mode == Mode::Rows {
        for (name, array, cast) in ROW {
            names.push(name.to_owned());
            arrays.push(array);
            casts.push(cast);
        }
    }
    let arrays: Vec<String> = (1..)
        .zip(&arrays)
        .map(|(at, ty)| format!("${at}::{ty}"))
        .collect();
    let values: Vec<String> = names
        .iter()
        .zip(&casts)
        .map(|(name, cast)| format!("{name}{cast}"))
        .collect();
    let sets: Vec<String> = names
        .iter()
        .skip(1)
        .filter(|name| **name != table.key)
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    let names = names.join(", ");
    format!(
        "INSERT INTO {} ({names}) SELECT {} FROM unnest({}) AS new ({names}) ON CONFLICT (_tenant_id, {}) DO UPDATE SET {}",
        table.name,
        values.join(", "),
        arrays.join(", "),
        table.key,
        sets.join(", ")
    )
}

fn bind<'q>(
    mut query: Query<'q, Postgres, PgArguments>,
    model: &Model,
    heads: &[&Head],
) -> sqlx::Result<Query<'q, Postgres, PgArguments>> {
    let tenants: Vec<String> = heads.iter().map(|head| head.key.tenant.clone()).collect();
    query = query.bind(tenants);
    for (field, kind) in shared(model) {
        let values = heads
            .iter()
            .filter_map(|head| head.folded.state())
            .map(|state| of_state(state, field, kind));
        query = match kind {
            Kind::Bool => query.bind(values.map(|it| it.as_bool()).collect::<Vec<_>>()),
            Kind::Int => query.bind(values.map(|it| it.as_i64()).collect::<Vec<_>>()),
            Kind::Float => query.bind(values.map(|it| it.as_f64()).collect::<Vec<_>>()),
            Kind::Wide | Kind::Decimal | Kind::Text | Kind::Json => {
                let texts = values.map(|it| it.as_str().map(str::to_owned));
                query.bind(texts.collect::<Vec<_>>())
            }
        };
    }
    if model.mode != Mode::Rows {
        return Ok(query);
    }
    let stamps = || heads.iter().map(|head| head.stamps.as_ref());
    let text = |of: &dyn Fn(&Stamps) -> Option<String>| -> Vec<Option<String>> {
        stamps().map(|stamps| of(stamps?)).collect()
    };
    let ids = heads.iter().map(|head| uuid(&head.last.id));
    Ok(query
        .bind(text(&|it| it.last.as_ref().map(|tx| json!(tx).to_string())))
        .bind(text(&|it| Some(json!(it.fields).to_string())))
        .bind(text(&|it| Some(it.created.to_string())))
        .bind(
            heads
                .iter()
                .map(|it| it.last.stamp.to_string())
                .collect::<Vec<_>>(),
        )
        .bind(ids.collect::<sqlx::Result<Vec<_>>>()?)
        .bind(rows::longs(heads, |head| head.event_count))
        .bind(rows::longs(heads, |head| head.seq))
        .bind(
            heads
                .iter()
                .map(|it| rows::number(it.schema_version))
                .collect::<Vec<_>>(),
        ))
}

/// Rows that have ended: those of the keys that the log knows and the table does not have.
pub(super) async fn ended(
    connection: &mut PgConnection,
    model: &Model,
    keys: &[EntityKey],
    found: &[Head],
) -> sqlx::Result<Vec<Head>> {
    let found: HashSet<&EntityKey> = found.iter().map(|head| &head.key).collect();
    let missing: Vec<&EntityKey> = keys.iter().filter(|key| !found.contains(key)).collect();
    if model.mode != Mode::Rows || missing.is_empty() {
        return Ok(Vec::new());
    }
    let tenants: Vec<&str> = missing.iter().map(|key| &*key.tenant).collect();
    let ids: Vec<&str> = missing.iter().map(|key| &*key.entity_id).collect();
    sqlx::query(
        "SELECT wanted.tenant AS tenant_id, wanted.id AS entity_id, found.* FROM unnest($1::text[], $2::text[]) \
         AS wanted (tenant, id) CROSS JOIN LATERAL (SELECT max(timestamp) AS timestamp, count(*) AS event_count, \
         max(seq) AS seq, max(id::text)::uuid AS id FROM sync_events WHERE tenant_id = wanted.tenant AND entity_type = $3 \
         AND entity_id = wanted.id) AS found WHERE found.event_count > 0",
    )
    .bind(tenants)
    .bind(ids)
    .bind(&*model.entity)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| rows::ended(row, model))
    .collect()
}
