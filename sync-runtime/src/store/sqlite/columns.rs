//! Expressions of columns.

use crate::schema::{Field, IntType, Type};

pub(super) use crate::sql::quoted;

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
