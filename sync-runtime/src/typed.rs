//! Events and states as Rust types.
//!
//! The derive writes an enum over a model's events and a struct for each payload; this module carries them to and from
//! the JSON that logs and clients hold.

mod convert;
mod custom;
mod fold;
mod upcast;

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

use crate::schema::Model;

pub use convert::{decode, encode};
pub use custom::{CustomFn, Registration, run_custom};
pub use fold::apply;
#[cfg(feature = "server")]
pub(crate) use fold::entity_of;
pub use upcast::UpcastFn;
pub(crate) use upcast::run_upcast;

/// A model: what `#[derive(Syncable)]` makes of a struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no model",
    label = "not `Syncable`",
    note = "add `#[derive(sync_runtime::Syncable)]` and `#[sync(mode = \"events\", …)]` to it"
)]
pub trait Syncable: Serialize + DeserializeOwned + 'static {
    /// Its declaration.
    const MODEL: &'static Model;
}

/// A model that is the fold of its events.
pub trait EventModel: Syncable {
    /// Its events.
    type Event: ModelEvent;
    /// The type of its primary key.
    type Id: Serialize + Clone;

    /// Its primary key.
    fn id(&self) -> Self::Id;
}

/// The events of one model; the derive implements it for the enum that it writes.
pub trait ModelEvent: Sized + Clone + fmt::Debug + Send + Sync + 'static {
    /// The name without the entity: `item_added`.
    fn name(&self) -> &'static str;

    /// The payload as it travels.
    ///
    /// # Errors
    ///
    /// A value that has no form on the wire.
    fn to_payload(&self) -> Result<Value, PayloadError>;

    /// Reads the payload of the event called `name`; `time` is the event's own, for fields that it fills.
    ///
    /// # Errors
    ///
    /// An unknown name, or a payload that does not fit it.
    fn from_payload(name: &str, payload: &Value, time: DateTime<Utc>)
    -> Result<Self, PayloadError>;
}

/// A typed event with its place in the order.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<E> {
    /// Whose it is and when it happened.
    pub meta: EventMeta,
    /// What happened.
    pub event: E,
}

/// What a custom effect may know of its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventMeta {
    /// The event's id.
    pub id: Uuid,
    /// Whose event it is.
    pub entity_id: String,
    /// Its stamp, by which events are ordered.
    pub timestamp: String,
    /// The time in its stamp.
    pub time: DateTime<Utc>,
    /// Who made it; `None` where Rust code did.
    pub user_id: Option<String>,
}

/// What is known of an entity at a place in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entity<T> {
    /// Not created yet.
    Absent,
    /// Its state.
    Live(T),
    /// Ended: nothing after it counts.
    Deleted,
}

impl<T> Entity<T> {
    /// The state, if there is one.
    pub fn live(self) -> Option<T> {
        match self {
            Entity::Live(state) => Some(state),
            Entity::Absent | Entity::Deleted => None,
        }
    }
}

/// Why a payload could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadError {
    /// The event, without the entity.
    pub event: String,
    /// What is wrong, with the place in the payload where it is known.
    pub reason: String,
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "payload of `{}`: {}", self.event, self.reason)
    }
}

impl std::error::Error for PayloadError {}

impl PayloadError {
    pub(crate) fn new(event: &str, reason: impl fmt::Display) -> Self {
        Self {
            event: event.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// The error for a name that the model does not have.
    pub fn unknown(event: &str) -> Self {
        Self::new(event, "the model has no event of that name")
    }
}

/// Registers a model and its custom effects with the program that links it.
#[cfg(feature = "server")]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($registration:expr) => {
        $crate::__private::inventory::submit! { $registration }
    };
}

/// Without a server there is nothing to register with.
#[cfg(not(feature = "server"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($registration:expr) => {
        const _: $crate::__private::Registration = $registration;
    };
}

/// Without a server there is no log to write to; with one, see `emit.rs`.
#[cfg(not(feature = "server"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __event_model_methods {
    ($model:ty, $event:ty) => {};
}

#[cfg(feature = "server")]
inventory::collect!(Registration);
