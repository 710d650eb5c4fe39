//! Projections of events models: how they are written.

use sqlx::{Postgres, postgres::PgArguments, query::Query};
use uuid::Uuid;

use super::{
    columns::{self, quoted},
    read::uuid,
    rows,
};
use crate::{schema::Model, store::Head};

/// The columns of every projection, with the types of the arrays that bring them.
const COLUMNS: [(&str, &str); 10] = [
    ("_tenant_id", "text[]"),
    ("_id", "text[]"),
    ("_phase", "text[]"),
    ("_state", "text[]"),
    ("_last_hlc", "text[]"),
    ("_last_event_id", "uuid[]"),
    ("_event_count", "int8[]"),
    ("_seq", "int8[]"),
    ("_schema_version", "int4[]"),
    ("_snapshot_count", "int8[]"),
];

/// The statement that replaces projections of a model, its parameters counted from this one.
pub(super) fn upsert(model: &Model, first: usize) -> String {
    let (mut names, mut values, mut arrays) = (Vec::new(), Vec::new(), Vec::new());
    for (name, array) in COLUMNS {
        names.push(name.to_owned());
        arrays.push(array);
        values.push(match name {
            "_state" => "_state::json".to_owned(),
            _ => name.to_owned(),
        });
    }
    for (field, column) in columns::shared(model) {
        let name = quoted(&field.name);
        values.push(column.cast(&name));
        arrays.push(column.array());
        names.push(name);
    }
    let arrays: Vec<String> = (first..)
        .zip(&arrays)
        .map(|(at, ty)| format!("${at}::{ty}"))
        .collect();
    let updates: Vec<String> = names[2..]
        .iter()
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    let names = names.join(", ");
    format!(
        "INSERT INTO {} ({names}) SELECT {} FROM unnest({}) AS new ({names}) \
         ON CONFLICT (_tenant_id, _id) DO UPDATE SET {}",
        quoted(&model.path),
        values.join(", "),
        arrays.join(", "),
        updates.join(", ")
    )
}

/// Binds its parameters.
pub(super) fn bind<'q>(
    query: Query<'q, Postgres, PgArguments>,
    model: &Model,
    heads: &[&Head],
) -> sqlx::Result<Query<'q, Postgres, PgArguments>> {
    let folded = heads.iter().map(|head| rows::folded_columns(&head.folded));
    let (phases, states): (Vec<&str>, Vec<Option<String>>) = folded.unzip();
    let ids = heads.iter().map(|head| uuid(&head.last.id));
    let ids = ids.collect::<sqlx::Result<Vec<Uuid>>>()?;
    let tenants = heads.iter().map(|head| head.key.tenant.clone());
    let entities = heads.iter().map(|head| head.key.entity_id.clone());
    let stamps = heads.iter().map(|head| head.last.stamp.to_string());
    let versions = heads.iter().map(|head| rows::number(head.schema_version));
    let mut query = query
        .bind(tenants.collect::<Vec<_>>())
        .bind(entities.collect::<Vec<_>>())
        .bind(phases)
        .bind(states)
        .bind(stamps.collect::<Vec<_>>())
        .bind(ids)
        .bind(rows::longs(heads, |head| head.event_count))
        .bind(rows::longs(heads, |head| head.seq))
        .bind(versions.collect::<Vec<_>>())
        .bind(rows::longs(heads, |head| head.snapshot_count));
    for (field, column) in columns::shared(model) {
        let states = heads.iter().map(|head| head.folded.state());
        query = column.values(field, states).bind(query);
    }
    Ok(query)
}
