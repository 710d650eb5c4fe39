//! Between serde's form of a Rust value and the wire's.
//!
//! They differ in three things: an integer marked `big` is a string on the wire, the crate `time` writes its types as
//! lists of numbers, and the wire has one normal form.

pub(crate) mod wide;

use serde_json::{Map, Value};

use super::{
    Invalid,
    values::{self, Form},
};
use crate::schema::{Field, Tagging, Type, UnionBody, UnionVariant};

/// What serde made of a Rust value, in the wire's normal form.
///
/// # Errors
///
/// A value that no target can hold: an integer beyond ±(2^53-1) that is not `big`, a string with U+0000.
pub fn to_wire(ty: &Type, big: bool, value: Value) -> Result<Value, Invalid> {
    values::normal(ty, big, Form::State, widen(ty, big, value))
}

/// A literal of a declaration, which writes integers as numbers whether they are `big` or not, in the wire's normal form.
///
/// # Errors
///
/// A literal that is no value of the type; the derive accepts none.
pub fn from_literal(ty: &Type, big: bool, json: &str) -> Result<Value, Invalid> {
    let value = wide::parse(json).map_err(|error| Invalid::here(error.to_string()))?;
    to_wire(ty, big, value)
}

/// A value of the wire as serde reads it.
pub fn from_wire(ty: &Type, big: bool, value: Value) -> Value {
    walk(ty, big, value, &|ty, value| match ty {
        Type::Int(_) => narrow_int(value),
        _ => narrow_time(ty, value),
    })
}

/// The same as [`to_wire`] without the check.
fn widen(ty: &Type, big: bool, value: Value) -> Value {
    walk(ty, big, value, &|ty, value| match (ty, value) {
        (Type::Int(_), Value::Number(number)) => Value::String(number.to_string()),
        (_, value) => widen_time(ty, value),
    })
}

fn narrow_int(value: Value) -> Value {
    match value {
        Value::String(text) => match (text.parse::<i64>(), text.parse::<u64>()) {
            (Ok(number), _) => Value::from(number),
            (_, Ok(number)) => Value::from(number),
            _ => Value::String(wide::mark(&text)),
        },
        other => other,
    }
}

#[cfg(feature = "time")]
use crate::schema::time_crate::{from_text as narrow_time, to_text as widen_time};

#[cfg(not(feature = "time"))]
fn narrow_time(_: &Type, value: Value) -> Value {
    value
}

#[cfg(not(feature = "time"))]
fn widen_time(_: &Type, value: Value) -> Value {
    value
}

/// What a leaf of one type becomes.
type Change<'a> = &'a dyn Fn(&Type, Value) -> Value;

/// Applies `change` to each wide integer that is `big`, and to each time.
fn walk(ty: &Type, big: bool, value: Value, change: Change<'_>) -> Value {
    match (ty, value) {
        (Type::Int(int), value) if big && int.is_wide() => change(ty, value),
        (Type::DateTime | Type::LocalDateTime | Type::Date | Type::Time, value) => {
            change(ty, value)
        }
        (Type::Option(inner), value) if !value.is_null() => walk(inner, big, value, change),
        (Type::List(item) | Type::Set(item) | Type::Array { item, .. }, Value::Array(items)) => {
            items
                .into_iter()
                .map(|value| walk(item, big, value, change))
                .collect()
        }
        (Type::Tuple(types), Value::Array(items)) => types
            .iter()
            .zip(items)
            .map(|(ty, value)| walk(ty, big, value, change))
            .collect(),
        (Type::Map { value: inner, .. }, Value::Object(object)) => object
            .into_iter()
            .map(|(key, value)| (key, walk(inner, big, value, change)))
            .collect::<Map<_, _>>()
            .into(),
        (Type::Struct(shape), Value::Object(object)) => {
            Value::Object(walk_fields(&shape.fields, object, change))
        }
        (Type::Union(shape), Value::Object(object)) => {
            walk_union(&shape.tagging, &shape.variants, big, object, change)
        }
        (_, value) => value,
    }
}

fn walk_fields(
    fields: &[Field],
    object: Map<String, Value>,
    change: Change<'_>,
) -> Map<String, Value> {
    object
        .into_iter()
        .map(|(name, value)| {
            let value = match fields.iter().find(|field| field.name == name) {
                Some(field) => walk(&field.ty, field.big, value, change),
                None => value,
            };
            (name, value)
        })
        .collect()
}

fn walk_union(
    tagging: &Tagging,
    variants: &[UnionVariant],
    big: bool,
    mut object: Map<String, Value>,
    change: Change<'_>,
) -> Value {
    let body = |name: &str| variants.iter().find(|v| v.name == name).map(|v| &v.body);
    let inside = |body: Option<&UnionBody>, value: Value| match (body, value) {
        (Some(UnionBody::Newtype(ty)), value) => walk(ty, big, value, change),
        (Some(UnionBody::Struct(fields)), Value::Object(object)) => {
            Value::Object(walk_fields(fields, object, change))
        }
        (_, value) => value,
    };
    match tagging {
        Tagging::External => object
            .into_iter()
            .map(|(name, value)| {
                let value = inside(body(&name), value);
                (name, value)
            })
            .collect::<Map<_, _>>()
            .into(),
        Tagging::Internal { tag } => {
            let known = object.get(&**tag).and_then(Value::as_str).and_then(body);
            inside(known, Value::Object(object))
        }
        Tagging::Adjacent { tag, content } => {
            let known = object.get(&**tag).and_then(Value::as_str).and_then(body);
            if let Some(value) = object.remove(&**content) {
                object.insert(content.clone().into_owned(), inside(known, value));
            }
            Value::Object(object)
        }
    }
}
