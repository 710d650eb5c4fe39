//! The rules. Each is preceded by the bad input that it refuses.

mod effects;
mod fields;
mod model;
mod rights;

use crate::{
    ctxt::Ctxt,
    infer::Event,
    input::{Model, container::Mode},
    types::{Body, Data, Declared, Member},
};

/// What a model may declare.
pub(crate) fn model(cx: &Ctxt, model: &Model<'_>, events: &[Event<'_>]) {
    model::other_modes(cx, model);
    model::unlogged(cx, model);
    model::columns(cx, model);
    model::names(cx, model);
    model::snapshot(cx, model);
    model::upcasts(cx, model);
    model::id(cx, model);
    model::managed_once(cx, model);
    for field in &model.fields {
        fields::shared(cx, field, &model.ident.to_string());
        fields::machine(cx, field);
        fields::hidden(cx, field);
        if model.mode() == Mode::Events {
            fields::list(cx, field);
        }
    }
    fields::wire_names(cx, &model.fields);
    model::events(cx, model, events);
    effects::names(cx, model, events);
    effects::fields(cx, model, events);
    rights::groups(cx, model);
    rights::roles(cx, model);
}

/// What a type that a model holds may declare.
pub(crate) fn sync_type(cx: &Ctxt, declared: &Declared<'_>) {
    let name = declared.ident.to_string();
    match &declared.body {
        Body::Struct(of) => fields::all(cx, of, &name),
        Body::Newtype(inner) => fields::recursion(cx, inner, &name),
        Body::Tuple(parts) => parts
            .iter()
            .for_each(|part| fields::recursion(cx, part, &name)),
        Body::Enum { members, .. } => member_names(cx, members),
        Body::Union { members, .. } => {
            member_names(cx, members);
            for member in members {
                match &member.data {
                    Data::Unit => {}
                    Data::Newtype(inner) => fields::recursion(cx, inner, &name),
                    Data::Struct(of) => fields::all(cx, of, &name),
                }
            }
        }
    }
}

/// `#[serde(rename = "a")] A, #[serde(rename = "a")] B`
fn member_names(cx: &Ctxt, members: &[Member<'_>]) {
    let named = members
        .iter()
        .map(|member| (member.ident, &member.wire, &member.aliases));
    fields::distinct(cx, "members", named);
}
