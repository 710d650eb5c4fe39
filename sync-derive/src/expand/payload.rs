//! A struct for the payload of each event.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, Type, spanned::Spanned};

use super::ident;
use crate::{
    case,
    infer::{Effect, Event, Target},
    input::{Field, Model, field::DefaultDecl},
    shape::{Shape, argument},
};

/// `OrderItemAdded`
pub(super) fn name(model: &Model<'_>, event: &Event<'_>) -> Ident {
    format_ident!(
        "{}{}",
        model.ident,
        case::pascal(&event.name()),
        span = event.name.span()
    )
}

/// The struct; a custom event brings its own.
pub(super) fn payload(model: &Model<'_>, event: &Event<'_>) -> TokenStream {
    let of = |target: &Target| &model.fields[target.field];
    let (keys, does) = match &event.effect {
        Effect::Custom(_) => return TokenStream::new(),
        Effect::Create => {
            let writable = model.fields.iter().filter(|field| field.is_writable());
            (
                writable.map(created).collect(),
                "makes the entity".to_owned(),
            )
        }
        Effect::Set(fields) => (
            fields.iter().map(|t| whole(of(t), of(t).ty)).collect(),
            "replaces these fields".to_owned(),
        ),
        Effect::Merge { fields, .. } => (
            fields.iter().map(|t| optional(of(t))).collect(),
            "replaces those fields that are given".to_owned(),
        ),
        Effect::Push(list) => (
            vec![element(of(list))],
            format!("adds to `{}`", of(list).name()),
        ),
        Effect::Remove(list) => (
            vec![removed(of(list))],
            format!("takes out of `{}`", of(list).name()),
        ),
        Effect::Update(list) => (
            updated(of(list)),
            format!("changes an element of `{}`", of(list).name()),
        ),
        Effect::Increment(field) => (vec![amount()], format!("adds to `{}`", of(field).name())),
        Effect::Transition(field) => (
            vec![state(of(field))],
            format!("moves `{}`", of(field).name()),
        ),
        Effect::Delete => (Vec::new(), "ends the entity".to_owned()),
    };
    let starts_empty = matches!(event.effect, Effect::Merge { .. } | Effect::Delete);
    let doc = format!("Payload of `{}.{}`: {does}.", model.entity(), event.name());
    declare(model.vis, &name(model, event), &doc, &keys, starts_empty)
}

/// A struct with serde's derives.
fn declare(
    vis: &syn::Visibility,
    name: &Ident,
    doc: &str,
    keys: &[TokenStream],
    starts_empty: bool,
) -> TokenStream {
    let default = starts_empty.then(|| quote!(Default,));
    quote! {
        #[doc = #doc]
        #[derive(
            Debug, Clone, PartialEq, #default
            ::sync_runtime::__private::serde::Serialize, ::sync_runtime::__private::serde::Deserialize,
        )]
        #[serde(crate = "::sync_runtime::__private::serde")]
        #[allow(clippy::option_option, clippy::derive_partial_eq_without_eq)]
        #vis struct #name { #(#keys,)* }
    }
}

/// `OrderItemPatch`: some fields of a struct with an id.
pub(super) fn patch(
    vis: &syn::Visibility,
    name: &Ident,
    of: &Ident,
    generics: &syn::Generics,
    fields: &[Field<'_>],
) -> TokenStream {
    let keys = fields
        .iter()
        .filter(|field| field.is_writable())
        .map(optional);
    let doc = format!("Some fields of [`{of}`]; those that are `None` stay.");
    let bounds = bounds(generics);
    quote! {
        #[doc = #doc]
        #[derive(
            Debug, Clone, PartialEq, Default,
            ::sync_runtime::__private::serde::Serialize, ::sync_runtime::__private::serde::Deserialize,
        )]
        #[serde(crate = "::sync_runtime::__private::serde")]
        #bounds
        #[allow(clippy::option_option, clippy::derive_partial_eq_without_eq)]
        #vis struct #name #generics { #(#keys,)* }
    }
}

/// Serde derives no bounds for what a function reads.
fn bounds(generics: &syn::Generics) -> Option<TokenStream> {
    let parameters: Vec<String> = generics
        .type_params()
        .map(|it| it.ident.to_string())
        .collect();
    let all = |bound: &str| {
        let each = parameters
            .iter()
            .map(|name| format!("{name}: ::sync_runtime::__private::serde::{bound}"));
        each.collect::<Vec<_>>().join(", ")
    };
    let (serialize, deserialize) = (all("Serialize"), all("Deserialize<'de>"));
    (!parameters.is_empty())
        .then(|| quote!(#[serde(bound(serialize = #serialize, deserialize = #deserialize))]))
}

/// A key of a `create`: optional where the field has a default.
fn created(field: &Field<'_>) -> TokenStream {
    match (&field.default, field.shape) {
        // Absent and null say the same.
        (None | Some(DefaultDecl::OfType(_)), Shape::Option) => {
            let ty = field.ty;
            key(
                field,
                &quote!(#[serde(default, skip_serializing_if = "::std::option::Option::is_none")]),
                &quote!(#ty),
            )
        }
        (Some(_), _) => optional(field),
        (None, _) => whole(field, field.ty),
    }
}

fn whole(field: &Field<'_>, ty: &Type) -> TokenStream {
    key(field, &TokenStream::new(), &quote!(#ty))
}

/// `None` is an absent key; null is `Some` of what null stands for.
fn optional(field: &Field<'_>) -> TokenStream {
    let ty = field.ty;
    let serde = quote! {
        #[serde(
            default,
            skip_serializing_if = "::std::option::Option::is_none",
            deserialize_with = "::sync_runtime::__private::present"
        )]
    };
    key(field, &serde, &quote!(::std::option::Option<#ty>))
}

fn key(field: &Field<'_>, serde: &TokenStream, ty: &TokenStream) -> TokenStream {
    let Field {
        ident,
        vis,
        wire,
        doc,
        ..
    } = field;
    let doc = if doc.is_empty() {
        format!("The new `{}`.", field.name())
    } else {
        doc.clone()
    };
    quote! {
        #[doc = #doc]
        #[serde(rename = #wire)]
        #serde
        #vis #ident: #ty
    }
}

fn element(list: &Field<'_>) -> TokenStream {
    let ty = item(list);
    let (name, wire) = singular(list);
    let name = ident(&name, list.ident.span());
    single(&name, &wire, &[], "The element.", &ty)
}

/// By the id where there is one, else by value. Which of the two is for the compiler to know: the name is a guess, and
/// the other name is read as well.
fn removed(list: &Field<'_>) -> TokenStream {
    let item = item(list);
    let ty = quote_spanned!(list.ty.span()=> <#item as ::sync_runtime::SyncType>::Key);
    let by_value = list.shape == Shape::Set
        || argument(list.ty).is_some_and(|item| Shape::of(item) != Shape::Unknown);
    let (rust, wire) = singular(list);
    if by_value {
        single(
            &ident(&rust, list.ident.span()),
            &wire,
            &[format!("{wire}_id")],
            "The element.",
            &ty,
        )
    } else {
        let name = format_ident!("{rust}_id", span = list.ident.span());
        single(
            &name,
            &format!("{wire}_id"),
            &[wire],
            "The id of the element, or itself if it has none.",
            &ty,
        )
    }
}

fn updated(list: &Field<'_>) -> Vec<TokenStream> {
    let item = item(list);
    let (rust, wire) = singular(list);
    let id = quote_spanned!(list.ty.span()=> <#item as ::sync_runtime::SyncType>::Key);
    let patch = quote_spanned!(list.ty.span()=> <#item as ::sync_runtime::SyncType>::Patch);
    let id_name = format_ident!("{rust}_id", span = list.ident.span());
    let name = ident(&rust, list.ident.span());
    vec![
        single(
            &id_name,
            &format!("{wire}_id"),
            &[],
            "The id of the element.",
            &id,
        ),
        single(&name, &wire, &[], "What changes.", &patch),
    ]
}

fn item(list: &Field<'_>) -> TokenStream {
    let ty = list.ty;
    // What the text tells needs no question, and cannot be answered with an error.
    match argument(ty).filter(|_| matches!(ty, Type::Path(_)) && is_std_list(list)) {
        Some(item) => quote!(#item),
        None => quote_spanned!(ty.span()=> <#ty as ::sync_runtime::SyncType>::Item),
    }
}

/// `Vec<T>`, not a `Box` of one.
fn is_std_list(list: &Field<'_>) -> bool {
    let inner = argument(list.ty).map(Shape::of);
    list.shape.is_list() && inner.is_none_or(|inner| !inner.is_list())
}

fn amount() -> TokenStream {
    quote! {
        /// How much is added, within ±(2^53-1).
        pub by: i64
    }
}

fn state(machine: &Field<'_>) -> TokenStream {
    let name = format_ident!("new_{}", machine.name(), span = machine.ident.span());
    let ty = machine.ty;
    single(
        &name,
        &format!("new_{}", machine.wire),
        &[],
        "The state to move to.",
        &quote!(#ty),
    )
}

fn single(
    name: &Ident,
    wire: &str,
    aliases: &[String],
    doc: &str,
    ty: &TokenStream,
) -> TokenStream {
    quote! {
        #[doc = #doc]
        #[serde(rename = #wire #(, alias = #aliases)*)]
        pub #name: #ty
    }
}

/// Where no rule gives one it is an error already; any name will do.
fn singular(list: &Field<'_>) -> (String, String) {
    match &list.singular {
        Some(singular) => (singular.rust.clone(), singular.wire.clone()),
        None => ("element".to_owned(), "element".to_owned()),
    }
}
