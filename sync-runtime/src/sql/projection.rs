//! The table of an events model: the fold of each entity as JSON, with a column for each field that has a single value, so
//! that SQL can read, join and index it. Excluded fields are plain columns, which only the application's Rust code reads
//! and writes; the fold never touches them.

use super::{Kind, literal, quoted};
use crate::schema::{Field, Model, Visibility};

/// PostgreSQL's table of a model.
pub fn postgres_table(model: &Model) -> String {
    let mut lines: Vec<String> = [
        "_tenant_id text COLLATE \"C\" NOT NULL",
        "_id text COLLATE \"C\" NOT NULL",
        "_phase text NOT NULL",
        "_state json",
        "_last_hlc text COLLATE \"C\" NOT NULL",
        "_last_event_id uuid NOT NULL",
        "_event_count bigint NOT NULL",
        "_seq bigint NOT NULL",
        "_schema_version integer NOT NULL",
        "_snapshot_count bigint NOT NULL",
    ]
    .map(str::to_owned)
    .into();
    lines.extend(model.fields.iter().filter_map(|field| {
        let (definition, _) = postgres_column(field)?;
        Some(format!("{} {definition}", quoted(&field.name)))
    }));
    lines.push("PRIMARY KEY (_tenant_id, _id)".to_owned());
    format!(
        // Room in each page keeps an entity's next state beside its last one, out of the index.
        "CREATE TABLE {} (\n    {}\n) WITH (fillfactor = 80);",
        quoted(&model.path),
        lines.join(",\n    ")
    )
}

/// How PostgreSQL's column of a field is defined, and its type as `format_type` gives it back; `None`: it has none, because
/// it holds more than one value and stands in `_state` alone.
pub fn postgres_column(field: &Field) -> Option<(&'static str, &'static str)> {
    let kind = Kind::of(field);
    let ty = super::postgres::column_type(kind);
    match kind {
        Kind::Json if field.visibility != Visibility::Excluded => None,
        // Text is ordered by code point, as everywhere.
        Kind::Text => Some(("text COLLATE \"C\"", ty)),
        Kind::Bool | Kind::Int | Kind::Wide | Kind::Float | Kind::Decimal | Kind::Json => {
            Some((ty, ty))
        }
    }
}

/// SQLite's table of a model.
pub fn sqlite_table(model: &Model) -> String {
    let mut lines: Vec<String> = [
        "_tenant_id TEXT NOT NULL",
        "_id TEXT NOT NULL",
        "_phase TEXT NOT NULL",
        "_state TEXT",
        "_last_hlc TEXT NOT NULL",
        "_last_event_id TEXT NOT NULL",
        "_event_count INTEGER NOT NULL",
        "_seq INTEGER NOT NULL",
        "_schema_version INTEGER NOT NULL",
        "_snapshot_count INTEGER NOT NULL",
    ]
    .map(str::to_owned)
    .into();
    lines.extend(model.fields.iter().map(sqlite_column));
    lines.push("PRIMARY KEY (_tenant_id, _id)".to_owned());
    format!(
        "CREATE TABLE {} (\n    {}\n);",
        quoted(&model.path),
        lines.join(",\n    ")
    )
}

/// SQLite's column of a field, made of the one state, so that it can never disagree with it.
pub fn sqlite_column(field: &Field) -> String {
    let name = quoted(&field.name);
    let ty = super::sqlite::column_type(Kind::of(field));
    if field.visibility == Visibility::Excluded {
        return format!("{name} {ty}");
    }
    let path = literal(&format!("$.\"{}\"", field.name.replace('"', "\\\"")));
    format!("{name} {ty} GENERATED ALWAYS AS (json_extract(_state, {path})) VIRTUAL")
}
