//! The state-dependent codes.

use crate::{
    ingest::{Code, Rejection},
    schema::{Effect, Event},
    semantics::fold::{self, Folded, Reducer},
    store::StoredEvent,
};

/// The state-dependent codes, against the fold at the event's own place; `entity_exists` against the whole log.
pub(super) fn refuse(
    reducer: Reducer<'_>,
    declared: &Event,
    exists: bool,
    folded: &Folded,
    event: &StoredEvent,
) -> Option<Rejection> {
    let entity = &event.key.entity_type;
    let id = &event.key.entity_id;
    let refuse = |code, message: String| Some(Rejection::new(code, message));
    if declared.effect == Effect::Create {
        return exists
            .then(|| {
                refuse(
                    Code::EntityExists,
                    format!("{entity} {id} exists already: an id is created once"),
                )
            })
            .flatten();
    }
    let state = match folded {
        Folded::Absent => {
            return refuse(
                Code::EntityNotFound,
                format!("{entity} {id} does not exist at the time of this event"),
            );
        }
        Folded::Deleted => {
            return refuse(
                Code::EntityDeleted,
                format!("{entity} {id} was ended before this event"),
            );
        }
        Folded::Live(state) => state,
    };
    let Effect::Transition { field } = &declared.effect else {
        return None;
    };
    let field = reducer.model.field(field)?;
    let to = event.payload.get(&format!("new_{}", field.name))?;
    let from = state.get(&*field.name);
    if fold::is_allowed(field, from, to) {
        return None;
    }
    refuse(
        Code::InvalidTransition,
        format!(
            "/payload/new_{}: `{}` does not go from {} to {to}",
            field.name,
            field.name,
            from.unwrap_or(&serde_json::Value::Null)
        ),
    )
}
