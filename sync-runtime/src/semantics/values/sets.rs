//! Sets and keyed lists: what is there once.

use std::cmp::Ordering;

use serde_json::Value;

use super::int_of;
use crate::schema::{StructType, Type};

/// The elements of a keyed list, each id once: what pushing them in turn onto an empty one gives.
pub(super) fn keyed(element: &StructType, items: Vec<Value>) -> Vec<Value> {
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
