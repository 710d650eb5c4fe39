//! A member of an enum as a value of the schema.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;

use super::{checks, field, list, text, texts};
use crate::types::{Data, Member, Tag};

/// Of an enum without data.
pub(super) fn plain(member: &Member<'_>) -> TokenStream {
    let (name, doc, aliases) = (
        text(&member.wire),
        text(&member.doc),
        texts(&member.aliases),
    );
    quote!(::sync_runtime::schema::Variant { name: #name, doc: #doc, aliases: #aliases })
}

/// Of an enum with data.
pub(super) fn with_data(member: &Member<'_>) -> TokenStream {
    let (name, doc, aliases) = (
        text(&member.wire),
        text(&member.doc),
        texts(&member.aliases),
    );
    let body = match &member.data {
        Data::Unit => quote!(Unit),
        Data::Newtype(ty) => {
            let ty = field::type_of(ty);
            quote!(Newtype(::sync_runtime::schema::Ref::Static(#ty)))
        }
        Data::Struct(fields) => {
            let fields = list(fields.iter().map(field::field));
            quote!(Struct(#fields))
        }
    };
    quote! {
        ::sync_runtime::schema::UnionVariant {
            name: #name,
            doc: #doc,
            aliases: #aliases,
            body: ::sync_runtime::schema::UnionBody::#body,
        }
    }
}

/// What only the compiler knows of it.
pub(super) fn checks(member: &Member<'_>, tag: &Tag) -> Vec<(Span, TokenStream)> {
    match &member.data {
        Data::Unit => Vec::new(),
        Data::Newtype(inner) if matches!(tag, Tag::Internal(_)) => {
            let (name, ty) = (member.ident.to_string(), field::type_of(inner));
            vec![(
                inner.span(),
                checks::call(inner.span(), "internally_tagged", &quote!(#name, #ty)),
            )]
        }
        Data::Newtype(_) => Vec::new(),
        Data::Struct(fields) => fields.iter().flat_map(checks::field).collect(),
    }
}
