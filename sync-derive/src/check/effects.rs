//! Rules of events and of the fields that they work on.

use std::collections::BTreeMap;

use super::fields::wrong_type;
use crate::{
    case,
    ctxt::Ctxt,
    infer::{Effect, Event, Target},
    input::{Field, Kind, Model, events::EventDecl, is_snake_case},
    shape::{Shape, argument},
};

/// What the derive itself writes on a model.
const TAKEN: [&str; 4] = ["apply", "emit", "emit_event", "event_history"];

/// `events(created, created)`, `events(ItemAdded)`, a custom event called `apply`
pub(super) fn names(cx: &Ctxt, model: &Model<'_>, events: &[Event<'_>]) {
    let declared = model.attrs.events.iter().flat_map(|decl| &decl.events);
    let mut seen: BTreeMap<String, &EventDecl> = BTreeMap::new();
    for decl in declared {
        let name = syn::ext::IdentExt::unraw(&decl.name).to_string();
        if !is_snake_case(&name) {
            cx.error(
                decl.name.span(),
                format!(
                    "an event is written in snake_case, and in the past: 'item_added', not '{name}'"
                ),
            );
        } else if name == "event" {
            cx.error(
                decl.name.span(),
                format!(
                    "'{}Event' is the enum of all events: call this one otherwise",
                    model.ident
                ),
            );
        }
        if seen.insert(case::pascal(&name), decl).is_some() {
            cx.error(decl.name.span(), format!("a second event '{name}'"));
        }
    }
    for event in events {
        let name = event.name();
        if matches!(event.effect, Effect::Custom(_)) && TAKEN.contains(&name.as_str()) {
            cx.error(
                event.name.span(),
                format!(
                    "'{}::{name}' is written by the derive: call this event otherwise",
                    model.ident
                ),
            );
        }
    }
}

/// An effect on a field that it cannot work on.
pub(super) fn fields(cx: &Ctxt, model: &Model<'_>, events: &[Event<'_>]) {
    for event in events {
        let word = word(&event.effect);
        for target in targets(&event.effect) {
            let field = &model.fields[target.field];
            match &event.effect {
                Effect::Transition(_) => transition(cx, field, target),
                _ => writable(cx, field, target, word),
            }
            match &event.effect {
                Effect::Push(_) | Effect::Remove(_) => list(cx, field, target, word),
                Effect::Update(_) => keyed_list(cx, field, target),
                Effect::Increment(_) => increment(cx, field, target),
                _ => {}
            }
        }
        if let Effect::Set(targets)
        | Effect::Merge {
            fields: targets, ..
        } = &event.effect
        {
            twice(cx, model, targets);
        }
    }
}

fn word(effect: &Effect<'_>) -> &'static str {
    match effect {
        Effect::Create => "create",
        Effect::Set(_) => "set",
        Effect::Merge { .. } => "merge",
        Effect::Push(_) => "push",
        Effect::Remove(_) => "remove",
        Effect::Update(_) => "update",
        Effect::Increment(_) => "increment",
        Effect::Transition(_) => "transition",
        Effect::Delete => "delete",
        Effect::Custom(_) => "custom",
    }
}

fn targets(effect: &Effect<'_>) -> Vec<Target> {
    match effect {
        Effect::Set(fields) | Effect::Merge { fields, .. } => fields.clone(),
        Effect::Push(target)
        | Effect::Remove(target)
        | Effect::Update(target)
        | Effect::Increment(target)
        | Effect::Transition(target) => vec![*target],
        Effect::Create | Effect::Delete | Effect::Custom(_) => Vec::new(),
    }
}

/// `set(status)` on a machine, `set(id)`, `set(created_at)`, `set(secret)`
fn writable(cx: &Ctxt, field: &Field<'_>, target: Target, word: &str) {
    let name = field.name();
    let message = match field.kind {
        Kind::Machine => {
            format!("'{name}' is a state machine: only a `transition` moves it, no '{word}'")
        }
        Kind::Id => format!("'{name}' is the id, which no event changes"),
        Kind::CreatedAt | Kind::UpdatedAt => format!("'{name}' is managed: no event writes it"),
        Kind::EventTime => {
            format!("'{name}' is filled with the time of the event: no payload writes it")
        }
        Kind::Plain if field.attrs.exclude.is_some() => {
            format!("'{name}' is 'exclude', so no event carries it")
        }
        Kind::Plain => return,
    };
    cx.error(target.span, message);
}

/// `transition(note)`
fn transition(cx: &Ctxt, field: &Field<'_>, target: Target) {
    if field.kind != Kind::Machine {
        cx.error(
            target.span,
            format!(
                "'transition' needs a state machine: give '{}' a `state(open -> [...], ...)`",
                field.name()
            ),
        );
    }
}

/// `push(note)`
fn list(cx: &Ctxt, field: &Field<'_>, target: Target, word: &str) {
    if !field.shape.may_be_list() && field.kind == Kind::Plain {
        cx.error(
            target.span,
            wrong_type(
                field,
                &format!("'{word}' needs a list or a set"),
                field.shape,
            ),
        );
    }
}

/// `update(note)`, `update(labels)` of strings
fn keyed_list(cx: &Ctxt, field: &Field<'_>, target: Target) {
    let plain_items = || argument(field.ty).is_some_and(|item| Shape::of(item) != Shape::Unknown);
    if !field.shape.may_be_list() {
        list(cx, field, target, "update");
    } else if field.shape == Shape::Set || field.shape == Shape::List && plain_items() {
        cx.error(
            target.span,
            format!(
                "'update' needs a list of structs with an id, and those of '{}' have none",
                field.name()
            ),
        );
    }
}

/// `increment(note)`
fn increment(cx: &Ctxt, field: &Field<'_>, target: Target) {
    if !matches!(field.shape, Shape::Int { .. } | Shape::Unknown) && field.kind == Kind::Plain {
        cx.error(
            target.span,
            wrong_type(field, "'increment' needs an integer", field.shape),
        );
    }
}

/// `set(note, note)`
fn twice(cx: &Ctxt, model: &Model<'_>, targets: &[Target]) {
    for (at, target) in targets.iter().enumerate() {
        if targets[..at]
            .iter()
            .any(|other| other.field == target.field)
        {
            cx.error(
                target.span,
                format!("'{}' is there twice", model.fields[target.field].name()),
            );
        }
    }
}
