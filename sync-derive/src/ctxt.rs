//! Errors, gathered so that all of them are reported at once.

use std::{cell::RefCell, fmt::Display};

use darling::{Error, error::Accumulator};
use proc_macro2::TokenStream;
use quote::ToTokens;

/// Gathers errors, each at its own token. To drop one without [`Ctxt::finish`] panics: an error that nobody reports is
/// a bug of ours.
pub(crate) struct Ctxt {
    errors: RefCell<Accumulator>,
}

impl Ctxt {
    pub(crate) fn new() -> Self {
        Self {
            errors: RefCell::new(Error::accumulator()),
        }
    }

    /// An error at some tokens.
    pub(crate) fn error_at(&self, at: &impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(at, message));
    }

    /// An error at a span.
    pub(crate) fn error(&self, span: proc_macro2::Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// An error that already has its place.
    pub(crate) fn push(&self, error: impl Into<Error>) {
        self.errors.borrow_mut().push(error.into());
    }

    /// The value, or the error kept for later.
    pub(crate) fn ok<T>(&self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// All errors.
    pub(crate) fn finish(self) -> Result<(), Error> {
        self.errors.into_inner().finish()
    }
}

/// The errors as code.
pub(crate) fn report(errors: Error) -> TokenStream {
    errors.write_errors()
}
