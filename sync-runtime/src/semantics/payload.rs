//! Payloads: checked at the door, in one normal form behind it.

use serde_json::{Map, Value};

use super::{
    Invalid,
    values::{self, Form, Missing},
};
use crate::schema::{
    ElementKind, ElementPart, Event, IntType, Key, KeyShape, Model, PayloadShape, Type,
};

/// Checks the payload of an event and gives its normal form.
///
/// # Errors
///
/// Where and why the payload is refused; the pointer starts at the payload.
pub fn normal(model: &Model, event: &Event, payload: Value) -> Result<Map<String, Value>, Invalid> {
    let object = values::object(payload)?;
    match PayloadShape::of(model, event) {
        PayloadShape::Struct(shape) => values::normal_fields(
            shape.input_fields(),
            Form::Input,
            object,
            Missing::WithDefaultMay,
        ),
        PayloadShape::Keys(keys) => normal_keys(&keys, object),
    }
}

fn normal_keys(
    keys: &[Key<'_>],
    mut object: Map<String, Value>,
) -> Result<Map<String, Value>, Invalid> {
    let mut out = Map::new();
    for key in keys {
        match take(key, &mut object) {
            Some((name, value)) => {
                let value = normal_key(key, value).map_err(|invalid| invalid.under(name))?;
                out.insert(key.name.to_string(), value);
            }
            None if key.required => return Err(Invalid::here("is required").under(&key.name)),
            None => {}
        }
    }
    match object.keys().next() {
        Some(unknown) => Err(Invalid::here("is no key of this payload").under(unknown)),
        None => Ok(out),
    }
}

/// A field's value may come under one of its aliases.
fn take(key: &Key<'_>, object: &mut Map<String, Value>) -> Option<(String, Value)> {
    if let Some(entry) = object.remove_entry(&*key.name) {
        return Some(entry);
    }
    match key.shape {
        KeyShape::Field(field) => field
            .aliases
            .iter()
            .find_map(|alias| object.remove_entry(&**alias)),
        _ => None,
    }
}

fn normal_key(key: &Key<'_>, value: Value) -> Result<Value, Invalid> {
    match &key.shape {
        KeyShape::Field(field) => values::normal_field(field, Form::Input, value),
        KeyShape::ElementId(id) => values::normal_field(id, Form::Input, value),
        KeyShape::Element(part) => normal_element(part, value),
        KeyShape::State(field) => values::normal(&field.ty, false, Form::Input, value),
        KeyShape::Amount => {
            let (min, max) = (IntType::I64.min(false), IntType::I64.max(false));
            match values::int_of(&value).filter(|_| value.is_number()) {
                Some(amount) if (min..=max).contains(&amount) => {
                    Ok(values::int_value(amount, false))
                }
                _ => Err(Invalid::here("expected an integer within ±(2^53-1)")),
            }
        }
    }
}

fn normal_element(part: &ElementPart<'_>, value: Value) -> Result<Value, Invalid> {
    match (part.kind, part.item) {
        (ElementKind::Partial, Type::Struct(shape)) => values::normal_fields(
            shape.patch_fields(),
            Form::Input,
            values::object(value)?,
            Missing::AllMay,
        )
        .map(Value::Object),
        _ => values::normal(part.item, part.list.big, Form::Input, value),
    }
}
