//! What a device's database holds of a rows model: what the server has said, what this device has changed and not yet had
//! confirmed, and a view over both that an application reads and writes as if it were the table.
//!
//! The overlay is derived from the outbox `_changes`: a write that is rolled back is one row less, or one that is marked.

use serde::Serialize;
use serde_json::Value;
use sync_runtime::{
    schema::{Field, FieldKind, Model, Type},
    semantics::values::default_of,
};

use super::{
    dialect::{Dialect, comment, name},
    json::{Step, sqlite_path},
    kind::{ColumnSql as _, Kind},
};

/// A column of a table that is there already: its name, how it is declared when it is added, and what rows that are
/// there hold in it then.
#[derive(Debug, Serialize)]
pub(crate) struct StoredColumn {
    pub(crate) name: String,
    pub(crate) ty: &'static str,
    pub(crate) fill: Option<String>,
}

/// How a client that speaks JSON reads and writes a column.
#[derive(Debug)]
pub(crate) struct ColumnAccess {
    /// On the wire.
    pub(crate) key: String,
    /// Quoted.
    pub(crate) name: String,
    /// The column as JSON.
    pub(crate) json: String,
    /// The value from the object `?2`, and whether that has it.
    pub(crate) value: String,
    pub(crate) given: String,
    /// Whether a change may hold it.
    pub(crate) writable: bool,
    /// Whether it may be null.
    pub(crate) nullable: bool,
}

/// The columns of a model in SQLite, the id first.
pub(crate) fn access(model: &Model) -> Vec<ColumnAccess> {
    let dialect = Dialect::Sqlite;
    let is_id = |field: &&Field| field.kind == FieldKind::Id;
    let others = model.shared_fields().filter(|field| !is_id(field));
    let fields = model.shared_fields().filter(is_id).chain(others);
    fields
        .map(|field| {
            let kind = Kind::of(field);
            let quoted = name(&field.name);
            let path = sqlite_path(&[Step::Key(field.name.to_string())]);
            ColumnAccess {
                key: field.name.to_string(),
                json: kind.json(dialect, &quoted),
                value: kind.in_object(dialect, "?2", &path),
                given: format!("json_type(?2, {path}) IS NOT NULL"),
                writable: field.is_writable(),
                nullable: field.ty.is_nullable(),
                name: quoted,
            }
        })
        .collect()
}

/// What the template of a model is given.
#[derive(Debug, Serialize)]
pub(super) struct Rows {
    doc: String,
    /// The name of its file.
    pub(super) file: String,
    /// The entity, as a literal.
    entity: String,
    /// Quoted names.
    view: String,
    synced: String,
    local: String,
    /// Of the triggers: PostgreSQL has one function for all, SQLite one trigger for each.
    write: String,
    insert: String,
    update: String,
    delete: String,
    id: Column,
    /// The shared fields but the id, in the order of the declaration.
    fields: Vec<Column>,
}

/// A column.
#[derive(Debug, Serialize)]
struct Column {
    doc: String,
    /// Its name, quoted.
    name: String,
    /// Its key in a change: a literal, and how JSON is asked for it.
    key: String,
    path: String,
    ty: &'static str,
    /// `writable`, or who fills it: `created_at`, `updated_at`, `server`, `id`.
    filled: &'static str,
    /// Whether an insert must give it.
    required: bool,
    /// What an insert that leaves it out shows until the server has said so, as a constant; `NULL`: nothing.
    default: String,
    /// `NEW`'s value as JSON.
    new: String,
    /// Whether `NEW`'s value is another than `OLD`'s.
    differs: String,
    /// The value in the object `patch`.
    patched: String,
    /// SQLite: the value in the object `patch` of the object `value`.
    overlaid: String,
    /// Whether it may be null.
    nullable: bool,
    /// A new id, where the database draws one; else `NULL`.
    drawn: String,
    /// From text to an id that is a number.
    cast: &'static str,
    /// What is said when it is null, when it is there already, and when it changes, as literals.
    null_message: String,
    taken_message: String,
    fixed_message: String,
}

/// The tables, view and triggers of a rows model; `None`: it has no id.
pub(super) fn rows(model: &Model, dialect: Dialect) -> Option<Rows> {
    let is_id = |field: &&Field| field.kind == FieldKind::Id;
    let named = |suffix: &str| name(&format!("{}{suffix}", model.entity));
    // The derive refuses a model without one.
    let id = model.id_field()?;
    Some(Rows {
        doc: comment(&model.doc, 0),
        file: model.entity.to_string(),
        entity: dialect.text(&model.entity),
        view: named(""),
        synced: name(&synced(model)),
        local: named("_local"),
        write: named("_write"),
        insert: named("_insert"),
        update: named("_update"),
        delete: named("_delete"),
        id: Column::of(model, id, dialect),
        fields: model
            .shared_fields()
            .filter(|field| !is_id(field))
            .map(|field| Column::of(model, field, dialect))
            .collect(),
    })
}

/// The name of the table that holds what the server has said.
pub(super) fn synced(model: &Model) -> String {
    format!("{}_synced", model.entity)
}

/// The columns of that table that it may gain: those of the declaration, with their types, in its order, and where in the
/// log a row stands.
pub(super) fn columns(
    model: &Model,
    dialect: Dialect,
) -> impl Iterator<Item = (&str, &'static str)> {
    let seq = dialect.pick("bigint NOT NULL DEFAULT 0", "INTEGER NOT NULL DEFAULT 0");
    model
        .shared_fields()
        .map(move |field| (&*field.name, Kind::of(field).column(dialect)))
        .chain([("_seq", seq)])
}

/// All columns of that table.
pub(super) fn stored(model: &Model, dialect: Dialect) -> Vec<StoredColumn> {
    let field_tx = dialect.pick("jsonb NOT NULL DEFAULT '{}'", "TEXT NOT NULL DEFAULT '{}'");
    let all = columns(model, dialect).chain([("field_tx", field_tx)]);
    all.map(|(name, ty)| StoredColumn {
        name: name.to_owned(),
        ty,
        fill: fill(model, name, dialect),
    })
    .collect()
}

/// What rows that are there already hold in a column that is declared later, as the server fills it; `None`: nothing.
pub(super) fn fill(model: &Model, column: &str, dialect: Dialect) -> Option<String> {
    let field = model.field(column)?;
    let default = default_of(field).filter(|value| !value.is_null())?;
    Some(Kind::of(field).constant(dialect, &default))
}

impl Column {
    fn of(model: &Model, field: &Field, dialect: Dialect) -> Self {
        let kind = Kind::of(field);
        let quoted = name(&field.name);
        let path = match dialect {
            Dialect::Postgres => dialect.text(&field.name),
            Dialect::Sqlite => sqlite_path(&[Step::Key(field.name.to_string())]),
        };
        let default = default_of(field).unwrap_or(Value::Null);
        let (new, old) = (format!("NEW.{quoted}"), format!("OLD.{quoted}"));
        let differs = match (dialect, kind) {
            (Dialect::Postgres, _) => format!("{new} IS DISTINCT FROM {old}"),
            (Dialect::Sqlite, Kind::Json) => format!("json({new}) IS NOT json({old})"),
            (Dialect::Sqlite, _) => format!("{new} IS NOT {old}"),
        };
        let said = |what: &str| {
            dialect.text(&what.replace("{}", &format!("{}.{}", model.entity, field.name)))
        };
        Self {
            doc: comment(&field.doc, 4),
            nullable: field.ty.is_nullable(),
            cast: match (dialect, kind) {
                (Dialect::Postgres, Kind::Int) => "::bigint",
                _ => "",
            },
            null_message: said("NOT NULL constraint failed: {}"),
            taken_message: said("UNIQUE constraint failed: {}"),
            fixed_message: said("{} is not for applications to change"),
            key: dialect.text(&field.name),
            ty: kind.column(dialect),
            filled: filled(field),
            required: field.is_writable() && !field.ty.is_nullable() && !field.has_default(),
            default: kind.constant(dialect, &default),
            new: kind.json(dialect, &new),
            differs,
            patched: kind.in_object(dialect, "change.patch", &path),
            overlaid: kind.in_object(dialect, "(change.value -> '$.patch')", &path),
            drawn: match field.ty.non_null() {
                Type::Uuid => dialect.pick("gen_random_uuid()::text", UUID).to_owned(),
                _ => "NULL".to_owned(),
            },
            path,
            name: quoted,
        }
    }
}

fn filled(field: &Field) -> &'static str {
    match &field.kind {
        FieldKind::Id => "id",
        FieldKind::CreatedAt => "created_at",
        FieldKind::UpdatedAt => "updated_at",
        FieldKind::EventTime | FieldKind::Machine(_) => "server",
        FieldKind::Plain => "writable",
    }
}

/// SQLite: a random UUID, version 4.
const UUID: &str = "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' \
                    || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))";
