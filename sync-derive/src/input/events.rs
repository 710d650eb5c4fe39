//! `events(created, item_added, tip_added(increment(tip_cents)), ...)`

use proc_macro2::TokenStream;
use syn::{
    Ident, Token, Type, ext::IdentExt, parse::ParseStream, parse::Parser, punctuated::Punctuated,
};

use super::item::{parens, split};
use crate::{ctxt::Ctxt, words};

/// An event as it is written.
pub(crate) struct EventDecl {
    pub(crate) name: Ident,
    /// `None`: the name implies it.
    pub(crate) effect: Option<EffectDecl>,
}

/// An effect as it is written.
pub(crate) enum EffectDecl {
    Create,
    Set(Vec<Ident>),
    Merge(Vec<Ident>),
    /// `merge` alone.
    MergeAll,
    Push(Ident),
    Remove(Ident),
    Update(Ident),
    Increment(Ident),
    Transition(Ident),
    Delete,
    Custom(Box<Type>),
    /// Misspelt, and reported.
    Wrong,
}

/// The closed vocabulary.
pub(crate) const EFFECTS: [&str; 10] = [
    "create",
    "set",
    "merge",
    "push",
    "remove",
    "update",
    "increment",
    "transition",
    "delete",
    "custom",
];

/// Every event of the list; each malformed one is an error of its own.
pub(crate) fn parse(cx: &Ctxt, tokens: TokenStream) -> Vec<EventDecl> {
    let parts = split(tokens).into_iter();
    parts
        .filter_map(|part| cx.ok((|input: ParseStream<'_>| event(cx, input)).parse2(part)))
        .collect()
}

fn event(cx: &Ctxt, input: ParseStream<'_>) -> syn::Result<EventDecl> {
    let name = Ident::parse_any(input)
        .map_err(|error| syn::Error::new(error.span(), "expected the name of an event"))?;
    if input.is_empty() {
        return Ok(EventDecl { name, effect: None });
    }
    let (inside, _) = parens(input).map_err(|error| {
        syn::Error::new(
            error.span(),
            format!("expected `{name}` alone or `{name}(effect)`"),
        )
    })?;
    if !input.is_empty() {
        return Err(input.error("expected a comma"));
    }
    let effect = (|input: ParseStream<'_>| effect(cx, &name, input)).parse2(inside)?;
    Ok(EventDecl {
        name,
        effect: Some(effect),
    })
}

fn effect(cx: &Ctxt, event: &Ident, input: ParseStream<'_>) -> syn::Result<EffectDecl> {
    if input.is_empty() {
        return Err(syn::Error::new(
            event.span(),
            format!("expected an effect, `{event}(set(field))`, or `{event}` alone"),
        ));
    }
    let word = Ident::parse_any(input)?;
    let arguments = if input.is_empty() {
        None
    } else {
        Some(parens(input)?.0)
    };
    if !input.is_empty() {
        return Err(input.error("an event has one effect"));
    }
    let name = word.to_string();
    Ok(match name.as_str() {
        "create" => alone(&word, arguments, EffectDecl::Create)?,
        "delete" => alone(&word, arguments, EffectDecl::Delete)?,
        "set" => EffectDecl::Set(fields(&word, arguments)?),
        "merge" if arguments.is_none() => EffectDecl::MergeAll,
        "merge" => EffectDecl::Merge(fields(&word, arguments)?),
        "push" => EffectDecl::Push(field(&word, arguments, "list")?),
        "remove" => EffectDecl::Remove(field(&word, arguments, "list")?),
        "update" => EffectDecl::Update(field(&word, arguments, "list")?),
        "increment" => EffectDecl::Increment(field(&word, arguments, "field")?),
        "transition" => EffectDecl::Transition(field(&word, arguments, "field")?),
        "custom" => EffectDecl::Custom(Box::new(payload(&word, arguments)?)),
        other => {
            cx.error(word.span(), words::unknown("event effect", other, EFFECTS));
            EffectDecl::Wrong
        }
    })
}

fn alone(
    word: &Ident,
    arguments: Option<TokenStream>,
    effect: EffectDecl,
) -> syn::Result<EffectDecl> {
    match arguments {
        None => Ok(effect),
        Some(_) => Err(syn::Error::new(
            word.span(),
            format!("'{word}' takes no arguments"),
        )),
    }
}

fn fields(word: &Ident, arguments: Option<TokenStream>) -> syn::Result<Vec<Ident>> {
    let parser = |input: ParseStream<'_>| {
        Punctuated::<Ident, Token![,]>::parse_terminated_with(input, Ident::parse_any)
    };
    let fields: Vec<Ident> = match arguments {
        Some(tokens) => parser.parse2(tokens)?.into_iter().collect(),
        None => Vec::new(),
    };
    if fields.is_empty() {
        return Err(syn::Error::new(
            word.span(),
            format!("expected the fields, `{word}(field, ...)`"),
        ));
    }
    Ok(fields)
}

fn field(word: &Ident, arguments: Option<TokenStream>, what: &str) -> syn::Result<Ident> {
    let mut fields = fields(word, arguments).map_err(|error| {
        syn::Error::new(
            error.span(),
            format!("expected one {what}, `{word}({what})`"),
        )
    })?;
    match (fields.pop(), fields.pop()) {
        (Some(only), None) => Ok(only),
        (Some(second), Some(_)) => Err(syn::Error::new(
            second.span(),
            format!("'{word}' takes one {what}"),
        )),
        (None, _) => Err(syn::Error::new(
            word.span(),
            format!("expected one {what}, `{word}({what})`"),
        )),
    }
}

fn payload(word: &Ident, arguments: Option<TokenStream>) -> syn::Result<Type> {
    let expected = || {
        syn::Error::new(
            word.span(),
            "expected the type of the payload, `custom(PayloadType)`",
        )
    };
    syn::parse2(arguments.ok_or_else(expected)?).map_err(|_| expected())
}
