//! The table of a model: the projection of an event-sourced one, or the rows themselves.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, QueryBuilder, Sqlite, SqliteConnection};

use super::{columns::quoted, group::BEGIN, heads, log, rows};
use crate::{
    schema::{Mode, Model},
    sql,
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
    /// The column of the id, with its table: what a JSON array is joined by has columns of common names.
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
        let column = |field: &str| format!("{name}.{}", quoted(field));
        let key = column(sql::id_column(model));
        let key_text = format!("CAST({key} AS TEXT)");
        let mut columns = vec!["_tenant_id".to_owned(), format!("{key_text} AS _id")];
        columns.extend(shared(model).map(|(field, _)| column(&field.name)));
        if model.mode == Mode::Rows {
            columns.push(ROW.to_owned());
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
            Mode::Rows | Mode::Api => sql::sqlite::id_from_text(self.model, text),
        }
    }

    /// Adds the id of an entity that the key is compared with. One that is no number, as a made-up page token may have
    /// it, is none that comes after.
    pub(super) fn push_id(&self, sql: &mut QueryBuilder<Sqlite>, id: &str) {
        if self.model.mode != Mode::Events && sql::has_number_id(self.model) {
            sql.push_bind(id.parse().unwrap_or(i64::MAX));
        } else {
            sql.push_bind(id.to_owned());
        }
    }
}

/// The statements of a model's table that nearly each group runs.
pub(super) struct Texts {
    /// Reads the entities of some keys, which are its parameter.
    pub(super) present: Arc<str>,
    /// Begins a group and reads what is known and the entities of some keys: the parameters of [`log::KNOWN`], and one.
    pub(super) begin: Arc<str>,
    /// Replaces some, which are its parameter.
    pub(super) save: Arc<str>,
    /// Appends to the log, replaces some and commits: the parameters of [`log::APPEND`], and one.
    pub(super) finish: Arc<str>,
}

impl Texts {
    pub(super) fn of(model: &Model) -> Self {
        let table = Table::of(model);
        let present = |parameter: &str| {
            format!(
                "SELECT {} FROM jsonb_each({parameter}) AS wanted CROSS JOIN {} ON _tenant_id = wanted.value ->> 0 AND {} = {}",
                table.columns,
                table.name,
                table.key,
                table.id("wanted.value ->> 1")
            )
        };
        let save = |parameter: &str| match model.mode {
            Mode::Events => heads::upsert(model, parameter),
            Mode::Rows | Mode::Api => upsert(&table, parameter),
        };
        let after = |count: usize| format!("?{}", count + 1);
        let begin = [BEGIN, &log::KNOWN, &present(&after(log::OF_KNOWN))];
        let finish = [&log::APPEND, &*save(&after(log::OF_APPEND)), "COMMIT"];
        Self {
            present: present("?1").into(),
            begin: begin.join("; ").into(),
            save: save("?1").into(),
            finish: finish.join("; ").into(),
        }
    }
}

/// Entities as a parameter brings them.
pub(super) fn pairs(keys: &[EntityKey]) -> String {
    let pairs = keys.iter().map(|key| json!([key.tenant, key.entity_id]));
    pairs.collect::<Value>().to_string()
}

/// What [`Texts::save`] takes of entities, of rows those that are there.
pub(super) fn saved(model: &Model, heads: &[&Head]) -> serde_json::Result<String> {
    if model.mode == Mode::Events {
        return heads::values(heads);
    }
    let live = heads
        .iter()
        .filter_map(|head| Some(values(model, head, head.folded.state()?)));
    Ok(live.collect::<Value>().to_string())
}

/// How many of these are rows that have ended: they are taken away instead.
pub(super) fn count_ended(model: &Model, heads: &[&Head]) -> usize {
    match model.mode {
        Mode::Events => 0,
        Mode::Rows | Mode::Api => {
            let ended = heads.iter().filter(|head| head.folded.state().is_none());
            ended.count()
        }
    }
}

/// What a row has beside its fields.
const ROW: &str =
    "tx, field_tx, _created, _last_hlc, _last_event_id, _event_count, _seq, _schema_version";

/// Takes away the rows of these that have ended.
pub(super) async fn end(
    connection: &mut SqliteConnection,
    model: &Model,
    heads: &[&Head],
) -> sqlx::Result<()> {
    let ended = heads.iter().filter(|head| head.folded.state().is_none());
    let ended: Vec<EntityKey> = ended.map(|head| head.key.clone()).collect();
    let table = Table::of(model);
    sqlx::query(AssertSqlSafe(format!(
        "DELETE FROM {} WHERE (_tenant_id, {}) IN (SELECT value ->> 0, {} FROM json_each(?1))",
        table.name,
        table.key,
        table.id("value ->> 1")
    )))
    .bind(pairs(&ended))
    .execute(connection)
    .await
    .map(|_| ())
}

/// Gives rows a position that no change has: whoever writes them next is not taken for another program.
pub(super) async fn detach(
    connection: &mut SqliteConnection,
    model: &Model,
    keys: &[EntityKey],
) -> sqlx::Result<()> {
    let table = Table::of(model);
    sqlx::query(AssertSqlSafe(format!(
        "UPDATE {} SET _seq = -1 WHERE (_tenant_id, {}) IN (SELECT value ->> 0, {} FROM json_each(?1))",
        table.name,
        table.key,
        table.id("value ->> 1")
    )))
    .bind(pairs(keys))
    .execute(connection)
    .await
    .map(|_| ())
}

fn upsert(table: &Table<'_>, parameter: &str) -> String {
    let key = quoted(sql::id_column(table.model));
    let mut names = vec!["_tenant_id".to_owned()];
    names.extend(shared(table.model).map(|(field, _)| quoted(&field.name)));
    if table.model.mode == Mode::Rows {
        names.extend(ROW.split(", ").map(str::to_owned));
    }
    let values: Vec<String> = (0..names.len())
        .map(|at| format!("value ->> {at}"))
        .collect();
    let sets: Vec<String> = names
        .iter()
        .skip(1)
        .filter(|name| **name != key)
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    format!(
        // WHERE TRUE keeps SQLite from reading ON CONFLICT as a join's condition.
        "INSERT INTO {} ({}) SELECT {} FROM jsonb_each({parameter}) WHERE TRUE ON CONFLICT (_tenant_id, {}) DO UPDATE SET {}",
        table.name,
        names.join(", "),
        values.join(", "),
        key,
        sets.join(", ")
    )
}

fn values(model: &Model, head: &Head, state: &Map<String, Value>) -> Value {
    let mut values = vec![json!(head.key.tenant)];
    values.extend(shared(model).map(|(field, kind)| of_state(state, field, kind)));
    if let (Mode::Rows, Some(stamps)) = (model.mode, &head.stamps) {
        let tx = stamps.last.as_ref().map(|tx| json!(tx).to_string());
        values.extend([
            json!(tx),
            json!(json!(stamps.fields).to_string()),
            json!(stamps.created),
            json!(head.last.stamp),
            json!(head.last.id),
            json!(head.event_count),
            json!(head.seq),
            json!(head.schema_version),
        ]);
    }
    Value::Array(values)
}

/// Rows that have ended: those of the keys that the log knows and the table does not have.
pub(super) async fn ended(
    connection: &mut SqliteConnection,
    model: &Model,
    keys: &[EntityKey],
    found: &[Head],
) -> sqlx::Result<Vec<Head>> {
    let found: BTreeMap<(&str, &str), ()> = found
        .iter()
        .map(|head| ((&*head.key.tenant, &*head.key.entity_id), ()))
        .collect();
    let missing: Value = keys
        .iter()
        .filter(|key| !found.contains_key(&(&*key.tenant, &*key.entity_id)))
        .map(|key| json!([key.tenant, key.entity_id]))
        .collect();
    if model.mode != Mode::Rows || missing.as_array().is_none_or(Vec::is_empty) {
        return Ok(Vec::new());
    }
    sqlx::query(
        "SELECT tenant_id, entity_id, max(timestamp) AS timestamp, count(*) AS event_count, max(seq) AS seq, \
         max(sync_events.id) AS id FROM json_each(?1) AS wanted JOIN sync_events ON tenant_id = wanted.value ->> 0 AND entity_type = ?2 \
         AND entity_id = wanted.value ->> 1 GROUP BY tenant_id, entity_id",
    )
    .bind(missing.to_string())
    .bind(&*model.entity)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| rows::ended(row, model))
    .collect()
}
