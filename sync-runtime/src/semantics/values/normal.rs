//! The normal form of a value, by its type.

use serde_json::{Map, Value};

use super::{
    default_of,
    numbers::{normal_decimal, normal_float, normal_int, normal_json_number},
    rules::check_rules,
    sets::{keyed, sorted_set},
    unions::normal_union,
};
use crate::{
    schema::{EnumType, Field, StructType, Type, Whole},
    semantics::{Invalid, time},
};

/// Who wrote a value, which decides what keys its structs have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A payload: no `event_time` fields; what has a default may be missing and stays missing.
    Input,
    /// A state: every field is there, or gets its default.
    State,
}

/// Which keys an object may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Those whose field has a default.
    WithDefaultMay,
    /// All.
    AllMay,
}

/// Checks a value of a field, its rules among it, and gives its normal form.
///
/// # Errors
///
/// Where and why the value is refused.
pub fn normal_field(field: &Field, form: Form, value: Value) -> Result<Value, Invalid> {
    let value = normal(&field.ty, field.big, form, value)?;
    check_rules(&field.rules, &value)?;
    Ok(value)
}

/// Checks a value of a type and gives its normal form.
///
/// # Errors
///
/// Where and why the value is refused.
pub fn normal(ty: &Type, big: bool, form: Form, value: Value) -> Result<Value, Invalid> {
    match ty {
        Type::Bool => match value {
            Value::Bool(_) => Ok(value),
            other => Err(expected("true or false", &other)),
        },
        Type::Int(int) => normal_int(*int, big, value),
        Type::Float32 => normal_float(value, |number| f64::from(number as f32)),
        Type::Float64 => normal_float(value, |number| number),
        Type::String => normal_text("a string", value, |text| Ok(text.to_owned())),
        Type::Char => normal_text("a string of one character", value, |text| {
            match text.chars().count() {
                1 => Ok(text.to_owned()),
                _ => Err(Invalid::here("expected a string of one character")),
            }
        }),
        Type::Uuid => normal_text("a UUID", value, normal_uuid),
        Type::DateTime => normal_text("a time", value, time::normal_date_time),
        Type::LocalDateTime => normal_text("a local time", value, time::normal_local_date_time),
        Type::Date => normal_text("a date", value, time::normal_date),
        Type::Time => normal_text("a time of day", value, time::normal_time),
        Type::Decimal => normal_text("a decimal number as a string", value, normal_decimal),
        Type::Json => normal_json(value),
        Type::Option(_) if value.is_null() => Ok(value),
        Type::Option(inner) => normal(inner, big, form, value),
        Type::List(item) => normal_items(value, |item_value| normal(item, big, form, item_value))
            .map(|items| match ty.keyed_element() {
                Some(element) => Value::Array(keyed(element, items)),
                None => Value::Array(items),
            }),
        Type::Set(item) => {
            let items = normal_items(value, |item_value| normal(item, big, form, item_value))?;
            Ok(Value::Array(sorted_set(item, items)))
        }
        Type::Array { item, len } => {
            let items = normal_items(value, |item_value| normal(item, big, form, item_value))?;
            if items.len() == *len as usize {
                Ok(Value::Array(items))
            } else {
                Err(Invalid::here(format!("expected {len} elements")))
            }
        }
        Type::Tuple(types) => normal_tuple(types, big, form, value),
        Type::Map { key, value: inner } => normal_map(key, inner, big, form, value),
        Type::Struct(shape) => normal_struct(shape, form, value).map(Value::Object),
        Type::Enum(shape) => normal_enum(shape, value),
        Type::Union(shape) => normal_union(shape, big, form, value),
    }
}

/// Checks the keys of an object against fields and gives its normal form.
///
/// # Errors
///
/// An unknown key, a missing one without default, or a refused value.
pub fn normal_fields<'a>(
    fields: impl Iterator<Item = &'a Field>,
    form: Form,
    mut object: Map<String, Value>,
    missing: Missing,
) -> Result<Map<String, Value>, Invalid> {
    let mut out = Map::new();
    for field in fields {
        let sent = std::iter::once(&field.name)
            .chain(field.aliases.iter())
            .find_map(|name| object.remove(&**name).map(|value| (name, value)));
        match (sent, missing) {
            (Some((name, value)), _) => {
                let value =
                    normal_field(field, form, value).map_err(|invalid| invalid.under(name))?;
                out.insert(field.name.clone().into_owned(), value);
            }
            (None, Missing::AllMay) => {}
            (None, Missing::WithDefaultMay) if field.has_default() => {
                if form == Form::State {
                    let value = default_of(field).unwrap_or(Value::Null);
                    out.insert(field.name.clone().into_owned(), value);
                }
            }
            (None, Missing::WithDefaultMay) => {
                return Err(Invalid::here("is required").under(&field.name));
            }
        }
    }
    match object.keys().next() {
        Some(unknown) => Err(Invalid::here("is no key of this payload").under(unknown)),
        None => Ok(out),
    }
}

fn normal_struct(
    shape: &StructType,
    form: Form,
    value: Value,
) -> Result<Map<String, Value>, Invalid> {
    let object = object(value)?;
    match form {
        Form::Input => normal_fields(shape.input_fields(), form, object, Missing::WithDefaultMay),
        Form::State => normal_fields(shape.fields.iter(), form, object, Missing::WithDefaultMay),
    }
}

pub(super) fn normal_text(
    what: &str,
    value: Value,
    normal: impl Fn(&str) -> Result<String, Invalid>,
) -> Result<Value, Invalid> {
    match value {
        Value::String(text) if text.contains('\0') => {
            Err(Invalid::here("a string holds no U+0000"))
        }
        Value::String(text) => normal(&text).map(Value::String),
        other => Err(expected(what, &other)),
    }
}

fn normal_uuid(text: &str) -> Result<String, Invalid> {
    // `Uuid::parse_str` also reads braces, URNs and no hyphens.
    match uuid::Uuid::parse_str(text) {
        Ok(uuid) if text.len() == 36 => Ok(uuid.hyphenated().to_string()),
        _ => Err(Invalid::here(
            "expected a UUID such as \"67e55044-10b1-426f-9247-bb680e5fe0c8\"",
        )),
    }
}

fn normal_json(value: Value) -> Result<Value, Invalid> {
    match value {
        Value::Number(number) => normal_json_number(&number).map(Value::Number),
        Value::String(_) => normal_text("a string", value, |text| Ok(text.to_owned())),
        Value::Array(_) => normal_items(value, normal_json).map(Value::Array),
        Value::Object(object) => object
            .into_iter()
            .map(|(key, value)| {
                if key.contains('\0') {
                    return Err(Invalid::here("a key holds no U+0000"));
                }
                let value = normal_json(value).map_err(|invalid| invalid.under(&key))?;
                Ok((key, value))
            })
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        Value::Null | Value::Bool(_) => Ok(value),
    }
}

pub(super) fn normal_items(
    value: Value,
    mut normal: impl FnMut(Value) -> Result<Value, Invalid>,
) -> Result<Vec<Value>, Invalid> {
    match value {
        Value::Array(items) => items
            .into_iter()
            .enumerate()
            .map(|(at, item)| normal(item).map_err(|invalid| invalid.under(at)))
            .collect(),
        other => Err(expected("a list", &other)),
    }
}

fn normal_tuple(
    types: &[crate::schema::Ref<Type>],
    big: bool,
    form: Form,
    value: Value,
) -> Result<Value, Invalid> {
    if value.as_array().map(Vec::len) != Some(types.len()) {
        return Err(Invalid::here(format!(
            "expected a list of {} elements",
            types.len()
        )));
    }
    let mut types = types.iter();
    normal_items(value, |item| match types.next() {
        Some(ty) => normal(ty, big, form, item),
        None => Err(Invalid::here("one element too many")),
    })
    .map(Value::Array)
}

fn normal_map(
    key: &Type,
    inner: &Type,
    big: bool,
    form: Form,
    value: Value,
) -> Result<Value, Invalid> {
    let mut out = Map::new();
    for (name, value) in object(value)? {
        let normal_name = normal_key(key, &name).map_err(|invalid| invalid.under(&name))?;
        let value = normal(inner, big, form, value).map_err(|invalid| invalid.under(&name))?;
        if out.insert(normal_name, value).is_some() {
            return Err(Invalid::here("the key is there twice").under(&name));
        }
    }
    Ok(Value::Object(out))
}

/// The key of a map is a string on the wire, whatever its type.
fn normal_key(ty: &Type, name: &str) -> Result<String, Invalid> {
    match ty {
        Type::Int(int) => match Whole::parse(name.as_bytes()) {
            Some(number) if (int.min(true)..=int.max(true)).contains(&number) => {
                Ok(number.to_string())
            }
            _ => Err(Invalid::here("expected an integer as the key")),
        },
        other => match normal(other, false, Form::Input, Value::String(name.to_owned()))? {
            Value::String(name) => Ok(name),
            _ => Err(Invalid::here("expected a string as the key")),
        },
    }
}

fn normal_enum(shape: &EnumType, value: Value) -> Result<Value, Invalid> {
    let variant = value.as_str().and_then(|name| {
        shape
            .variants
            .iter()
            .find(|variant| variant.name == name || variant.aliases.iter().any(|a| a == name))
    });
    match variant {
        Some(variant) => Ok(Value::String(variant.name.clone().into_owned())),
        None => Err(Invalid::here(format!(
            "expected one of {}",
            names(shape.variants.iter().map(|variant| &*variant.name))
        ))),
    }
}

/// The value as an object.
///
/// # Errors
///
/// It is none.
pub fn object(value: Value) -> Result<Map<String, Value>, Invalid> {
    match value {
        Value::Object(object) => Ok(object),
        other => Err(expected("an object", &other)),
    }
}

pub(super) fn expected(what: &str, value: &Value) -> Invalid {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Invalid::here(format!("expected {what}, found {found}"))
}

pub(super) fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
