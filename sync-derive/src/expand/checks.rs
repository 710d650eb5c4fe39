//! What only the compiler knows, checked in constants at the token that asks for it.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::field::type_of;
use crate::{
    infer::{Effect, Event, Target},
    input::{
        Field, Kind, Model,
        field::{DefaultDecl, MachineDecl},
    },
    shape::Shape,
};

/// A call of one of the checks.
pub(super) fn call(span: Span, check: &str, arguments: &TokenStream) -> TokenStream {
    let check = syn::Ident::new(check, span);
    quote_spanned!(span=> ::sync_runtime::__private::declare::#check(#arguments))
}

/// Each check as an item of its own, so that all that fail are reported.
pub(super) fn items(checks: Vec<(Span, TokenStream)>) -> TokenStream {
    checks
        .into_iter()
        .map(|(span, check)| quote_spanned!(span=> const _: () = #check;))
        .collect()
}

/// Those of a model.
pub(super) fn model(model: &Model<'_>, events: &[Event<'_>]) -> TokenStream {
    let mut checks: Vec<(Span, TokenStream)> = model.fields.iter().flat_map(field).collect();
    for event in events {
        effect(model, event, &mut checks);
    }
    for field in model
        .fields
        .iter()
        .filter(|field| field.kind == Kind::Id && field.shape == Shape::Unknown)
    {
        checks.push(of_field(field, field.ident.span(), "id"));
    }
    items(checks)
}

/// `check("name", TYPE)`
fn of_field(field: &Field<'_>, span: Span, check: &str) -> (Span, TokenStream) {
    let (name, ty) = (field.name(), type_of(field.ty));
    (span, call(span, check, &quote!(#name, #ty)))
}

/// Those of one field, of a model or deeper down.
pub(super) fn field(field: &Field<'_>) -> Vec<(Span, TokenStream)> {
    let mut checks = Vec::new();
    default(field, &mut checks);
    hidden(field, &mut checks);
    rules(field, &mut checks);
    let time = match field.kind {
        Kind::CreatedAt | Kind::UpdatedAt | Kind::EventTime => true,
        Kind::Plain | Kind::Id | Kind::Machine => false,
    };
    if time && field.shape == Shape::Unknown {
        checks.push(of_field(field, field.ident.span(), "time"));
    }
    if let Some(machine) = &field.attrs.state {
        states(field, machine, &mut checks);
    }
    if let Some(span) = field.skip_if_none.filter(|_| field.shape == Shape::Unknown) {
        checks.push(of_field(field, span, "optional"));
    }
    if let (Some(singular), Shape::Unknown) = (&field.attrs.singular, field.shape) {
        let (name, ty) = (field.name(), type_of(field.ty));
        checks.push((
            singular.span(),
            call(singular.span(), "list", &quote!(#name, #ty, "singular")),
        ));
    }
    checks
}

fn default(field: &Field<'_>, checks: &mut Vec<(Span, TokenStream)>) {
    let ty = type_of(field.ty);
    match &field.default {
        Some(DefaultDecl::Literal(literal)) => {
            let big = field.attrs.big.is_some();
            let json = &literal.json;
            checks.push((
                literal.span,
                call(literal.span, "default_literal", &quote!(#ty, #big, #json)),
            ));
        }
        Some(DefaultDecl::OfType(span)) => checks.push(of_field(field, *span, "default_of_type")),
        None => {}
    }
}

fn hidden(field: &Field<'_>, checks: &mut Vec<(Span, TokenStream)>) {
    if field.default.is_some() || field.shape != Shape::Unknown {
        return;
    }
    let keys = [
        ("exclude", field.attrs.exclude),
        ("owner_only", field.attrs.owner_only),
    ];
    for (key, span) in keys
        .into_iter()
        .filter_map(|(key, span)| Some((key, span?)))
    {
        let (name, ty) = (field.name(), type_of(field.ty));
        checks.push((span, call(span, "hidden", &quote!(#name, #ty, #key))));
    }
}

fn rules(field: &Field<'_>, checks: &mut Vec<(Span, TokenStream)>) {
    if let Some(range) = &field.attrs.range {
        let bounds = range.min.iter().chain(&range.max);
        let whole = bounds.clone().all(|bound| {
            bound
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-')
        });
        let (name, ty) = (field.name(), type_of(field.ty));
        checks.push((
            range.span,
            call(range.span, "range", &quote!(#name, #ty, #whole)),
        ));
    }
    if let Some(length) = &field.attrs.length {
        checks.push(of_field(field, length.span, "length"));
    }
    if let Some(pattern) = &field.attrs.pattern {
        checks.push(of_field(field, pattern.span(), "pattern"));
    }
    if let Some(span) = field.attrs.big {
        checks.push(of_field(field, span, "big"));
    }
}

fn states(field: &Field<'_>, machine: &MachineDecl, checks: &mut Vec<(Span, TokenStream)>) {
    checks.push(of_field(field, machine.span, "machine"));
    let ty = type_of(field.ty);
    for state in machine
        .moves
        .iter()
        .flat_map(|(from, to)| [from].into_iter().chain(to))
    {
        let text = &state.name;
        checks.push((state.span, call(state.span, "state", &quote!(#ty, #text))));
    }
}

fn effect(model: &Model<'_>, event: &Event<'_>, checks: &mut Vec<(Span, TokenStream)>) {
    let hidden = |target: &Target| {
        let field = &model.fields[target.field];
        (field.shape == Shape::Unknown).then_some(field)
    };
    match &event.effect {
        Effect::Merge {
            fields,
            implied: true,
        } => {
            for target in fields {
                if let Some(field) = hidden(target) {
                    checks.push(of_field(field, event.name.span(), "no_list"));
                }
            }
        }
        Effect::Increment(target) => {
            if let Some(field) = hidden(target) {
                checks.push(of_field(field, target.span, "increment"));
            }
        }
        Effect::Custom(payload) => {
            let span = syn::spanned::Spanned::span(payload);
            let (name, ty) = (event.name(), type_of(payload));
            checks.push((span, call(span, "custom_payload", &quote!(#name, #ty))));
        }
        Effect::Push(target) | Effect::Remove(target) => {
            if let Some(field) = hidden(target) {
                let word = if matches!(event.effect, Effect::Push(_)) {
                    "push"
                } else {
                    "remove"
                };
                let (name, ty) = (field.name(), type_of(field.ty));
                checks.push((
                    target.span,
                    call(target.span, "list", &quote!(#name, #ty, #word)),
                ));
            }
        }
        Effect::Update(target) => {
            checks.push(of_field(
                &model.fields[target.field],
                target.span,
                "keyed_list",
            ));
        }
        Effect::Create
        | Effect::Set(_)
        | Effect::Merge { .. }
        | Effect::Transition(_)
        | Effect::Delete => {}
    }
}
