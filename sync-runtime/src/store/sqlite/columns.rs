//! The audited builder of names and expressions: all SQL that depends on a declaration is made here.
//!
//! Shared fields are generated from the one JSON state, so that a column can never disagree with it. Excluded fields
//! are plain columns, which only the application's Rust code reads and writes; the fold never touches them.

use crate::schema::{Field, IntType, Type, Visibility};

/// An identifier.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A string literal.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The column of a field, as `ALTER TABLE … ADD COLUMN` takes it.
pub(super) fn definition(field: &Field) -> String {
    let name = quoted(&field.name);
    let ty = affinity(field);
    if field.visibility == Visibility::Excluded {
        return format!("{name} {ty}");
    }
    let path = literal(&format!("$.\"{}\"", field.name.replace('"', "\\\"")));
    format!("{name} {ty} GENERATED ALWAYS AS (json_extract(_state, {path})) VIRTUAL")
}

/// An expression as the field is sorted: decimals and wide integers are text on the wire and numbers to a person.
pub(super) fn sorted_as(field: &Field, expression: &str) -> String {
    match field.ty.non_null() {
        Type::Decimal => format!("CAST({expression} AS REAL)"),
        // What 64 bits do not hold is sorted as near as a double tells.
        Type::Int(IntType::I128 | IntType::U128) if field.big => {
            format!("CAST({expression} AS REAL)")
        }
        Type::Int(int) if field.big && int.is_wide() => format!("CAST({expression} AS INTEGER)"),
        _ => expression.to_owned(),
    }
}

fn affinity(field: &Field) -> &'static str {
    match field.ty.non_null() {
        Type::Bool => "INTEGER",
        Type::Int(int) if field.big && int.is_wide() => "TEXT",
        Type::Int(_) => "INTEGER",
        Type::Float32 | Type::Float64 => "REAL",
        Type::String
        | Type::Char
        | Type::Uuid
        | Type::DateTime
        | Type::LocalDateTime
        | Type::Date
        | Type::Time
        | Type::Decimal
        | Type::Json
        | Type::Option(_)
        | Type::List(_)
        | Type::Set(_)
        | Type::Map { .. }
        | Type::Array { .. }
        | Type::Tuple(_)
        | Type::Struct(_)
        | Type::Enum(_)
        | Type::Union(_) => "TEXT",
    }
}
