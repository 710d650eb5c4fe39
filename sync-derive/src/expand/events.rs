//! The enum over a model's events, and what a model can do with them.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;

use super::payload;
use crate::{
    case,
    infer::{Effect, Event},
    input::{Kind, Model},
};

/// `OrderEvent`
pub(super) fn enum_name(model: &Model<'_>) -> Ident {
    format_ident!("{}Event", model.ident)
}

fn variant(event: &Event<'_>) -> Ident {
    format_ident!("{}", case::pascal(&event.name()), span = event.name.span())
}

fn payload_type(model: &Model<'_>, event: &Event<'_>) -> TokenStream {
    match &event.effect {
        Effect::Custom(ty) => quote!(#ty),
        _ => {
            let name = payload::name(model, event);
            quote!(#name)
        }
    }
}

/// The payloads and the enum: items of the model's module.
pub(super) fn types(model: &Model<'_>, events: &[Event<'_>]) -> TokenStream {
    let vis = model.vis;
    let name = enum_name(model);
    let payloads = events.iter().map(|event| payload::payload(model, event));
    let doc = format!("The events of [`{}`].", model.ident);
    let variants = events.iter().map(|event| {
        let doc = format!("`{}.{}`", model.entity(), event.name());
        let variant = variant(event);
        let payload = payload_type(model, event);
        quote!(#[doc = #doc] #variant(#payload))
    });
    quote! {
        #(#payloads)*

        #[doc = #doc]
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::large_enum_variant, clippy::derive_partial_eq_without_eq)]
        #vis enum #name { #(#variants,)* }
    }
}

/// `impl EventModel`, `impl ModelEvent`, `apply` and the server's methods.
pub(super) fn impls(model: &Model<'_>, events: &[Event<'_>]) -> TokenStream {
    let ident = model.ident;
    let name = enum_name(model);
    let id = model.fields.iter().find(|field| field.kind == Kind::Id);
    // A model without an id is an error already; what is written for it only has to compile.
    let (id, id_of) = id.map_or_else(
        || {
            (
                quote!(::std::string::String),
                quote!(::std::string::String::new()),
            )
        },
        |field| {
            let (ty, name) = (field.ty, field.ident);
            (quote!(#ty), quote!(::std::clone::Clone::clone(&self.#name)))
        },
    );
    let vis = model.vis;
    let conversions = conversions(model, events, &name);
    let customs = customs(model, events);
    quote! {
        impl ::sync_runtime::EventModel for #ident {
            type Event = #name;
            type Id = #id;

            fn id(&self) -> Self::Id {
                #id_of
            }
        }

        #conversions

        #[allow(non_upper_case_globals)]
        const CUSTOMS: &[(&str, ::sync_runtime::__private::CustomFn)] = &[#(#customs),*];

        impl #ident {
            /// The state after one more event: a pure function, the same on every replica.
            #vis fn apply(
                state: ::sync_runtime::Entity<Self>,
                event: &::sync_runtime::Event<#name>,
            ) -> ::sync_runtime::Entity<Self> {
                ::sync_runtime::__private::apply::<Self>(CUSTOMS, state, event)
            }
        }

        ::sync_runtime::__event_model_methods!(#ident, #name);
    }
}

fn conversions(model: &Model<'_>, events: &[Event<'_>], name: &Ident) -> TokenStream {
    let ident = model.ident;
    let value = quote!(::sync_runtime::__private::serde_json::Value);
    let error = quote!(::sync_runtime::__private::PayloadError);
    let schema = quote!(<#ident as ::sync_runtime::Syncable>::MODEL);
    let each = events
        .iter()
        .map(|event| (variant(event), event.name()))
        .collect::<Vec<_>>();
    let names = each
        .iter()
        .map(|(variant, name)| quote!(Self::#variant(_) => #name));
    let encodings = each.iter().map(|(variant, name)| {
        quote!(Self::#variant(payload) => ::sync_runtime::__private::encode(#schema, #name, payload))
    });
    let decodings = each.iter().map(|(variant, name)| {
        quote!(#name => ::sync_runtime::__private::decode(#schema, #name, payload, time).map(Self::#variant))
    });
    // An enum without members, as an error leaves it, has nothing to match.
    let no_names = events.is_empty().then(|| quote!(_ => ""));
    let no_encodings = events
        .is_empty()
        .then(|| quote!(_ => ::std::result::Result::Err(#error::unknown(""))));
    quote! {
        impl ::sync_runtime::ModelEvent for #name {
            fn name(&self) -> &'static str {
                match self { #(#names,)* #no_names }
            }

            fn to_payload(&self) -> ::std::result::Result<#value, #error> {
                match self { #(#encodings,)* #no_encodings }
            }

            fn from_payload(
                name: &str,
                payload: &#value,
                time: ::sync_runtime::__private::chrono::DateTime<::sync_runtime::__private::chrono::Utc>,
            ) -> ::std::result::Result<Self, #error> {
                match name {
                    #(#decodings,)*
                    _ => ::std::result::Result::Err(#error::unknown(name)),
                }
            }
        }
    }
}

/// The custom effects: for each its name and a function over JSON. A function that is missing, or of another type, is
/// an error at the event.
fn customs(model: &Model<'_>, events: &[Event<'_>]) -> Vec<TokenStream> {
    let ident = model.ident;
    let custom = events.iter().filter_map(|event| match &event.effect {
        Effect::Custom(payload) => Some((event, payload)),
        _ => None,
    });
    custom
        .map(|(event, payload)| {
            let name = event.name();
            let function = event.name;
            let effect = quote_spanned! {function.span()=>
                { let effect: fn(&mut #ident, &#payload, &::sync_runtime::EventMeta) = #ident::#function; effect }
            };
            quote! {
                (#name, {
                    fn run(
                        state: &mut ::sync_runtime::__private::serde_json::Value,
                        payload: &::sync_runtime::__private::serde_json::Value,
                        meta: &::sync_runtime::EventMeta,
                    ) -> ::std::result::Result<(), ::std::string::String> {
                        ::sync_runtime::__private::run_custom::<#ident, #payload>(#effect, state, payload, meta)
                    }
                    run
                })
            }
        })
        .collect()
}
