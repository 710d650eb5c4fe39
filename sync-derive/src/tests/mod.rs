//! What a declaration is told, pinned.
//!
//! Each error is shown as the token that it stands at and its text.

mod errors;
mod fields;
mod inference;
mod keys;
mod serde;
mod types;

use syn::DeriveInput;

use crate::{
    ctxt::Ctxt,
    infer::{self, Effect, Target},
    input::Model,
    types::Declared,
};

/// All errors of a model, each with its token.
fn model_errors(source: &str) -> String {
    let input: DeriveInput = syn::parse_str(source).expect("the test is Rust");
    let cx = Ctxt::new();
    if let Some(model) = Model::parse(&cx, &input) {
        let events = infer::events(&cx, &model);
        crate::check::model(&cx, &model, &events);
    }
    show(cx)
}

/// All errors of a type, each with its token.
fn type_errors(source: &str) -> String {
    let input: DeriveInput = syn::parse_str(source).expect("the test is Rust");
    let cx = Ctxt::new();
    Declared::parse(&cx, &input);
    show(cx)
}

fn show(cx: Ctxt) -> String {
    let Err(errors) = cx.finish() else {
        return "no errors".to_owned();
    };
    let lines = syn::Error::from(errors).into_iter().map(|error| {
        let token = error.span().source_text().unwrap_or_default();
        format!(
            "[{}] {error}",
            token.split_whitespace().collect::<Vec<_>>().join(" ")
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A model in events mode with those container keys and fields, beside an id and a `created`.
fn with(keys: &str, fields: &str) -> String {
    format!("#[sync(mode = \"events\", {keys})] struct Order {{ id: Uuid, {fields} }}")
}

/// The errors of such a model.
fn errors_with(keys: &str, fields: &str) -> String {
    model_errors(&with(keys, fields))
}

/// The effects of a model's events, one a line.
fn effects(events: &str, fields: &str) -> String {
    let source = with(&format!("events({events})"), fields);
    let input: DeriveInput = syn::parse_str(&source).expect("the test is Rust");
    let cx = Ctxt::new();
    let model = Model::parse(&cx, &input).expect("a struct");
    let events = infer::events(&cx, &model);
    let name = |target: &Target| model.fields[target.field].name();
    let names = |targets: &[Target]| targets.iter().map(name).collect::<Vec<_>>().join(", ");
    let lines = events.iter().map(|event| {
        let effect = match &event.effect {
            Effect::Create => "create".to_owned(),
            Effect::Set(fields) => format!("set({})", names(fields)),
            Effect::Merge { fields, .. } => format!("merge({})", names(fields)),
            Effect::Push(list) => format!("push({})", name(list)),
            Effect::Remove(list) => format!("remove({})", name(list)),
            Effect::Update(list) => format!("update({})", name(list)),
            Effect::Increment(field) => format!("increment({})", name(field)),
            Effect::Transition(field) => format!("transition({})", name(field)),
            Effect::Delete => "delete".to_owned(),
            Effect::Custom(_) => "custom".to_owned(),
        };
        format!("{} -> {effect}", event.name())
    });
    let lines = lines.collect::<Vec<_>>().join("\n");
    match show(cx).as_str() {
        "no errors" => lines,
        errors => format!("{lines}\n{errors}"),
    }
}
