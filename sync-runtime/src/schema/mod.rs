//! The one model of a declaration.
//!
//! `#[derive(Syncable)]` builds a [`Model`] as a constant. Everything else reads it: the router at run time, OpenAPI,
//! and every emitter. It is the same type in three lives:
//!
//! * a `const`, made of borrowed strings and slices;
//! * JSON in the linker section of a compiled artifact ([`crate::embed`]);
//! * a value read back from that JSON by `cargo sync-gen`.
//!
//! All names in it are wire names. Nothing in it depends on the order of a hash map, on time or on a path.

mod check;
mod event;
mod field;
mod model;
mod payload;
mod storage;
mod sync_type;
#[cfg(feature = "time")]
pub(crate) mod time_crate;
mod types;
mod whole;

pub use check::{Problem, Schema};
pub use event::{Effect, Event};
pub use field::{Default, Field, FieldKind, Length, Range, Rules, Transition, Visibility};
pub use model::{
    Conflict, FieldGroup, Lift, Mode, Model, Notification, Role, SnapshotPolicy, Upcast,
};
pub use payload::{ElementKind, ElementPart, Key, KeyShape, PayloadShape};
pub use storage::{List, Ref, Str};
pub use sync_type::{SyncKey, SyncType};
pub use types::{
    EnumType, IntType, MAX_SAFE_INTEGER, StructType, Tagging, Type, UnionBody, UnionType,
    UnionVariant, Variant,
};
pub use whole::Whole;
