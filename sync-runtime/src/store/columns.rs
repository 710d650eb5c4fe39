//! States of rows, which have a column for each field.

use serde_json::{Map, Value};

use crate::{
    schema::{Field, Model, Type},
    semantics::values::{self, Form},
    sql::Kind,
};

/// The fields that a row's state is read from, with what their columns hold.
pub(super) fn shared(model: &Model) -> impl Iterator<Item = (&Field, Kind)> {
    model.shared_fields().map(|field| (field, Kind::of(field)))
}

/// Puts what a column holds into a state, in the wire's normal form. What another program wrote and no type takes is
/// shown as it is: one wrong value should not hide all others.
pub(super) fn put(state: &mut Map<String, Value>, field: &Field, value: Option<Value>) {
    let value = value.filter(|value| !value.is_null());
    let value = match value {
        Some(value) if is_normal(field) => value,
        Some(value) => {
            let normal = values::normal(&field.ty, field.big, Form::State, value.clone());
            normal.unwrap_or(value)
        }
        None if field.ty.is_nullable() && field.optional => return,
        None if field.ty.is_nullable() => Value::Null,
        None => values::default_of(field).unwrap_or_default(),
    };
    state.insert(field.name.to_string(), value);
}

/// Whether every value that the column can hold is in normal form.
fn is_normal(field: &Field) -> bool {
    matches!(
        field.ty.non_null(),
        Type::Bool | Type::Int(_) | Type::Float64 | Type::String | Type::Enum(_)
    )
}

/// JSON text of a column.
pub(super) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// What a column holds of a state; a value that is JSON is text of it.
pub(super) fn of_state(state: &Map<String, Value>, field: &Field, kind: Kind) -> Value {
    match state.get(&*field.name) {
        None | Some(Value::Null) => Value::Null,
        Some(value) if kind == Kind::Json => Value::String(value.to_string()),
        Some(value) => value.clone(),
    }
}
