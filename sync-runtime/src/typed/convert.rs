//! Payloads between serde's form and the wire's.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::PayloadError;
use crate::{
    schema::{
        Effect, ElementKind, Field, FieldKind, IntType, Key, KeyShape, Model, PayloadShape,
        Tagging, Type, UnionBody, UnionType,
    },
    semantics::{
        Invalid,
        values::complete,
        wire::{self, wide},
    },
};

/// The payload of a typed event as it travels.
///
/// # Errors
///
/// A value that has no form on the wire.
pub fn encode<P: Serialize>(
    model: &Model,
    event: &str,
    payload: &P,
) -> Result<Value, PayloadError> {
    let declared = model
        .event(event)
        .ok_or_else(|| PayloadError::unknown(event))?;
    let value = wide::to_value(payload).map_err(|error| PayloadError::new(event, error))?;
    let shape = PayloadShape::of(model, declared);
    let written = match &shape {
        PayloadShape::Keys(keys) => keys_to_wire(keys, into_object(value)),
        PayloadShape::Struct(shape) => fields_to_wire(shape.fields.iter(), into_object(value)),
    };
    written
        .map(Value::Object)
        .map_err(|invalid| PayloadError::new(event, invalid))
}

/// The typed payload of an event that travelled. What its type fills in (defaults, the event's time) is filled in.
///
/// # Errors
///
/// A payload that does not fit.
pub fn decode<P: DeserializeOwned>(
    model: &Model,
    event: &str,
    payload: &Value,
    time: DateTime<Utc>,
) -> Result<P, PayloadError> {
    let declared = model
        .event(event)
        .ok_or_else(|| PayloadError::unknown(event))?;
    let time = time.to_rfc3339_opts(SecondsFormat::Millis, true);
    let value = match (&declared.effect, PayloadShape::of(model, declared)) {
        (Effect::Custom { payload: ty }, _) => {
            wire::from_wire(ty, false, complete(ty, false, payload.clone(), &time))
        }
        (_, shape) => {
            let given = shape.keys().iter().filter_map(|key| {
                let value = payload.get(&*key.name)?.clone();
                Some((key.name.to_string(), key_from_wire(key, value, &time)))
            });
            Value::Object(given.collect())
        }
    };
    wide::from_value(&value).map_err(|error| PayloadError::new(event, error))
}

/// A removal has one key, whose name only the schema knows for sure.
fn sole(keys: &[Key<'_>], from: &mut Map<String, Value>) -> Option<Value> {
    let only = keys.len() == 1 && keys[0].required && from.len() == 1;
    only.then(|| std::mem::take(from).into_iter().next())?
        .map(|(_, value)| value)
}

fn into_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn keys_to_wire(
    keys: &[Key<'_>],
    mut from: Map<String, Value>,
) -> Result<Map<String, Value>, Invalid> {
    let mut into = Map::new();
    for key in keys {
        let given = from.remove(&*key.name).or_else(|| sole(keys, &mut from));
        if let Some(value) = given {
            let value = key_to_wire(key, value).map_err(|invalid| invalid.under(&key.name))?;
            into.insert(key.name.to_string(), value);
        }
    }
    Ok(into)
}

fn key_to_wire(key: &Key<'_>, value: Value) -> Result<Value, Invalid> {
    match &key.shape {
        KeyShape::Field(field) | KeyShape::ElementId(field) | KeyShape::State(field) => {
            whole_to_wire(&field.ty, field.big, value)
        }
        KeyShape::Amount => wire::to_wire(&Type::Int(IntType::I64), false, value),
        KeyShape::Element(part) => match (part.kind, part.item) {
            (ElementKind::Partial, Type::Struct(shape)) => {
                fields_to_wire(shape.patch_fields(), into_object(value)).map(Value::Object)
            }
            _ => whole_to_wire(part.item, part.list.big, value),
        },
    }
}

fn whole_to_wire(ty: &Type, big: bool, value: Value) -> Result<Value, Invalid> {
    wire::to_wire(ty, big, value).map(|value| strip(ty, value))
}

fn fields_to_wire<'a>(
    fields: impl Iterator<Item = &'a Field>,
    mut from: Map<String, Value>,
) -> Result<Map<String, Value>, Invalid> {
    let mut into = Map::new();
    for field in fields.filter(|field| !matches!(field.kind, FieldKind::EventTime)) {
        if let Some(value) = from.remove(&*field.name) {
            let value = whole_to_wire(&field.ty, field.big, value)
                .map_err(|invalid| invalid.under(&field.name))?;
            into.insert(field.name.to_string(), value);
        }
    }
    Ok(into)
}

/// Without the fields that the event's time fills: no payload holds them.
fn strip(ty: &Type, mut value: Value) -> Value {
    match (ty.non_null(), &mut value) {
        (Type::Struct(shape), Value::Object(object)) => strip_fields(&shape.fields, object),
        (Type::Union(shape), Value::Object(object)) => strip_union(shape, object),
        (Type::List(item) | Type::Array { item, .. }, Value::Array(values)) => {
            values
                .iter_mut()
                .for_each(|value| *value = strip(item, value.take()));
        }
        (Type::Map { value: ty, .. }, Value::Object(object)) => {
            object
                .values_mut()
                .for_each(|value| *value = strip(ty, value.take()));
        }
        (Type::Tuple(types), Value::Array(values)) => {
            for (ty, value) in types.iter().zip(values) {
                *value = strip(ty, value.take());
            }
        }
        _ => {}
    }
    value
}

fn strip_fields(fields: &[Field], object: &mut Map<String, Value>) {
    for field in fields {
        if matches!(field.kind, FieldKind::EventTime) {
            object.remove(&*field.name);
        } else if let Some(inner) = object.get_mut(&*field.name) {
            *inner = strip(&field.ty, inner.take());
        }
    }
}

fn strip_union(shape: &UnionType, object: &mut Map<String, Value>) {
    let name = match &shape.tagging {
        Tagging::External => object.keys().next().cloned(),
        Tagging::Internal { tag } | Tagging::Adjacent { tag, .. } => object
            .get(&**tag)
            .and_then(Value::as_str)
            .map(str::to_owned),
    };
    let Some(variant) = shape
        .variants
        .iter()
        .find(|variant| Some(&*variant.name) == name.as_deref())
    else {
        return;
    };
    let inner = match &shape.tagging {
        Tagging::External => object.get_mut(&*variant.name),
        Tagging::Adjacent { content, .. } => object.get_mut(&**content),
        Tagging::Internal { .. } => {
            return match &variant.body {
                UnionBody::Struct(fields) => strip_fields(fields, object),
                UnionBody::Newtype(ty) => {
                    if let Type::Struct(shape) = ty.non_null() {
                        strip_fields(&shape.fields, object);
                    }
                }
                UnionBody::Unit => {}
            };
        }
    };
    match (&variant.body, inner) {
        (UnionBody::Struct(fields), Some(Value::Object(inner))) => strip_fields(fields, inner),
        (UnionBody::Newtype(ty), Some(inner)) => *inner = strip(ty, inner.take()),
        _ => {}
    }
}

/// A value that travelled, completed and in serde's form.
fn key_from_wire(key: &Key<'_>, value: Value, time: &str) -> Value {
    let whole = |ty: &Type, big: bool, value: Value| {
        wire::from_wire(ty, big, complete(ty, big, value, time))
    };
    match &key.shape {
        KeyShape::Field(field) | KeyShape::ElementId(field) | KeyShape::State(field) => {
            whole(&field.ty, field.big, value)
        }
        KeyShape::Amount => value,
        KeyShape::Element(part) => match (part.kind, part.item) {
            (ElementKind::Partial, Type::Struct(shape)) => {
                let mut given = into_object(value);
                let fields = shape.patch_fields().filter_map(|field| {
                    let value = given.remove(&*field.name)?;
                    Some((field.name.to_string(), whole(&field.ty, field.big, value)))
                });
                Value::Object(fields.collect())
            }
            _ => whole(part.item, part.list.big, value),
        },
    }
}
