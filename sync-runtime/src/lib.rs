//! What a Syncable backend links.
//!
//! A model is declared once, with `#[derive(Syncable)]`; this crate turns it into a backend. See the README for the
//! whole path and `ARCHITECTURE.md` for the map.

// The derives name this crate by its name, also from inside it.
extern crate self as sync_runtime;

#[cfg(feature = "openapi")]
pub mod openapi;
pub mod schema;
pub mod semantics;
