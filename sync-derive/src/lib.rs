//! The derives of Syncable: what may be declared, checked and expanded.
//!
//! `input` is what was written, `infer` gives each event its effect, `check` holds the rules, `expand` writes the code.
//! What the text of a declaration cannot tell is asked of the compiler in constants: see `expand/checks.rs` here and
//! `declare.rs` in `sync-runtime`.

mod case;
mod check;
mod ctxt;
mod docs;
mod expand;
mod infer;
mod inflect;
mod input;
mod serde_attrs;
mod shape;
mod types;
mod words;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, parse_macro_input};

use crate::{ctxt::Ctxt, input::Model, types::Declared};

/// Makes a model of a struct: see the crate `sync-runtime`.
#[proc_macro_derive(Syncable, attributes(sync))]
pub fn syncable(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive_syncable(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct or an enum a type that a model can hold: see the crate `sync-runtime`.
#[proc_macro_derive(SyncType, attributes(sync))]
pub fn sync_type(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive_sync_type(&parse_macro_input!(input as DeriveInput)).into()
}

fn derive_syncable(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::new();
    let Some(model) = Model::parse(&cx, input) else {
        return with_stub(cx, expand::stub_model(&input.ident, None));
    };
    let events = infer::events(&cx, &model);
    check::model(&cx, &model, &events);
    match cx.finish() {
        Ok(()) => expand::model(&model, &events),
        Err(errors) => {
            let stub = expand::stub_model(&input.ident, Some((&model, &events)));
            let errors = ctxt::report(errors);
            quote!(#errors #stub)
        }
    }
}

fn derive_sync_type(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::new();
    let declared = Declared::parse(&cx, input);
    match (cx.finish(), declared) {
        (Ok(()), Some(declared)) => expand::sync_type(&declared),
        (Ok(()), None) => expand::stub_type(input),
        (Err(errors), _) => {
            let stub = expand::stub_type(input);
            let errors = ctxt::report(errors);
            quote!(#errors #stub)
        }
    }
}

fn with_stub(cx: Ctxt, stub: TokenStream) -> TokenStream {
    let errors = cx.finish().err().map(ctxt::report);
    quote!(#errors #stub)
}
