//! A guard of any model, behind one type.

use std::{fmt, marker::PhantomData};

use async_trait::async_trait;
use serde_json::Value;

use super::{Applied, Attempt, Guard, Refusal};
use crate::{
    ingest::occurrence,
    principal::Principal,
    semantics::fold::Folded,
    store::{StoredEvent, Transaction},
    typed::{Entity, Event, EventModel, ModelEvent as _, PayloadError, entity_of},
};

/// An event and its place, as the one who writes has them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Write<'a> {
    pub(crate) principal: &'a Principal,
    /// Its name, without the entity.
    pub(crate) name: &'a str,
    pub(crate) event: &'a StoredEvent,
    /// The fold of what lies before it.
    pub(crate) before: &'a Folded,
    /// Whether it stands before events that were accepted earlier.
    pub(crate) late: bool,
}

/// A guard whose model is known by its registration.
#[async_trait]
pub(crate) trait AnyGuard: Send + Sync {
    async fn check(&self, write: Write<'_>) -> Result<(), Refusal>;

    async fn on_applied(
        &self,
        write: Write<'_>,
        after: (&Folded, bool),
        current: &Folded,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), Refusal>;
}

impl fmt::Debug for dyn AnyGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyGuard")
    }
}

/// A guard of the model `M`.
pub(crate) struct Typed<M, G> {
    guard: G,
    model: PhantomData<fn() -> M>,
}

impl<M, G> Typed<M, G> {
    pub(crate) fn new(guard: G) -> Self {
        Self {
            guard,
            model: PhantomData,
        }
    }
}

#[async_trait]
impl<M: EventModel + Send + Sync, G: Guard<M>> AnyGuard for Typed<M, G> {
    async fn check(&self, write: Write<'_>) -> Result<(), Refusal> {
        let attempt = Attempt::<M> {
            principal: write.principal,
            state: state::<M>(write.before)?,
            event: event_of::<M>(write)?,
        };
        self.guard.check(&attempt).await
    }

    async fn on_applied(
        &self,
        write: Write<'_>,
        (after, did_something): (&Folded, bool),
        current: &Folded,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), Refusal> {
        let applied = Applied::<M> {
            principal: write.principal,
            seq: write.event.seq,
            before: state::<M>(write.before)?,
            after: state::<M>(after)?,
            current: state::<M>(current)?,
            did_something,
            late: write.late,
            event: event_of::<M>(write)?,
        };
        self.guard.on_applied(&applied, transaction).await
    }
}

fn state<M: EventModel>(folded: &Folded) -> Result<Entity<M>, Refusal> {
    entity_of::<M>(folded)
        .map_err(|error| Refusal::failed(format!("the state is no {}: {error}", M::MODEL.name)))
}

fn event_of<M: EventModel>(write: Write<'_>) -> Result<Event<M::Event>, PayloadError> {
    let meta = occurrence(write.event).meta();
    let payload = Value::Object(write.event.payload.clone());
    let event = M::Event::from_payload(write.name, &payload, meta.time)?;
    Ok(Event { meta, event })
}
