//! From an event's name to its effect.

use proc_macro2::Span;
use syn::{Ident, Type, ext::IdentExt};

use crate::{
    ctxt::Ctxt,
    input::{
        Field, Kind, Model,
        container::Mode,
        events::{EffectDecl, EventDecl},
    },
    words,
};

/// An event and its effect, with fields by their place in the model.
pub(crate) struct Event<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) effect: Effect<'a>,
}

/// What an event does.
#[derive(Clone)]
pub(crate) enum Effect<'a> {
    Create,
    Set(Vec<Target>),
    Merge {
        fields: Vec<Target>,
        /// Not written out: lists are left out.
        implied: bool,
    },
    Push(Target),
    Remove(Target),
    Update(Target),
    Increment(Target),
    Transition(Target),
    Delete,
    Custom(&'a Type),
}

/// A field that an effect works on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) field: usize,
    /// Where it is asked for.
    pub(crate) span: Span,
}

impl Event<'_> {
    pub(crate) fn name(&self) -> String {
        self.name.unraw().to_string()
    }
}

/// Every event whose effect is known; the others are errors. A row has three, whatever is declared.
pub(crate) fn events<'a>(cx: &Ctxt, model: &'a Model<'_>) -> Vec<Event<'a>> {
    if model.mode() != Mode::Events && !model.has_wrong_mode() {
        return changes(model);
    }
    let declared = model.attrs.events.iter().flat_map(|decl| &decl.events);
    declared
        .filter_map(|decl| {
            Some(Event {
                name: &decl.name,
                effect: effect(cx, model, decl)?,
            })
        })
        .collect()
}

/// What happens to a row: it is made, some of its fields change, it ends.
fn changes<'a>(model: &'a Model<'_>) -> Vec<Event<'a>> {
    let fields = model.fields.iter().enumerate();
    let writable = fields.filter(|(_, field)| field.is_writable());
    let updated = Effect::Merge {
        fields: writable
            .map(|(field, declared)| Target {
                field,
                span: declared.ident.span(),
            })
            .collect(),
        implied: false,
    };
    let effects = [Effect::Create, updated, Effect::Delete];
    let names = model.changes.iter();
    names
        .zip(effects)
        .map(|(name, effect)| Event { name, effect })
        .collect()
}

fn effect<'a>(cx: &Ctxt, model: &Model<'_>, decl: &'a EventDecl) -> Option<Effect<'a>> {
    let one = |ident: &Ident| target(cx, model, ident);
    let many = |idents: &[Ident]| {
        let targets: Vec<Target> = idents.iter().filter_map(one).collect();
        (targets.len() == idents.len()).then_some(targets)
    };
    Some(match decl.effect.as_ref() {
        None => return implied(cx, model, &decl.name),
        Some(EffectDecl::Wrong) => return None,
        Some(EffectDecl::Create) => Effect::Create,
        Some(EffectDecl::Set(fields)) => Effect::Set(many(fields)?),
        Some(EffectDecl::Merge(fields)) => Effect::Merge {
            fields: many(fields)?,
            implied: false,
        },
        Some(EffectDecl::MergeAll) => merge_all(model, decl.name.span()),
        Some(EffectDecl::Push(list)) => Effect::Push(one(list)?),
        Some(EffectDecl::Remove(list)) => Effect::Remove(one(list)?),
        Some(EffectDecl::Update(list)) => Effect::Update(one(list)?),
        Some(EffectDecl::Increment(field)) => Effect::Increment(one(field)?),
        Some(EffectDecl::Transition(field)) => Effect::Transition(one(field)?),
        Some(EffectDecl::Delete) => Effect::Delete,
        Some(EffectDecl::Custom(payload)) => Effect::Custom(payload),
    })
}

/// `set(tabel_number)`
pub(crate) fn target(cx: &Ctxt, model: &Model<'_>, ident: &Ident) -> Option<Target> {
    let name = ident.unraw().to_string();
    if let Some(field) = model.fields.iter().position(|field| field.name() == name) {
        return Some(Target {
            field,
            span: ident.span(),
        });
    }
    if model.skipped.iter().any(|skipped| **skipped == *ident) {
        cx.error(
            ident.span(),
            format!("'{name}' is skipped by serde, so it is not part of the model"),
        );
    } else {
        let names: Vec<String> = model.fields.iter().map(Field::name).collect();
        cx.error(
            ident.span(),
            words::unknown("field", &name, names.iter().map(String::as_str)),
        );
    }
    None
}

/// The writable fields that are no lists.
fn merge_all<'a>(model: &Model<'_>, span: Span) -> Effect<'a> {
    let fields = model.fields.iter().enumerate();
    let fields = fields.filter(|(_, field)| field.is_writable() && !field.shape.is_list());
    Effect::Merge {
        fields: fields.map(|(field, _)| Target { field, span }).collect(),
        implied: true,
    }
}

/// What a bare name implies.
fn implied<'a>(cx: &Ctxt, model: &Model<'_>, ident: &Ident) -> Option<Effect<'a>> {
    let name = ident.unraw().to_string();
    let mut readings = readings(model, &name, ident.span());
    if readings.len() == 1 {
        return readings.pop().map(|reading| reading.effect);
    }
    if readings.is_empty() {
        if !waits_for_a_singular(model, &name) {
            cx.error(ident.span(), implies_nothing(model, &name));
        }
    } else {
        let meanings: Vec<String> = readings
            .iter()
            .map(|reading| format!("`{name}({})`", reading.text))
            .collect();
        cx.error(
            ident.span(),
            format!(
                "'{name}' implies two things: write {}",
                meanings.join(" or ")
            ),
        );
    }
    None
}

/// One thing that a name may mean.
struct Reading<'a> {
    text: String,
    effect: Effect<'a>,
}

fn readings<'a>(model: &Model<'_>, name: &str, span: Span) -> Vec<Reading<'a>> {
    let mut readings: Vec<Reading<'a>> = Vec::new();
    let mut add = |text: String, effect: Effect<'a>| {
        if readings.iter().all(|reading| reading.text != text) {
            readings.push(Reading { text, effect });
        }
    };
    match name {
        "created" => add("create".to_owned(), Effect::Create),
        "updated" => add("merge".to_owned(), merge_all(model, span)),
        "deleted" | "archived" => add("delete".to_owned(), Effect::Delete),
        _ => {}
    }
    for (field, declared) in model.fields.iter().enumerate() {
        let of = declared.name();
        let target = Target { field, span };
        if let Some(singular) = &declared.singular {
            match name.strip_prefix(singular.rust.as_str()) {
                Some("_added") => add(format!("push({of})"), Effect::Push(target)),
                Some("_removed") => add(format!("remove({of})"), Effect::Remove(target)),
                Some("_updated") => add(format!("update({of})"), Effect::Update(target)),
                _ => {}
            }
        }
        if name.strip_suffix("_changed") == Some(of.as_str()) {
            match declared.kind {
                Kind::Machine => add(format!("transition({of})"), Effect::Transition(target)),
                _ => add(format!("set({of})"), Effect::Set(vec![target])),
            }
        }
    }
    if name == "state_changed"
        && let [(field, machine)] = model.machines().collect::<Vec<_>>()[..]
    {
        add(
            format!("transition({})", machine.name()),
            Effect::Transition(Target { field, span }),
        );
    }
    readings
}

/// `child_added` where `children` lacks its singular, which is an error of its own.
fn waits_for_a_singular(model: &Model<'_>, name: &str) -> bool {
    let about_a_list = ["_added", "_removed", "_updated"]
        .iter()
        .any(|end| name.ends_with(end));
    about_a_list
        && model
            .fields
            .iter()
            .any(|field| field.shape.is_list() && field.singular.is_none())
}

fn implies_nothing(model: &Model<'_>, name: &str) -> String {
    let machines: Vec<String> = model.machines().map(|(_, field)| field.name()).collect();
    if name == "state_changed" {
        return match &machines[..] {
            [] => "'state_changed' moves the model's one state machine, and it has none: give a field `state(...)`"
                .to_owned(),
            [first, ..] => format!(
                "'state_changed' moves the model's one state machine, and it has {} ({}): write which, \
                 `state_changed(transition({first}))`",
                machines.len(),
                machines.join(", "),
            ),
        };
    }
    let known = known_names(model);
    match words::nearest(name, known.iter().map(String::as_str)) {
        Some(word) => format!("'{name}' implies no effect, did you mean '{word}'?"),
        None => format!(
            "'{name}' implies no effect: write one, such as `{name}(set(field))`; names that imply one are created, \
             updated, deleted, archived, state_changed, <field>_changed and, for lists, <singular>_added, _removed \
             and _updated"
        ),
    }
}

fn known_names(model: &Model<'_>) -> Vec<String> {
    let mut known: Vec<String> = ["created", "updated", "deleted", "archived"]
        .map(str::to_owned)
        .into();
    if model.machines().count() == 1 {
        known.push("state_changed".to_owned());
    }
    for field in &model.fields {
        if field.is_writable() || field.kind == Kind::Machine {
            known.push(format!("{}_changed", field.name()));
        }
        if let (true, Some(singular)) = (field.shape.is_list(), &field.singular) {
            known.extend(
                ["added", "removed", "updated"].map(|end| format!("{}_{end}", singular.rust)),
            );
        }
    }
    known
}
