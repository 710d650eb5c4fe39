//! What stands in for a type whose declaration is wrong, so that its users show no errors of their own.

use proc_macro2::TokenStream;
use quote::quote;

use super::events;
use crate::{infer::Event, input::Model};

/// A model without fields, with whatever events are known.
pub(crate) fn stub_model(
    ident: &syn::Ident,
    known: Option<(&Model<'_>, &[Event<'_>])>,
) -> TokenStream {
    let (types, impls) = match known {
        Some((model, known)) => (events::types(model, known), events::impls(model, known)),
        None => Default::default(),
    };
    quote! {
        #types

        const _: () = {
            impl ::sync_runtime::Syncable for #ident {
                const MODEL: &'static ::sync_runtime::schema::Model = ::sync_runtime::__private::declare::EMPTY;
            }

            #impls
        };
    }
}

/// A type that is any JSON.
pub(crate) fn stub_type(input: &syn::DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote! {
        impl #impl_generics ::sync_runtime::SyncType for #ident #ty_generics #where_clause {
            const TYPE: &'static ::sync_runtime::schema::Type = &::sync_runtime::schema::Type::Json;
            type Key = Self;
            type Item = Self;
            type Patch = Self;
        }

        impl #impl_generics ::sync_runtime::SyncKey for #ident #ty_generics #where_clause {}
    }
}
