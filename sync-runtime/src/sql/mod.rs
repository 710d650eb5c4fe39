//! The tables of models: rows of `rows` and `api` mode, and projections of `events` mode.
//!
//! Text alone, for whoever makes the tables: a server when it starts, and the generator's SQL target. A column is as
//! the database has such values, so that other programs can read, join, index and write it; beside the fields stand
//! columns that begin with `_`, and in rows mode `tx` and `field_tx`. What others write to a rows table is captured by
//! triggers in the same transaction: it gets a stamp and an entry of the log like any change.

mod kind;
pub mod postgres;
pub mod projection;
pub mod sqlite;

use serde_json::Value;

pub use kind::Kind;

use crate::{
    schema::{Field, FieldKind, Lift, Model, Type, Upcast, Visibility},
    semantics::values,
};

/// An identifier.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A string literal.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The name of the column that is the primary key, beside the tenant.
pub fn id_column(model: &Model) -> &str {
    model.id_field().map_or("id", |field| &field.name)
}

/// Whether ids are numbers.
pub fn has_number_id(model: &Model) -> bool {
    matches!(model.id_type().non_null(), Type::Int(_))
}

/// What a database fills in where a program that is not the server leaves a field out.
enum Filled {
    /// A new id.
    Uuid,
    /// The time of the statement.
    Now,
    /// A value of the wire.
    Value(Value),
}

/// What fills a column, and whether it may be null.
fn filled(field: &Field) -> (Option<Filled>, bool) {
    match &field.kind {
        FieldKind::Id => (
            matches!(field.ty.non_null(), Type::Uuid).then_some(Filled::Uuid),
            false,
        ),
        FieldKind::CreatedAt | FieldKind::UpdatedAt | FieldKind::EventTime => {
            (Some(Filled::Now), false)
        }
        FieldKind::Plain | FieldKind::Machine(_) => {
            let value = values::default_of(field).filter(|value| !value.is_null());
            let nullable = field.ty.is_nullable() || field.visibility == Visibility::Excluded;
            (value.map(Filled::Value), nullable)
        }
    }
}

/// The columns of a table that the model calls otherwise by now, with their names of today: an upcast says so. What is there
/// under its name of today is not looked for.
pub fn renamed(model: &Model, there: &[String]) -> Vec<(String, String)> {
    let has = |name: &str| there.iter().any(|there| there == name);
    let mut upcasts: Vec<&Upcast> = model.upcasts.iter().collect();
    upcasts.sort_by_key(|upcast| std::cmp::Reverse(upcast.from));
    let mut renamed: Vec<(String, String)> = Vec::new();
    for field in model.fields.iter().filter(|field| !has(&field.name)) {
        let mut name = &*field.name;
        for step in upcasts.iter().flat_map(|upcast| upcast.steps.iter().rev()) {
            let Lift::Rename { from, to } = step else {
                continue;
            };
            if to != name {
                continue;
            }
            name = from;
            let is_free = model.field(name).is_none() && renamed.iter().all(|(it, _)| it != name);
            if has(name) && is_free {
                renamed.push((name.to_owned(), field.name.to_string()));
                break;
            }
        }
    }
    renamed
}

/// The fields whose changes by others are captured: those that a payload may hold.
fn captured(model: &Model) -> impl Iterator<Item = (&Field, Kind)> {
    model
        .fields
        .iter()
        .filter(|field| field.is_writable())
        .map(|field| (field, Kind::of(field)))
}
