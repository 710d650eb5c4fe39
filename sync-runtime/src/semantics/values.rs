//! Values: their normal form, their defaults, their order.
//!
//! Two values are equal when their normal forms are. A payload is normalised before it is judged or stored, so that
//! nothing behind the door has to know more than one spelling.

use std::{
    cmp::Ordering,
    collections::HashMap,
    str::FromStr,
    sync::{LazyLock, RwLock},
};

use regex_lite::Regex;
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value};

use super::{Invalid, time};
use crate::schema::{
    Default, EnumType, Field, FieldKind, IntType, MAX_SAFE_INTEGER, Rules, StructType, Tagging,
    Type, UnionBody, UnionType,
};

/// Who wrote a value, which decides what keys its structs have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A payload: no `event_time` fields; what has a default may be missing and stays missing.
    Input,
    /// A state: every field is there, or gets its default.
    State,
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

/// Which keys an object may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Those whose field has a default.
    WithDefaultMay,
    /// All.
    AllMay,
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

fn normal_int(int: IntType, big: bool, value: Value) -> Result<Value, Invalid> {
    let wide = big && int.is_wide();
    let number = match &value {
        Value::String(text) if wide => parse_big(text),
        Value::Number(number) if !wide => whole(number),
        _ => None,
    };
    let (min, max) = (int.min(big), int.max(big));
    match number {
        Some(number) if (min..=max).contains(&number) => Ok(int_value(number, wide)),
        Some(_) => Err(Invalid::here(format!(
            "expected an integer from {min} to {max}"
        ))),
        None if wide => Err(expected("an integer as a string", &value)),
        None => Err(expected("an integer", &value)),
    }
}

/// An integer as the wire has it: a number, or a string where it is `big`.
pub fn int_value(number: i128, wide: bool) -> Value {
    if wide {
        return Value::String(number.to_string());
    }
    // Within ±(2^53-1) by the bounds of every type that is not wide.
    Value::Number(Number::from(i64::try_from(number).unwrap_or(
        if number < 0 {
            -MAX_SAFE_INTEGER
        } else {
            MAX_SAFE_INTEGER
        },
    )))
}

/// The integer in a value of the wire's form; `None` if it holds none.
pub fn int_of(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) => parse_big(text),
        Value::Number(number) => whole(number),
        _ => None,
    }
}

fn parse_big(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let shape = (1..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    shape.then(|| text.parse().ok()).flatten()
}

/// The integer that a number is, however it is spelled.
pub fn whole(number: &Number) -> Option<i128> {
    if let Some(number) = number.as_i64() {
        return Some(i128::from(number));
    }
    if let Some(number) = number.as_u64() {
        return Some(i128::from(number));
    }
    let number = number.as_f64()?;
    let limit = MAX_SAFE_INTEGER as f64;
    (number.fract() == 0.0 && number.abs() <= limit).then_some(number as i128)
}

fn normal_float(value: Value, round: impl Fn(f64) -> f64) -> Result<Value, Invalid> {
    let Some(number) = value.as_f64().filter(|_| value.is_number()) else {
        return Err(expected("a number", &value));
    };
    // Adding zero turns -0 into 0, which has one spelling only.
    Number::from_f64(round(number) + 0.0)
        .map(Value::Number)
        .ok_or_else(|| Invalid::here("the number is too large"))
}

fn normal_text(
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

fn normal_decimal(text: &str) -> Result<String, Invalid> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = unsigned.splitn(2, '.');
    let shape = parts
        .by_ref()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if !shape {
        return Err(Invalid::here("expected a decimal number such as \"19.9\""));
    }
    // Zeros at the end say nothing, and would count as digits.
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    };
    Decimal::from_str_exact(text.strip_prefix('+').unwrap_or(text))
        .map(decimal_text)
        .map_err(|_| Invalid::here("expected a decimal number of at most 28 digits"))
}

/// A decimal in the wire's normal form.
pub fn decimal_text(number: Decimal) -> String {
    if number.is_zero() {
        "0".to_owned()
    } else {
        number.normalize().to_string()
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

fn normal_json_number(number: &Number) -> Result<Number, Invalid> {
    match whole(number) {
        Some(whole) if whole.unsigned_abs() <= MAX_SAFE_INTEGER.unsigned_abs().into() => {
            Ok(Number::from(whole as i64))
        }
        Some(_) => Err(Invalid::here(
            "integers beyond ±(2^53-1) are refused; send them as strings",
        )),
        None => number
            .as_f64()
            .and_then(Number::from_f64)
            .ok_or_else(|| Invalid::here("the number is too large")),
    }
}

fn normal_items(
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
        Type::Int(int) => match parse_big(name) {
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

fn normal_union(shape: &UnionType, big: bool, form: Form, value: Value) -> Result<Value, Invalid> {
    let unknown = || {
        Invalid::here(format!(
            "expected one of {}",
            names(shape.variants.iter().map(|variant| &*variant.name))
        ))
    };
    let find = |name: &str| {
        shape
            .variants
            .iter()
            .find(|variant| variant.name == name || variant.aliases.iter().any(|a| a == name))
            .ok_or_else(unknown)
    };
    match &shape.tagging {
        Tagging::External => match value {
            Value::String(name) => match find(&name)? {
                variant if variant.body == UnionBody::Unit => {
                    Ok(Value::String(variant.name.clone().into_owned()))
                }
                _ => Err(unknown()),
            },
            Value::Object(object) if object.len() == 1 => {
                let Some((name, inner)) = object.into_iter().next() else {
                    return Err(unknown());
                };
                let variant = find(&name)?;
                let inner = normal_body(&variant.body, big, form, Some(inner))
                    .map_err(|invalid| invalid.under(&name))?
                    .unwrap_or(Value::Null);
                Ok(Value::Object(Map::from_iter([(
                    variant.name.clone().into_owned(),
                    inner,
                )])))
            }
            _ => Err(unknown()),
        },
        Tagging::Internal { tag } => {
            let mut object = object(value)?;
            let name = object.remove(&**tag);
            let variant = name.as_ref().and_then(Value::as_str).map(find);
            let variant = variant
                .unwrap_or_else(|| Err(unknown()))
                .map_err(|i| i.under(tag))?;
            let inner = normal_body(&variant.body, big, form, Some(Value::Object(object)))?;
            let mut out = match inner {
                Some(Value::Object(object)) => object,
                _ => Map::new(),
            };
            out.insert(
                tag.clone().into_owned(),
                Value::String(variant.name.clone().into_owned()),
            );
            Ok(Value::Object(out))
        }
        Tagging::Adjacent { tag, content } => {
            let mut object = object(value)?;
            let name = object.remove(&**tag);
            let variant = name.as_ref().and_then(Value::as_str).map(find);
            let variant = variant
                .unwrap_or_else(|| Err(unknown()))
                .map_err(|i| i.under(tag))?;
            let inner = normal_body(&variant.body, big, form, object.remove(&**content))
                .map_err(|invalid| invalid.under(content))?;
            if let Some(other) = object.keys().next() {
                return Err(Invalid::here("is no key of this value").under(other));
            }
            let name = Value::String(variant.name.clone().into_owned());
            let mut out = Map::from_iter([(tag.clone().into_owned(), name)]);
            out.extend(inner.map(|inner| (content.clone().into_owned(), inner)));
            Ok(Value::Object(out))
        }
    }
}

/// The data of a union's member; `None` where it carries none.
fn normal_body(
    body: &UnionBody,
    big: bool,
    form: Form,
    value: Option<Value>,
) -> Result<Option<Value>, Invalid> {
    match (body, value) {
        (UnionBody::Unit, None | Some(Value::Null)) => Ok(None),
        (UnionBody::Unit, Some(Value::Object(object))) if object.is_empty() => Ok(None),
        (UnionBody::Unit, Some(_)) => Err(Invalid::here("this member carries no data")),
        (_, None) => Err(Invalid::here("this member carries data")),
        (UnionBody::Newtype(ty), Some(value)) => normal(ty, big, form, value).map(Some),
        (UnionBody::Struct(fields), Some(value)) => {
            normal_fields(fields.iter(), form, object(value)?, Missing::WithDefaultMay)
                .map(|object| Some(Value::Object(object)))
        }
    }
}

fn check_rules(rules: &Rules, value: &Value) -> Result<(), Invalid> {
    if value.is_null() {
        return Ok(());
    }
    if let Some(range) = &rules.range {
        for (bound, wrong, word) in [
            (&range.min, Ordering::Less, "at least"),
            (&range.max, Ordering::Greater, "at most"),
        ] {
            if let Some(bound) = bound
                && compare_numbers(value, bound) == Some(wrong)
            {
                return Err(Invalid::here(format!("expected {word} {bound}")));
            }
        }
    }
    if let Some(length) = rules.length {
        let (actual, unit) = match value {
            Value::Array(items) => (items.len(), "elements"),
            Value::Object(object) => (object.len(), "entries"),
            Value::String(text) => (text.chars().count(), "characters"),
            _ => return Ok(()),
        };
        if length.min.is_some_and(|min| actual < min as usize) {
            return Err(Invalid::here(format!(
                "expected at least {} {unit}",
                length.min.unwrap_or(0)
            )));
        }
        if length.max.is_some_and(|max| actual > max as usize) {
            return Err(Invalid::here(format!(
                "expected at most {} {unit}",
                length.max.unwrap_or(0)
            )));
        }
    }
    if let (Some(pattern), Value::String(text)) = (&rules.pattern, value)
        && !matches_whole(pattern, text)
    {
        return Err(Invalid::here(format!(
            "expected text that matches {pattern}"
        )));
    }
    Ok(())
}

/// Compares a number on the wire (a number, or a string where it is decimal or `big`) with a literal of a declaration.
fn compare_numbers(value: &Value, bound: &str) -> Option<Ordering> {
    let text = match value {
        Value::Number(number) if number.is_f64() => {
            return number.as_f64()?.partial_cmp(&f64::from_str(bound).ok()?);
        }
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    Some(
        Decimal::from_str(&text)
            .ok()?
            .cmp(&Decimal::from_str(bound).ok()?),
    )
}

/// Whether the whole text matches; `\d \w \s` are ASCII, as they are in ECMAScript.
fn matches_whole(pattern: &str, text: &str) -> bool {
    static COMPILED: LazyLock<RwLock<HashMap<String, Option<Regex>>>> =
        LazyLock::new(RwLock::default);
    let known = |cache: &HashMap<String, Option<Regex>>| {
        cache
            .get(pattern)
            .map(|regex| regex.as_ref().is_some_and(|regex| regex.is_match(text)))
    };
    if let Some(answer) = COMPILED.read().ok().and_then(|cache| known(&cache)) {
        return answer;
    }
    // The derive has checked the pattern, so that it compiles.
    let regex = Regex::new(&format!("^(?:{pattern})$")).ok();
    let answer = regex.as_ref().is_some_and(|regex| regex.is_match(text));
    if let Ok(mut cache) = COMPILED.write() {
        cache.insert(pattern.to_owned(), regex);
    }
    answer
}

/// The elements of a keyed list, each id once: what pushing them in turn onto an empty one gives.
fn keyed(element: &StructType, items: Vec<Value>) -> Vec<Value> {
    let Some(id) = element.id_field() else {
        return items;
    };
    let mut out: Vec<Value> = Vec::with_capacity(items.len());
    let mut seen = std::collections::HashSet::new();
    for item in items {
        if seen.insert(item.get(&*id.name).map(Value::to_string)) {
            out.push(item);
        }
    }
    out
}

/// Each member once, sorted.
pub fn sorted_set(item: &Type, mut members: Vec<Value>) -> Vec<Value> {
    members.sort_by(|a, b| set_order(item, a, b));
    members.dedup();
    members
}

/// The order of a set's members: integers by value, all else by Unicode code point.
pub fn set_order(item: &Type, a: &Value, b: &Value) -> Ordering {
    match item {
        Type::Int(_) => int_of(a).cmp(&int_of(b)),
        // UTF-8 orders as code points do.
        _ => a.as_str().cmp(&b.as_str()),
    }
}

/// The value that a field has when a payload leaves it out; `None` where it must be given.
pub fn default_of(field: &Field) -> Option<Value> {
    match &field.default {
        Some(Default::Literal(json)) => {
            let value = serde_json::from_str(json).ok()?;
            normal(&field.ty, field.big, Form::State, value).ok()
        }
        Some(Default::OfType) => type_default(&field.ty, field.big),
        None => matches!(&*field.ty, Type::Option(_)).then_some(Value::Null),
    }
}

/// What a type starts as, known without running code; `None` where nothing is.
pub fn type_default(ty: &Type, big: bool) -> Option<Value> {
    Some(match ty {
        Type::Bool => Value::Bool(false),
        Type::Int(int) => int_value(0, big && int.is_wide()),
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

fn complete_union(shape: &UnionType, big: bool, value: Value, time: &str) -> Value {
    let body = |name: &str| {
        shape
            .variants
            .iter()
            .find(|v| v.name == name)
            .map(|v| &v.body)
    };
    let inside = |body: Option<&UnionBody>, value: Value| match (body, value) {
        (Some(UnionBody::Newtype(ty)), value) => complete(ty, big, value, time),
        (Some(UnionBody::Struct(fields)), Value::Object(object)) => {
            Value::Object(complete_fields(fields, object, time))
        }
        (_, value) => value,
    };
    match (&shape.tagging, value) {
        (Tagging::External, Value::Object(object)) => Value::Object(
            object
                .into_iter()
                .map(|(name, value)| {
                    let value = inside(body(&name), value);
                    (name, value)
                })
                .collect(),
        ),
        (Tagging::Internal { tag }, Value::Object(mut object)) => {
            let name = object.remove(&**tag);
            let known = name.as_ref().and_then(Value::as_str).and_then(body);
            let mut out = match inside(known, Value::Object(object)) {
                Value::Object(object) => object,
                _ => Map::new(),
            };
            out.extend(name.map(|name| (tag.clone().into_owned(), name)));
            Value::Object(out)
        }
        (Tagging::Adjacent { tag, content }, Value::Object(mut object)) => {
            let known = object.get(&**tag).and_then(Value::as_str).and_then(body);
            if let Some(value) = object.remove(&**content) {
                object.insert(content.clone().into_owned(), inside(known, value));
            }
            Value::Object(object)
        }
        (_, value) => value,
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

fn expected(what: &str, value: &Value) -> Invalid {
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

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
