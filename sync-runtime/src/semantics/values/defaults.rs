//! What a field is when a payload leaves it out, and a value as the state holds it.

use serde_json::{Map, Value};

use super::{int_value, unions::complete_union};
use crate::{
    schema::{Default, Field, FieldKind, Type, Whole},
    semantics::wire,
};

/// The value that a field has when a payload leaves it out; `None` where it must be given.
pub fn default_of(field: &Field) -> Option<Value> {
    match &field.default {
        Some(Default::Literal(json)) => wire::from_literal(&field.ty, field.big, json).ok(),
        Some(Default::OfType) => type_default(&field.ty, field.big),
        None => matches!(&*field.ty, Type::Option(_)).then_some(Value::Null),
    }
}

/// What a type starts as, known without running code; `None` where nothing is.
pub fn type_default(ty: &Type, big: bool) -> Option<Value> {
    Some(match ty {
        Type::Bool => Value::Bool(false),
        Type::Int(int) => int_value(Whole::new(0), big && int.is_wide()),
        Type::Float32 | Type::Float64 => Value::from(0.0),
        Type::String => Value::String(String::new()),
        Type::Decimal => Value::String("0".to_owned()),
        Type::Json | Type::Option(_) => Value::Null,
        Type::List(_) | Type::Set(_) => Value::Array(Vec::new()),
        Type::Map { .. } => Value::Object(Map::new()),
        Type::Array { item, len } => Value::Array(vec![type_default(item, big)?; *len as usize]),
        Type::Tuple(items) => Value::Array(
            items
                .iter()
                .map(|item| type_default(item, big))
                .collect::<Option<_>>()?,
        ),
        Type::Struct(shape) => Value::Object(
            shape
                .fields
                .iter()
                .map(|field| Some((field.name.clone().into_owned(), default_of(field)?)))
                .collect::<Option<_>>()?,
        ),
        Type::Enum(shape) => Value::String(shape.default.clone()?.into_owned()),
        Type::Char
        | Type::Uuid
        | Type::DateTime
        | Type::LocalDateTime
        | Type::Date
        | Type::Time
        | Type::Union(_) => return None,
    })
}

/// A value of a payload as the state holds it: defaults filled in, and `event_time` fields with the event's time.
pub fn complete(ty: &Type, big: bool, value: Value, time: &str) -> Value {
    match (ty, value) {
        (Type::Option(inner), value) if !value.is_null() => complete(inner, big, value, time),
        (Type::List(item) | Type::Array { item, .. }, Value::Array(items)) => Value::Array(
            items
                .into_iter()
                .map(|value| complete(item, big, value, time))
                .collect(),
        ),
        (Type::Tuple(types), Value::Array(items)) => Value::Array(
            types
                .iter()
                .zip(items)
                .map(|(ty, value)| complete(ty, big, value, time))
                .collect(),
        ),
        (Type::Map { value: inner, .. }, Value::Object(object)) => Value::Object(
            object
                .into_iter()
                .map(|(key, value)| (key, complete(inner, big, value, time)))
                .collect(),
        ),
        (Type::Struct(shape), Value::Object(object)) => {
            Value::Object(complete_fields(&shape.fields, object, time))
        }
        (Type::Union(shape), value) => complete_union(shape, big, value, time),
        (_, value) => value,
    }
}

/// The fields of a struct as the state holds them.
pub fn complete_fields(
    fields: &[Field],
    mut object: Map<String, Value>,
    time: &str,
) -> Map<String, Value> {
    fields
        .iter()
        .filter_map(|field| {
            let value = match &field.kind {
                FieldKind::EventTime => Value::String(time.to_owned()),
                _ => match object.remove(&*field.name) {
                    Some(value) => complete(&field.ty, field.big, value, time),
                    None => default_of(field).unwrap_or(Value::Null),
                },
            };
            // `skip_serializing_if = "Option::is_none"`: null has no key.
            (!(field.optional && value.is_null())).then(|| (field.name.clone().into_owned(), value))
        })
        .collect()
}
