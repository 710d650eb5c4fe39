//! The typed columns of a view, as the tables of the backend have them.

use serde::Serialize;
use sync_runtime::schema::{Field, Model, Type};

use super::in_state;
use crate::sql::dialect::{Dialect, comment, name};

/// A column of the view.
#[derive(Debug, Serialize)]
pub(super) struct ColumnView {
    doc: String,
    name: String,
    value: String,
}

/// A column for each field.
pub(super) fn of(model: &Model, dialect: Dialect) -> Vec<ColumnView> {
    model
        .shared_fields()
        .map(|field| ColumnView {
            doc: comment(&field.doc, 2),
            name: name(&field.name),
            value: value(field, dialect),
        })
        .collect()
}

/// What holds a single value as SQL has it, all else as JSON.
fn value(field: &Field, dialect: Dialect) -> String {
    let at = in_state(field);
    let scalar = dialect.scalar(&at);
    let cast = |ty: &str| match dialect {
        Dialect::Postgres => format!("({scalar})::{ty}"),
        Dialect::Sqlite => scalar.clone(),
    };
    match field.ty.non_null() {
        Type::Bool => cast("boolean"),
        Type::Int(int) if field.big && int.is_wide() => cast("numeric"),
        Type::Int(_) => cast("bigint"),
        Type::Float32 | Type::Float64 => cast("double precision"),
        Type::Decimal => cast("numeric"),
        Type::String
        | Type::Char
        | Type::Uuid
        | Type::DateTime
        | Type::LocalDateTime
        | Type::Date
        | Type::Time
        | Type::Enum(_) => match dialect {
            Dialect::Postgres => format!("({scalar}) COLLATE \"C\""),
            Dialect::Sqlite => scalar,
        },
        Type::Json
        | Type::Option(_)
        | Type::List(_)
        | Type::Set(_)
        | Type::Map { .. }
        | Type::Array { .. }
        | Type::Tuple(_)
        | Type::Struct(_)
        | Type::Union(_) => dialect.raw(&at),
    }
}
