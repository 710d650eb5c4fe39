//! The columns of a model: all SQL that depends on a declaration is made from here.
//!
//! A table has a typed column for each field with a single value, written with the JSON state by the same statement, so
//! that SQL can read, join and index it. What holds more than one value stands in `_state` alone: a second copy would
//! double each write. Excluded fields are plain columns, which only the application's Rust code reads and writes.

use serde_json::{Map, Value};
use sqlx::{Postgres, QueryBuilder, postgres::PgArguments, query::Query};

pub(super) use crate::sql::{literal, quoted};
use crate::{
    schema::{Field, Model, Type},
    semantics::values,
};

/// The type of a field's column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Bool,
    Int,
    Float,
    /// Text on the wire, a number to a person.
    Numeric,
    Text,
}

/// The values of one column, for many entities.
pub(super) enum Values {
    Bool(Vec<Option<bool>>),
    Int(Vec<Option<i64>>),
    Float(Vec<Option<f64>>),
    Text(Vec<Option<String>>),
}

impl Column {
    /// That of a field; `None` where it holds more than one value.
    pub(super) fn of(field: &Field) -> Option<Self> {
        Some(match field.ty.non_null() {
            Type::Bool => Self::Bool,
            Type::Int(int) if field.big && int.is_wide() => Self::Numeric,
            Type::Int(_) => Self::Int,
            Type::Float32 | Type::Float64 => Self::Float,
            Type::Decimal => Self::Numeric,
            Type::String
            | Type::Char
            | Type::Uuid
            | Type::DateTime
            | Type::LocalDateTime
            | Type::Date
            | Type::Time
            | Type::Enum(_) => Self::Text,
            Type::Json
            | Type::Option(_)
            | Type::List(_)
            | Type::Set(_)
            | Type::Map { .. }
            | Type::Array { .. }
            | Type::Tuple(_)
            | Type::Struct(_)
            | Type::Union(_) => return None,
        })
    }

    /// The type of an array that brings its values.
    pub(super) fn array(self) -> &'static str {
        match self {
            Self::Bool => "bool[]",
            Self::Int => "int8[]",
            Self::Float => "float8[]",
            Self::Numeric | Self::Text => "text[]",
        }
    }

    /// The column's value from a value of such an array.
    pub(super) fn cast(self, name: &str) -> String {
        match self {
            Self::Numeric => format!("{name}::numeric"),
            _ => name.to_owned(),
        }
    }

    /// The values of a field in some states.
    pub(super) fn values<'a>(
        self,
        field: &Field,
        states: impl Iterator<Item = Option<&'a Map<String, Value>>>,
    ) -> Values {
        let found = states.map(|state| state?.get(&*field.name));
        match self {
            Self::Bool => Values::Bool(found.map(|value| value?.as_bool()).collect()),
            Self::Int => Values::Int(found.map(|value| int(value?)).collect()),
            Self::Float => Values::Float(found.map(|value| value?.as_f64()).collect()),
            Self::Numeric => Values::Text(found.map(|value| numeric(value?)).collect()),
            Self::Text => Values::Text(found.map(|value| text(value?)).collect()),
        }
    }

    /// Adds a value that the column is compared with. One of another type, which only a made-up page token holds, is
    /// null.
    pub(super) fn push(self, sql: &mut QueryBuilder<Postgres>, value: &Value) {
        match self {
            Self::Bool => sql.push_bind(value.as_bool()),
            Self::Int => sql.push_bind(int(value)),
            Self::Float => sql.push_bind(value.as_f64()),
            Self::Numeric => sql.push_bind(numeric(value)).push("::numeric"),
            Self::Text => sql.push_bind(text(value)),
        };
    }
}

impl Values {
    /// Binds them as an array.
    pub(super) fn bind(
        self,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Query<'_, Postgres, PgArguments> {
        match self {
            Self::Bool(values) => query.bind(values),
            Self::Int(values) => query.bind(values),
            Self::Float(values) => query.bind(values),
            Self::Text(values) => query.bind(values),
        }
    }
}

/// The shared fields of a model that have a column.
pub(super) fn shared(model: &Model) -> Vec<(&Field, Column)> {
    model
        .shared_fields()
        .filter_map(|field| Some((field, Column::of(field)?)))
        .collect()
}

fn int(value: &Value) -> Option<i64> {
    values::int_of(value)?.to_i64()
}

/// Text that PostgreSQL reads as a number.
fn numeric(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |digits: &str| {
        (1..=100).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    (all(whole) && all(part)).then(|| text.to_owned())
}

fn text(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.contains('\0'))
        .map(str::to_owned)
}
