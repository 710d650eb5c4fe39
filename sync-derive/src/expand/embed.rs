//! The model as bytes in the compiled artifact.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

/// A section of the artifact, filled while the crate compiles.
pub(super) fn embed(model: &Ident) -> TokenStream {
    quote! {
        const LEN: usize = ::sync_runtime::embed::len(<#model as ::sync_runtime::Syncable>::MODEL);
        #[used]
        #[allow(unsafe_code)]
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,syncmeta"))]
        #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = "syncmeta"))]
        static EMBEDDED: [u8; LEN] =
            ::sync_runtime::embed::bytes::<LEN>(<#model as ::sync_runtime::Syncable>::MODEL);
    }
}
