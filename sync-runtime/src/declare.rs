//! What the derives can only check once the compiler has resolved a field's type.
//!
//! Each function is called from a constant that the derive writes at the token that asks for it, so that its message
//! stands there like any other error of the compiler.

mod literal;
mod message;
mod name;

use literal::Literal;
use message::{Message, Nearest, same};
pub use name::Name;

use std::borrow::Cow;

use crate::embed::{items, target, text};
use crate::schema::{Conflict, FieldKind, Mode, Model, Type};

/// What stands for a model whose declaration is wrong.
pub const EMPTY: &Model = &Model {
    name: Cow::Borrowed(""),
    module: Cow::Borrowed(""),
    entity: Cow::Borrowed(""),
    path: Cow::Borrowed(""),
    doc: Cow::Borrowed(""),
    mode: Mode::Events,
    version: 1,
    tenant: true,
    fields: Cow::Borrowed(&[]),
    events: Cow::Borrowed(&[]),
    snapshot: None,
    notification: None,
    local_first: false,
    conflict: Conflict::Reject,
    upcasts: Cow::Borrowed(&[]),
    field_groups: Cow::Borrowed(&[]),
    roles: Cow::Borrowed(&[]),
};

/// The singular of a field whose type may be a list behind an alias.
pub const fn singular(ty: &Type, singular: &'static str) -> &'static str {
    if ty_element(ty).is_some() {
        singular
    } else {
        ""
    }
}

/// `#[sync(default = "opne")]`
#[track_caller]
pub const fn default_literal(ty: &Type, big: bool, json: &str) {
    if let Err(message) = Literal::new(json, big).is(ty) {
        message.fail()
    }
}

/// `#[sync(default)] at: DateTime<Utc>`
#[track_caller]
pub const fn default_of_type(field: &str, ty: &Type) {
    if !has_known_default(ty) {
        Message::new("what '")
            .and(field)
            .and("' starts as is not known without running code, since it is ")
            .and(type_name(ty))
            .and(": write the value, `#[sync(default = …)]`")
            .fail()
    }
}

/// `state(open -> [sennt])`
#[track_caller]
pub const fn state(ty: &Type, name: &str) {
    // What is no enum fails `machine`, once.
    let Type::Enum(shape) = ty else {
        return;
    };
    let variants = items(&target(shape).variants);
    let mut nearest = Nearest::to(name);
    let mut at = 0;
    while at < variants.len() {
        let member = text(&variants[at].name);
        if same(member, name) {
            return;
        }
        nearest = nearest.or(member);
        at += 1;
    }
    Message::new("'")
        .and(text(&target(shape).name))
        .and("' has no state '")
        .and(name)
        .and("'")
        .and_nearest(nearest)
        .fail()
}

/// `#[sync(state(…))] status: String`
#[track_caller]
pub const fn machine(field: &str, ty: &Type) {
    if !matches!(ty, Type::Enum(_)) {
        mismatch(field, ty, "a state machine is an enum without data")
    }
}

/// `increment(note)`
#[track_caller]
pub const fn increment(field: &str, ty: &Type) {
    if !matches!(ty, Type::Int(_)) {
        mismatch(field, ty, "'increment' needs an integer")
    }
}

/// `push(note)`, `remove(note)`
#[track_caller]
pub const fn list(field: &str, ty: &Type, effect: &str) {
    if ty_element(ty).is_none() {
        let message = Message::new("'")
            .and(effect)
            .and("' needs a list or a set, and '");
        message.and(field).and("' is ").and(type_name(ty)).fail()
    }
}

/// `update(labels)` where a label has no id
#[track_caller]
pub const fn keyed_list(field: &str, ty: &Type) {
    list(field, ty, "update");
    let keyed = match ty_element(ty) {
        Some(Type::Struct(shape)) => has_id(items(&target(shape).fields)),
        _ => false,
    };
    if !keyed || matches!(ty, Type::Set(_)) {
        let message = Message::new("'update' needs a list of structs with an id, and those of '");
        message.and(field).and("' have none").fail()
    }
}

/// A bare `updated` and `type Tags = Vec<String>`
#[track_caller]
pub const fn no_list(field: &str, ty: &Type) {
    if ty_element(ty).is_some() {
        Message::new("a bare 'updated' leaves lists out, and '")
            .and(field)
            .and("' is one behind another name: write the fields, `updated(merge(…))`")
            .fail()
    }
}

/// `range(min = 1)` on a string
#[track_caller]
pub const fn range(field: &str, ty: &Type, whole: bool) {
    match non_null(ty) {
        Type::Int(_) if whole => {}
        Type::Int(_) => mismatch(field, ty, "the bounds of an integer are integers"),
        Type::Float32 | Type::Float64 | Type::Decimal => {}
        _ => mismatch(field, ty, "'range' needs a number"),
    }
}

/// `length(max = 3)` on a number
#[track_caller]
pub const fn length(field: &str, ty: &Type) {
    if !matches!(non_null(ty), Type::String | Type::List(_) | Type::Set(_)) {
        mismatch(field, ty, "'length' needs a string, a list or a set")
    }
}

/// `pattern = "…"` on a number
#[track_caller]
pub const fn pattern(field: &str, ty: &Type) {
    if !matches!(non_null(ty), Type::String) {
        mismatch(field, ty, "'pattern' needs a string")
    }
}

/// `big` on an `i32`
#[track_caller]
pub const fn big(field: &str, ty: &Type) {
    if !holds_wide_integer(ty) {
        mismatch(field, ty, "'big' is for integers of 64 bits or more")
    }
}

/// `#[sync(exclude)] secret: String`
#[track_caller]
pub const fn hidden(field: &str, ty: &Type, key: &str) {
    if !matches!(ty, Type::Option(_)) {
        Message::new("'")
            .and(field)
            .and("' is '")
            .and(key)
            .and("', so others see it absent: make it an `Option` or give it a `default`")
            .fail()
    }
}

/// `skip_serializing_if = "Option::is_none"` on what is no `Option`
#[track_caller]
pub const fn optional(field: &str, ty: &Type) {
    if !matches!(ty, Type::Option(_)) {
        mismatch(field, ty, "`Option::is_none` needs an `Option`")
    }
}

/// `id: i32`
#[track_caller]
pub const fn id(field: &str, ty: &Type) {
    if !matches!(ty, Type::Uuid | Type::String) {
        mismatch(
            field,
            ty,
            "an id is a `Uuid`, a newtype of it, or a `String`",
        )
    }
}

/// The id of an element: `id: f64`
#[track_caller]
pub const fn element_id(field: &str, ty: &Type) {
    if !matches!(ty, Type::Uuid | Type::String | Type::Int(_)) {
        mismatch(
            field,
            ty,
            "the id of an element is a `Uuid`, a `String`, an integer or a newtype of these",
        )
    }
}

/// `#[sync(event_time)] at: String`
#[track_caller]
pub const fn time(field: &str, ty: &Type) {
    if !matches!(ty, Type::DateTime) {
        mismatch(field, ty, "a time that is filled in is a `DateTime<Utc>`")
    }
}

/// `custom(i32)`
#[track_caller]
pub const fn custom_payload(event: &str, ty: &Type) {
    if !matches!(ty, Type::Struct(_)) {
        let message = Message::new("the payload of '")
            .and(event)
            .and("' is a struct with named fields, and this is ");
        message.and(type_name(ty)).fail()
    }
}

/// `#[serde(tag = "kind")] enum Shape { Side(i32) }`
#[track_caller]
pub const fn internally_tagged(member: &str, ty: &Type) {
    if !matches!(ty, Type::Struct(_)) {
        Message::new("an enum with a 'tag' and no 'content' writes the tag into what '")
            .and(member)
            .and("' holds, so that is a struct, and this is ")
            .and(type_name(ty))
            .fail()
    }
}

#[track_caller]
const fn mismatch(field: &str, ty: &Type, rule: &str) {
    Message::new(rule)
        .and(", and '")
        .and(field)
        .and("' is ")
        .and(type_name(ty))
        .fail()
}

const fn ty_element(ty: &Type) -> Option<&Type> {
    match ty {
        Type::List(item) | Type::Set(item) => Some(target(item)),
        _ => None,
    }
}

const fn non_null(ty: &Type) -> &Type {
    match ty {
        Type::Option(inner) => non_null(target(inner)),
        other => other,
    }
}

const fn has_id(fields: &[crate::schema::Field]) -> bool {
    let mut at = 0;
    while at < fields.len() {
        if matches!(fields[at].kind, FieldKind::Id) {
            return true;
        }
        at += 1;
    }
    false
}

const fn holds_wide_integer(ty: &Type) -> bool {
    match ty {
        Type::Int(int) => int.is_wide(),
        Type::Option(inner) | Type::List(inner) | Type::Set(inner) => {
            holds_wide_integer(target(inner))
        }
        Type::Array { item, .. } => holds_wide_integer(target(item)),
        Type::Map { value, .. } => holds_wide_integer(target(value)),
        _ => false,
    }
}

const fn has_known_default(ty: &Type) -> bool {
    match ty {
        Type::Bool | Type::Int(_) | Type::Float32 | Type::Float64 | Type::Decimal => true,
        Type::String | Type::Json | Type::Option(_) => true,
        Type::List(_) | Type::Set(_) | Type::Map { .. } => true,
        Type::Enum(shape) => target(shape).default.is_some(),
        Type::Struct(shape) => {
            let fields = items(&target(shape).fields);
            let mut at = 0;
            while at < fields.len() {
                if fields[at].default.is_none()
                    && !matches!(target(&fields[at].ty), Type::Option(_))
                {
                    return false;
                }
                at += 1;
            }
            true
        }
        _ => false,
    }
}

/// A type in a sentence.
const fn type_name(ty: &Type) -> &str {
    match ty {
        Type::Bool => "a bool",
        Type::Int(_) => "an integer",
        Type::Float32 | Type::Float64 => "a number",
        Type::String => "a string",
        Type::Char => "a char",
        Type::Uuid => "a UUID in a string",
        Type::DateTime => "a point in time, `\"2026-11-21T08:00:00.000Z\"`",
        Type::LocalDateTime => "a time without a zone, `\"2026-11-21T08:00:00.000\"`",
        Type::Date => "a date, `\"2026-11-21\"`",
        Type::Time => "a time of day, `\"08:00:00.000\"`",
        Type::Decimal => "a decimal, written as a string such as `\"19.9\"`",
        Type::Json => "any JSON",
        Type::Option(_) => "an `Option`",
        Type::List(_) => "a list",
        Type::Set(_) => "a set",
        Type::Map { .. } => "a map",
        Type::Array { .. } => "an array",
        Type::Tuple(_) => "a tuple",
        Type::Struct(shape) => text(&target(shape).name),
        Type::Enum(shape) => text(&target(shape).name),
        Type::Union(shape) => text(&target(shape).name),
    }
}
