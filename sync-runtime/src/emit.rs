//! Writes from Rust: a handler's or a job's events, which go the same way as a client's.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use crate::{
    history,
    ingest::{
        Outcome, Rejection,
        incoming::{Candidate, Content, Valid, normal_entity_id},
        is_inside,
        rows::RowInput,
        submission::{Acceptance, Submission},
        writer::WriteError,
    },
    plain::{self, Refused},
    principal::Principal,
    schema::{Mode, Model},
    semantics::{fold::Occurrence, payload},
    service::{Inner, SyncService},
    store::{EntityKey, StoreError},
    typed::{Event, EventModel, ModelEvent, PayloadError},
};

/// How many events of a history are read at once.
const HISTORY_PAGE: u32 = 1_000;

/// On whose behalf Rust code writes and reads.
#[derive(Clone)]
pub struct SyncContext {
    service: Arc<Inner>,
    principal: Principal,
}

/// An event that is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emitted {
    /// The event's id.
    pub id: Uuid,
    /// Its position in the tenant's log; 0 where the model has none.
    pub seq: u64,
}

/// An event of the audit trail.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded<E> {
    /// What happened, when and by whom.
    pub event: Event<E>,
    /// Its position in the tenant's log.
    pub seq: u64,
    /// Whether it did something to the state, as the order is now.
    pub applied: bool,
}

/// Why an event is not in the log, or a history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// The event was judged and refused.
    #[error("{}: {}", .0.code.as_str(), .0.reason)]
    Rejected(Rejection),
    /// A value that has no form on the wire.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// Nothing was written; try again.
    #[error("the log does not take writes now; try again")]
    Unavailable(WriteError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The model is not among those of the service.
    #[error("`{0}` is no model of this service")]
    UnknownModel(String),
    /// A guard or a hook tried to write an event. It runs inside the one write transaction, which would wait for itself.
    #[error(
        "a guard cannot emit: it runs inside the transaction of another event; emit once that is written"
    )]
    InsideGuard,
    /// The id is no value of the model's key.
    #[error("`{0}` is no id of this model")]
    InvalidId(String),
}

impl SyncService {
    /// What Rust code writes and reads with, on behalf of a principal. His roles count as they do over HTTP.
    pub fn context(&self, principal: Principal) -> SyncContext {
        SyncContext {
            service: self.inner.clone(),
            principal,
        }
    }
}

/// Records an event of an entity and returns once it is durable. It is stamped after all that the entity has, so that
/// it is never late.
///
/// # Errors
///
/// The event was refused, or nothing could be written.
pub async fn emit<M: EventModel>(
    context: &SyncContext,
    id: &M::Id,
    event: &M::Event,
) -> Result<Emitted, EmitError> {
    if is_inside() {
        return Err(EmitError::InsideGuard);
    }
    let model = model::<M>(context)?;
    let entity_id = entity_id::<M>(model, id)?;
    let event_id = Uuid::new_v4();
    if model.mode == Mode::Api {
        return write_plain::<M>(context, model, entity_id, event).await;
    }
    let candidate = candidate(context, model, event_id, entity_id, event)?;
    let outcomes = context
        .service
        .writer
        .submit(Submission {
            principal: context.principal.clone(),
            candidates: vec![candidate],
            acceptance: Acceptance::Judged,
            with_rows: false,
        })
        .await
        .map_err(EmitError::Unavailable)?;
    match outcomes.into_iter().next() {
        Some(Outcome::Accepted { seq, .. }) => Ok(Emitted { id: event_id, seq }),
        Some(Outcome::Rejected(rejection)) => Err(EmitError::Rejected(rejection)),
        None => Err(EmitError::Unavailable(WriteError::Unavailable)),
    }
}

/// A write of a model that has no log: to its table.
async fn write_plain<M: EventModel>(
    context: &SyncContext,
    model: &Model,
    entity_id: String,
    event: &M::Event,
) -> Result<Emitted, EmitError> {
    let unknown = || EmitError::UnknownModel(model.entity.to_string());
    let reducer = context
        .service
        .models
        .reducer(&model.entity)
        .ok_or_else(unknown)?;
    let candidate = candidate(context, model, Uuid::new_v4(), entity_id, event)?;
    candidate.verdict.map_err(EmitError::Rejected)?;
    let write = plain::Write {
        reducer,
        event: model.event(event.name()).ok_or_else(unknown)?,
        principal: &context.principal,
        entity_id: candidate.content.entity_id,
        payload: candidate.content.payload,
    };
    match plain::write(&*context.service.store, write, |_| true).await? {
        Ok(_) => Ok(Emitted {
            id: Uuid::new_v4(),
            seq: 0,
        }),
        Err(Refused::Rejected(rejection)) => Err(EmitError::Rejected(rejection)),
        Err(Refused::Precondition) => Err(EmitError::Unavailable(WriteError::Unavailable)),
    }
}

/// The last `limit` events of an entity in fold order, oldest first. Events whose type is no longer declared are left
/// out.
///
/// # Errors
///
/// The store failed.
pub async fn event_history<M: EventModel>(
    context: &SyncContext,
    id: &M::Id,
    limit: usize,
) -> Result<Vec<Recorded<M::Event>>, EmitError> {
    let model = model::<M>(context)?;
    let key = EntityKey {
        tenant: context.principal.tenant_id.clone(),
        entity_type: model.entity.clone().into_owned(),
        entity_id: entity_id::<M>(model, id)?,
    };
    let Some(reducer) = context.service.models.reducer(&model.entity) else {
        return Err(EmitError::UnknownModel(model.entity.to_string()));
    };
    let mut view = context.service.store.view().await?;
    let (mut pages, mut before) = (Vec::new(), None);
    let mut left = limit;
    while left > 0 {
        let ask = u32::try_from(left).unwrap_or(u32::MAX).min(HISTORY_PAGE);
        let Some(page) = history::page(&mut *view, reducer, &key, before.as_ref(), ask).await?
        else {
            break;
        };
        left -= page.entries.len().min(left);
        before = page.next;
        pages.push(page.entries);
        if before.is_none() {
            break;
        }
    }
    pages
        .into_iter()
        .rev()
        .flatten()
        .filter_map(|entry| {
            let stored = entry.event;
            let name = model.event_of_type(&stored.event_type)?.name.clone();
            let occurrence = Occurrence::new(
                &stored.id,
                &stored.key.entity_id,
                stored.stamp,
                Some(&stored.user_id),
            );
            let meta = occurrence.meta();
            let payload = Value::Object(stored.payload);
            Some(
                M::Event::from_payload(&name, &payload, meta.time)
                    .map(|event| Recorded {
                        event: Event { meta, event },
                        seq: stored.seq,
                        applied: entry.applied,
                    })
                    .map_err(EmitError::from),
            )
        })
        .collect()
}

fn model<M: EventModel>(context: &SyncContext) -> Result<&Model, EmitError> {
    context
        .service
        .models
        .model(&M::MODEL.entity)
        .ok_or_else(|| EmitError::UnknownModel(M::MODEL.entity.to_string()))
}

fn entity_id<M: EventModel>(model: &Model, id: &M::Id) -> Result<String, EmitError> {
    let id = match serde_json::to_value(id) {
        Ok(Value::String(id)) => id,
        Ok(Value::Number(id)) => id.to_string(),
        other => return Err(EmitError::InvalidId(format!("{other:?}"))),
    };
    normal_entity_id(model, id.clone()).map_err(|_| EmitError::InvalidId(id))
}

/// The same checks as a client's event gets, but those of a stamp: the writer gives it.
fn candidate<E: ModelEvent>(
    context: &SyncContext,
    model: &Model,
    id: Uuid,
    entity_id: String,
    event: &E,
) -> Result<Candidate, EmitError> {
    let unknown = || PayloadError::unknown(event.name());
    let declared = model.event(event.name()).ok_or_else(unknown)?;
    let payload = payload::normal(model, declared, event.to_payload()?).map_err(|invalid| {
        EmitError::Payload(PayloadError {
            event: event.name().to_owned(),
            reason: invalid.to_string(),
        })
    })?;
    let verdict = context
        .principal
        .rights()
        .check_write(model, declared, &payload)
        .map(|()| Valid {
            entity: model.entity.clone().into_owned(),
            event: event.name().to_owned(),
            stamp: None,
        })
        .map_err(|reason| Rejection::new(crate::ingest::Code::Forbidden, reason));
    Ok(Candidate {
        id: id.to_string(),
        idempotency_key: id.to_string(),
        content: Content {
            event_type: format!("{}.{}", model.entity, event.name()),
            entity_type: model.entity.clone().into_owned(),
            entity_id,
            timestamp: String::new(),
            schema_version: model.version,
            payload,
            // Code on the server sees the row as it stands: there is nothing to expect.
            row: (model.mode == Mode::Rows).then(RowInput::default),
        },
        verdict,
    })
}

/// `emit`, `emit_event` and `event_history` of an events model.
#[doc(hidden)]
#[macro_export]
macro_rules! __event_model_methods {
    ($model:ty, $event:ty) => {
        #[allow(dead_code, reason = "an application may use none of them")]
        impl $model {
            /// Records an event of the entity with that id, as a client would, and returns once it is durable.
            ///
            /// # Errors
            ///
            /// The event was refused, or nothing could be written.
            pub async fn emit(
                context: &$crate::SyncContext,
                id: <$model as $crate::EventModel>::Id,
                event: $event,
            ) -> ::std::result::Result<$crate::Emitted, $crate::EmitError> {
                $crate::emit::emit::<$model>(context, &id, &event).await
            }

            /// Records an event of this entity, as a client would, and returns once it is durable.
            ///
            /// # Errors
            ///
            /// The event was refused, or nothing could be written.
            pub async fn emit_event(
                &self,
                context: &$crate::SyncContext,
                event: $event,
            ) -> ::std::result::Result<$crate::Emitted, $crate::EmitError> {
                $crate::emit::emit::<$model>(context, &$crate::EventModel::id(self), &event).await
            }

            /// The last `limit` events of the entity with that id in fold order, oldest first.
            ///
            /// # Errors
            ///
            /// The store failed.
            pub async fn event_history(
                context: &$crate::SyncContext,
                id: <$model as $crate::EventModel>::Id,
                limit: usize,
            ) -> ::std::result::Result<::std::vec::Vec<$crate::Recorded<$event>>, $crate::EmitError>
            {
                $crate::emit::event_history::<$model>(context, &id, limit).await
            }
        }
    };
}
