//! The application's own rules before a write, and its own tables in the same transaction after it.
//!
//! ```
//! # use sync_runtime::{Attempt, Entity, EventModel, Guard, Refusal, async_trait};
//! # trait Closable { fn is_closed(&self) -> bool; }
//! struct OnlyOpenTables;
//!
//! #[async_trait]
//! impl<M: EventModel + Closable + Send + Sync> Guard<M> for OnlyOpenTables {
//!     async fn check(&self, attempt: &Attempt<'_, M>) -> Result<(), Refusal> {
//!         match &attempt.state {
//!             Entity::Live(order) if order.is_closed() => {
//!                 Err(Refusal::new("table_closed", "this table has been closed; open another"))
//!             }
//!             _ => Ok(()),
//!         }
//!     }
//! }
//! ```
//!
//! A guard is handed to the builder: `.guard::<Order>(OnlyOpenTables)`. All of it runs in the one task that writes, inside
//! its transaction, so it should be short: what a tenant's guards take of one group is bounded
//! ([`guard_time`](crate::service::Builder::guard_time)), and then his events are told to come again. Nothing in it may block
//! the thread or write by [`emit`](crate::emit); an `emit` from inside is refused.

mod any;
mod refusal;

use async_trait::async_trait;

pub use refusal::Refusal;
pub(crate) use {
    any::{AnyGuard, Typed, Write},
    refusal::Verdict,
};

use crate::{
    principal::Principal,
    store::Transaction,
    typed::{Entity, Event, EventModel},
};

/// The application's rules for one model, and what it does about each event that is accepted.
#[async_trait]
pub trait Guard<M: EventModel + Send + Sync>: Send + Sync + 'static {
    /// Looks at an event that has passed every check of the declaration, before it is written.
    ///
    /// Idempotent: it may be asked about an event that is then not written, and again when that is sent once more. It is
    /// never asked about one that is in the log.
    ///
    /// # Errors
    ///
    /// [`Refusal::new`]: the event is rejected with that code and reason. Any other error, a panic and a guard that takes too
    /// long: the event gets `storage_unavailable`, and the client sends it again.
    async fn check(&self, attempt: &Attempt<'_, M>) -> Result<(), Refusal> {
        let _ = attempt;
        Ok(())
    }

    /// Writes the application's own tables, in the transaction that writes the event: either both are there or neither is,
    /// once for each accepted event, however often it is sent.
    ///
    /// It may run again for the same event after a transaction that came to nothing, so it should do nothing that a rollback
    /// does not undo. It neither commits nor rolls back.
    ///
    /// # Errors
    ///
    /// What it wrote for this event is undone and the event is rejected, as by [`Guard::check`]; the other events of the
    /// batch are not touched.
    async fn on_applied(
        &self,
        applied: &Applied<'_, M>,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), Refusal> {
        let _ = (applied, transaction);
        Ok(())
    }
}

/// An event that somebody wants to write.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attempt<'a, M: EventModel> {
    /// Who wants to.
    pub principal: &'a Principal,
    /// The fold of all that lies before the event in its entity's order: a late event meets the state of its own time.
    /// `exclude`d fields are at their default.
    pub state: Entity<M>,
    /// What is to happen.
    pub event: Event<M::Event>,
}

/// An event that is accepted.
///
/// Events come in the order in which they are accepted. One that comes late (its device was offline) stands in the middle of
/// its entity's order: `before` and `after` are the states there, `current` is what has become of the entity by all its
/// events, and a table of current states is written from `current`. What a late event does to the effects of those after it is
/// in `current` alone: nobody is called for them again.
#[derive(Debug)]
#[non_exhaustive]
pub struct Applied<'a, M: EventModel> {
    /// Who wrote it.
    pub principal: &'a Principal,
    /// Its position in the tenant's log.
    pub seq: u64,
    /// The state at the event's place, without it.
    pub before: Entity<M>,
    /// The state at the event's place, with it.
    pub after: Entity<M>,
    /// The state by all events of the entity; that of `after` unless the event is late.
    pub current: Entity<M>,
    /// Whether it did something to the state: a set's known member, pushed again, does not.
    pub did_something: bool,
    /// Whether it stands before events that were accepted earlier.
    pub late: bool,
    /// What happened.
    pub event: Event<M::Event>,
}
