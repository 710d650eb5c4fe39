//! What is written out, once everything is checked.

mod checks;
mod embed;
mod events;
mod field;
mod model;
mod payload;
mod stub;
mod sync_type;
mod variant;

pub(crate) use model::model;
pub(crate) use stub::{stub_model, stub_type};
pub(crate) use sync_type::sync_type;

use proc_macro2::TokenStream;
use quote::quote;

/// A string of the schema.
fn text(text: &str) -> TokenStream {
    quote!(::std::borrow::Cow::Borrowed(#text))
}

/// A list of the schema.
fn list(items: impl IntoIterator<Item = TokenStream>) -> TokenStream {
    let items = items.into_iter();
    quote!(::std::borrow::Cow::Borrowed(&[#(#items),*]))
}

/// A list of strings of the schema.
fn texts(texts: impl IntoIterator<Item = impl AsRef<str>>) -> TokenStream {
    list(texts.into_iter().map(|it| text(it.as_ref())))
}

/// `Some(..)` or `None`.
fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::std::option::Option::Some(#value)),
        None => quote!(::std::option::Option::None),
    }
}

/// The identifier of that name, raw where it is a keyword.
fn ident(name: &str, span: proc_macro2::Span) -> syn::Ident {
    match syn::parse_str::<syn::Ident>(name) {
        Ok(_) => syn::Ident::new(name, span),
        Err(_) => syn::Ident::new_raw(name, span),
    }
}
