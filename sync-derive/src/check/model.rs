//! Rules of a model as a whole.

use proc_macro2::Span;

use super::fields;
use crate::{
    ctxt::Ctxt,
    infer::{Effect, Event},
    inflect,
    input::{
        Field, Kind, Model,
        container::{Mode, SnapshotDecl},
        is_snake_case,
        lift::LiftDecl,
    },
};

/// Segments that the server's own routes take.
const RESERVED_PATHS: [&str; 6] = ["events", "live", "health", "organizations", "openapi", "v1"];
/// What the table of a rows model has beside its fields.
const TX_COLUMNS: [&str; 2] = ["tx", "field_tx"];

/// Keys of one mode in another: `mode = "rows", events(...)`, `mode = "events", local_first`
pub(super) fn other_modes(cx: &Ctxt, model: &Model<'_>) {
    if model.has_wrong_mode() {
        return;
    }
    let mode = model.mode();
    let attrs = &model.attrs;
    let belongs = |key: &str, owner: Mode, span: Option<Span>| {
        if let Some(span) = span.filter(|_| mode != owner) {
            let without = match model.attrs.mode {
                Some(_) => "",
                None => ", and a model without one is a plain typed API",
            };
            let owner = name(owner);
            cx.error(
                span,
                format!("'{key}' belongs to mode \"{owner}\"{without}"),
            );
        }
    };
    belongs(
        "events",
        Mode::Events,
        attrs.events.as_ref().map(|decl| decl.span),
    );
    belongs(
        "snapshot",
        Mode::Events,
        attrs.snapshot.map(|(_, span)| span),
    );
    belongs("local_first", Mode::Rows, attrs.local_first);
    belongs("conflict", Mode::Rows, attrs.conflict.map(|(_, span)| span));
    belongs(
        "tenant = false",
        Mode::Api,
        attrs.tenant.and_then(|(on, span)| (!on).then_some(span)),
    );
    for field in &model.fields {
        belongs("conflict", Mode::Rows, field.attrs.conflict_manual);
        let machine = field.attrs.state.as_ref();
        belongs("state", Mode::Events, machine.map(|machine| machine.span));
    }
}

/// What needs a log, without one: `mode = "api", notification = "redis"`, `version = 2`
pub(super) fn unlogged(cx: &Ctxt, model: &Model<'_>) {
    if model.mode() != Mode::Api || model.has_wrong_mode() {
        return;
    }
    let attrs = &model.attrs;
    let keys = [
        ("notification", attrs.notification.map(|(_, span)| span)),
        ("version", attrs.version.map(|(_, span)| span)),
        ("upcast", attrs.upcasts.first().map(|upcast| upcast.span)),
    ];
    for (key, span) in keys {
        if let Some(span) = span {
            cx.error(
                span,
                format!(
                    "'{key}' is for what is logged and synced, and a plain typed API is neither"
                ),
            );
        }
    }
}

/// `mode = "rows"` with a field `tx`, or one called `_id`: the table has columns of these names
pub(super) fn columns(cx: &Ctxt, model: &Model<'_>) {
    if model.mode() == Mode::Events {
        return;
    }
    for field in &model.fields {
        let name = &*field.wire;
        if model.mode() == Mode::Rows && TX_COLUMNS.contains(&name) {
            cx.error(
                field.ident.span(),
                format!("'{name}' is a column in which a row's transactions are kept: call the field otherwise"),
            );
        } else if name.starts_with('_') {
            cx.error(
                field.ident.span(),
                format!(
                    "'{name}' would be a column, and those that begin with '_' are the server's own"
                ),
            );
        }
    }
}

fn name(mode: Mode) -> &'static str {
    match mode {
        Mode::Api => "api",
        Mode::Rows => "rows",
        Mode::Events => "events",
    }
}

/// `entity = "Order"`, `path = "events"`, an entity without a plural
pub(super) fn names(cx: &Ctxt, model: &Model<'_>) {
    let snake_case = "is written in snake_case, such as \"line_item\"";
    if let Some(entity) = model
        .attrs
        .entity
        .as_ref()
        .filter(|entity| !is_snake_case(&entity.value()))
    {
        cx.error(entity.span(), format!("an entity {snake_case}"));
    }
    if let Some(path) = model
        .attrs
        .path
        .as_ref()
        .filter(|path| !is_snake_case(&path.value()))
    {
        cx.error(path.span(), format!("a path {snake_case}"));
    }
    let entity = model.entity();
    if !entity.is_ascii() {
        cx.error_at(
            model.ident,
            "the name is ASCII on the wire: write `#[sync(entity = \"...\")]`",
        );
    }
    let Some(path) = model.path() else {
        debug_assert!(inflect::plural(&entity).is_none());
        let message =
            format!("no rule gives the plural of '{entity}': write `#[sync(path = \"...\")]`");
        match &model.attrs.entity {
            Some(entity) => cx.error(entity.span(), message),
            None => cx.error_at(model.ident, message),
        }
        return;
    };
    if RESERVED_PATHS.contains(&path.as_str()) {
        let message = format!(
            "'{path}' is a path of the server's own: write another, `#[sync(path = \"...\")]`"
        );
        match &model.attrs.path {
            Some(path) => cx.error(path.span(), message),
            None => cx.error_at(model.ident, message),
        }
    }
}

/// `snapshot(100, 50)`, `snapshot(0, 50)`
pub(super) fn snapshot(cx: &Ctxt, model: &Model<'_>) {
    if let Some((SnapshotDecl::At { every, max }, span)) = model.attrs.snapshot {
        if every > max {
            cx.error(
                span,
                format!(
                    "snapshot({every}, {max}): the first is when one is taken in the background, the second when one is \
                     taken before answering, so the first is at most the second; did you mean snapshot({max}, {every})?"
                ),
            );
        }
        if every == 0 {
            cx.error(
                span,
                "a snapshot is taken after at least 1 event; for none write `snapshot(off)`",
            );
        }
    }
}

/// `upcast(1 -> 3: ..)`, `upcast(2 -> 3: ..)` at version 2, two from one version, `upcast(1 -> 2: lift)`
pub(super) fn upcasts(cx: &Ctxt, model: &Model<'_>) {
    let version = model.version();
    for (at, upcast) in model.attrs.upcasts.iter().enumerate() {
        let (from, to) = (upcast.from, upcast.to);
        if from == 0 || Some(to) != from.checked_add(1) {
            cx.error(
                upcast.span,
                format!(
                    "an upcast goes from one version to the next, and this from {from} to {to}"
                ),
            );
        } else if to > version {
            cx.error(upcast.span, format!("an upcast to version {to}, and the model is at version {version}: write `version = {to}`"));
        }
        if model.attrs.upcasts[..at]
            .iter()
            .any(|other| other.from == from)
        {
            cx.error(upcast.span, format!("a second upcast from version {from}"));
        }
        for step in &upcast.steps {
            match step {
                LiftDecl::Rename { from, to } if from == to => {
                    cx.error(to.span(), format!("'{to}' is the same name"));
                }
                LiftDecl::Rename { .. } | LiftDecl::Default { .. } | LiftDecl::Function(_) => {}
            }
        }
        for second in upcast.functions().skip(1) {
            cx.error_at(
                second,
                "an upcast runs one function, which each client brings too: call the other from it",
            );
        }
    }
}

/// No id, two of them, `id: i64`
pub(super) fn id(cx: &Ctxt, model: &Model<'_>) {
    let ids: Vec<&Field<'_>> = model
        .fields
        .iter()
        .filter(|field| field.kind == Kind::Id)
        .collect();
    match ids[..] {
        [] => cx.error_at(
            model.ident,
            "a model has an id: a field `id: Uuid`, or another that is marked `#[sync(id)]`",
        ),
        [id] => fields::id_type(cx, id, model.mode()),
        [_, second, ..] => cx.error_at(second.ident, "a model has one id"),
    }
}

/// `#[sync(created_at)]` on two fields
pub(super) fn managed_once(cx: &Ctxt, model: &Model<'_>) {
    for (kind, name) in [
        (Kind::CreatedAt, "created_at"),
        (Kind::UpdatedAt, "updated_at"),
    ] {
        let mut managed = model.fields.iter().filter(|field| field.kind == kind);
        if let (Some(first), Some(second)) = (managed.next(), managed.next()) {
            cx.error_at(
                second.ident,
                format!("a second '{name}' beside '{}'", first.name()),
            );
        }
    }
}

/// `mode = "events"` without events, or without one that makes the entity
pub(super) fn events(cx: &Ctxt, model: &Model<'_>, known: &[Event<'_>]) {
    if model.mode() != Mode::Events {
        return;
    }
    let message = "a model in events mode has at least one event: `events(created, ...)`";
    match &model.attrs.events {
        None if model.attrs.wrote("events") => {}
        None => cx.error_at(model.ident, message),
        Some(decl) if decl.written == 0 => cx.error(decl.span, message),
        // An event that cannot be read, which is an error of its own, may be the one.
        Some(decl) => {
            let creates = |event: &Event<'_>| matches!(event.effect, Effect::Create);
            if known.len() == decl.written && !known.iter().any(creates) {
                cx.error(
                    decl.span,
                    format!(
                        "no event makes a new '{}': add 'created', or another name with the effect, such as `opened(create)`",
                        model.entity()
                    ),
                );
            }
        }
    }
}
