//! Values of a declaration as expressions.

use serde_json::Value;
use sync_runtime::{
    schema::{Field, Type, Whole},
    semantics::values,
};

use super::{
    layout::{Doc, array, concat, object, text},
    syntax::{integer, key, string, whole},
};

/// A bound of a range in the form of the values that it bounds.
pub(super) fn bound_literal(ty: &Type, big: bool, bound: &str) -> String {
    let number = Whole::parse(bound.as_bytes());
    match (ty, number) {
        (Type::Decimal, _) => {
            let value = Value::String(bound.to_owned());
            match values::normal(&Type::Decimal, false, values::Form::State, value) {
                Ok(Value::String(text)) => string(&text),
                _ => string(bound),
            }
        }
        (Type::Int(int), Some(number)) if big && int.is_wide() => format!("{}n", whole(number)),
        (_, Some(number)) => whole(number),
        (_, None) => bound.to_owned(),
    }
}

/// A value of the wire's normal form as an expression.
pub(super) fn literal(ty: &Type, big: bool, value: &Value) -> Doc {
    let members = |fields: &[Field], values: &serde_json::Map<String, Value>| -> Vec<Doc> {
        values
            .iter()
            .map(|(name, value)| {
                let value = match fields.iter().find(|field| field.name == *name) {
                    Some(field) => literal(&field.ty, field.big, value),
                    None => json(value),
                };
                concat([text(format!("{}: ", key(name))), value])
            })
            .collect()
    };
    match (ty, value) {
        (Type::Option(inner), value) if !value.is_null() => literal(inner, big, value),
        (Type::Int(int), Value::String(digits)) if big && int.is_wide() => {
            let grouped = Whole::parse(digits.as_bytes()).map_or(digits.clone(), whole);
            text(format!("{grouped}n"))
        }
        (Type::List(item) | Type::Set(item) | Type::Array { item, .. }, Value::Array(items)) => {
            array(
                items
                    .iter()
                    .map(|value| literal(item, big, value))
                    .collect(),
            )
        }
        (Type::Tuple(types), Value::Array(items)) => array(
            types
                .iter()
                .zip(items)
                .map(|(ty, value)| literal(ty, big, value))
                .collect(),
        ),
        (Type::Map { value: inner, .. }, Value::Object(values)) => object(
            values
                .iter()
                .map(|(name, value)| {
                    concat([text(format!("{}: ", key(name))), literal(inner, big, value)])
                })
                .collect(),
            false,
        ),
        (Type::Struct(shape), Value::Object(values)) => {
            // In the order of the declaration, whatever the order of the literal.
            let mut sorted = members(&shape.fields, values);
            let at = |name: &str| shape.fields.iter().position(|field| field.name == name);
            let mut keyed: Vec<_> = values
                .keys()
                .map(|name| at(name))
                .zip(sorted.drain(..))
                .collect();
            keyed.sort_by_key(|(at, _)| *at);
            object(keyed.into_iter().map(|(_, member)| member).collect(), false)
        }
        (_, value) => json(value),
    }
}

/// Any JSON as an expression.
pub(super) fn json(value: &Value) -> Doc {
    match value {
        Value::Null => text("null"),
        Value::Bool(value) => text(value.to_string()),
        Value::Number(number) => text(match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => integer(whole.into()),
            (None, Some(float)) if float.fract() == 0.0 && float.abs() < 1e15 => {
                integer(float as i128)
            }
            (None, Some(float)) if (1e-6..1e21).contains(&float.abs()) => float.to_string(),
            (None, Some(float)) => format!("{float:e}"),
            (None, None) => number.to_string(),
        }),
        Value::String(value) => text(string(value)),
        Value::Array(items) => array(items.iter().map(json).collect()),
        Value::Object(members) => object(
            members
                .iter()
                .map(|(name, value)| concat([text(format!("{}: ", key(name))), json(value)]))
                .collect(),
            false,
        ),
    }
}
