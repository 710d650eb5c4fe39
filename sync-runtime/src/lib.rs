//! What a Syncable backend links.
//!
//! A model is declared once, with `#[derive(Syncable)]`; this crate turns it into a backend: [`SyncService`] has its
//! routes, its log and its streams. See the README for the whole path and `ARCHITECTURE.md` for the map.

// The derives name this crate by its name, also from inside it.
extern crate self as sync_runtime;

#[cfg(all(feature = "server", not(any(feature = "postgres", feature = "sqlite"))))]
compile_error!(
    "a backend keeps its log somewhere: turn on the feature `sqlite` or `postgres` of sync-runtime"
);

#[cfg(feature = "admin")]
pub mod admin;
#[doc(hidden)]
pub mod declare;
pub mod embed;
#[cfg(feature = "server")]
pub mod emit;
#[cfg(feature = "server")]
pub mod feed;
#[cfg(feature = "server")]
pub mod guard;
#[cfg(feature = "server")]
pub mod history;
#[cfg(feature = "server")]
pub mod http;
#[cfg(feature = "server")]
pub mod ingest;
#[cfg(feature = "jwt")]
pub mod jwt;
#[cfg(feature = "server")]
pub mod metrics;
#[cfg(feature = "server")]
pub mod notify;
#[cfg(feature = "openapi")]
pub mod openapi;
#[cfg(feature = "server")]
mod plain;
#[cfg(feature = "server")]
pub mod principal;
#[cfg(feature = "server")]
pub mod registry;
pub mod schema;
pub mod semantics;
#[cfg(feature = "server")]
pub mod serve;
#[cfg(feature = "server")]
pub mod service;
#[cfg(feature = "server")]
pub mod settings;
#[cfg(feature = "server")]
mod shapes;
pub mod sql;
#[cfg(feature = "server")]
pub mod store;
pub mod tables;
pub mod typed;

#[cfg(feature = "server")]
pub use async_trait::async_trait;
#[cfg(feature = "server")]
pub use emit::{EmitError, Emitted, Recorded, SyncContext};
#[cfg(feature = "server")]
pub use guard::{Applied, Attempt, Guard, Refusal};
#[cfg(feature = "server")]
pub use http::{AuthError, Authenticator, DevTokens};
#[cfg(feature = "server")]
pub use principal::Principal;
pub use schema::{SyncKey, SyncType};
#[cfg(feature = "server")]
pub use serve::{Serve, serve};
#[cfg(feature = "server")]
pub use service::{BuildError, SyncService};
#[cfg(feature = "server")]
pub use settings::{Settings, SettingsError};
#[cfg(feature = "server")]
pub use sqlx;
#[cfg(feature = "server")]
pub use store::Transaction;
pub use sync_derive::{SyncType, Syncable};
pub use typed::{
    Entity, Event, EventMeta, EventModel, ModelEvent, PayloadError, Syncable, UpcastFn,
};

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
