//! What a column holds.

use crate::schema::{Field, Type};

/// What the column of a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Bool,
    /// An integer of at most 64 bits that is a number on the wire.
    Int,
    /// An integer that is text on the wire.
    Wide,
    /// A float.
    Float,
    /// A decimal, text on the wire.
    Decimal,
    /// Text, sorted by code point: strings, ids, times, names of members.
    Text,
    /// What holds more than one value, as JSON.
    Json,
}

impl Kind {
    /// Of a field.
    pub fn of(field: &Field) -> Self {
        match field.ty.non_null() {
            Type::Bool => Kind::Bool,
            Type::Int(int) if field.big && int.is_wide() => Kind::Wide,
            Type::Int(_) => Kind::Int,
            Type::Float32 | Type::Float64 => Kind::Float,
            Type::Decimal => Kind::Decimal,
            Type::String
            | Type::Char
            | Type::Uuid
            | Type::DateTime
            | Type::LocalDateTime
            | Type::Date
            | Type::Time
            | Type::Enum(_) => Kind::Text,
            Type::Json
            | Type::Option(_)
            | Type::List(_)
            | Type::Set(_)
            | Type::Map { .. }
            | Type::Array { .. }
            | Type::Tuple(_)
            | Type::Struct(_)
            | Type::Union(_) => Kind::Json,
        }
    }
}
