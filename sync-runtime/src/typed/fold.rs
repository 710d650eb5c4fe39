//! One typed event folded into a typed state.

use serde_json::{Map, Value};

use super::{CustomFn, Entity, Event, EventModel, ModelEvent};
use crate::{
    schema::{Model, Visibility},
    semantics::{
        fold::{Folded, Occurrence, Reducer},
        hlc::Stamp,
        values::default_of,
        wire::{self, wide},
    },
};

/// Folds one event into a state. The one place where typed states meet the interpreter.
///
/// An event that could not have been recorded (a stamp or payload that the wire does not know) does nothing.
///
/// # Panics
///
/// If the state does not survive its own serde form, which `Serialize` and `Deserialize` as derived exclude.
pub fn apply<M: EventModel>(
    customs: &'static [(&'static str, CustomFn)],
    state: Entity<M>,
    event: &Event<M::Event>,
) -> Entity<M> {
    let reducer = Reducer {
        model: M::MODEL,
        customs,
        // A typed event is of the model's own version.
        upcasts: &[],
        faults: None,
    };
    let declared = M::MODEL.event(event.event.name());
    let payload = event.event.to_payload();
    let (Some(declared), Ok(Value::Object(payload)), Ok(stamp)) =
        (declared, payload, event.meta.timestamp.parse::<Stamp>())
    else {
        return state;
    };
    let id = event.meta.id.to_string();
    let occurrence = Occurrence::new(
        &id,
        &event.meta.entity_id,
        stamp,
        event.meta.user_id.as_deref(),
    );
    let (mut folded, excluded) = to_folded(state);
    reducer.apply(&mut folded, declared, &payload, &occurrence);
    match folded {
        Folded::Absent => Entity::Absent,
        Folded::Deleted => Entity::Deleted,
        Folded::Live(shared) => Entity::Live(from_shared(shared, excluded)),
    }
}

/// The shared part of a state in the wire's form, and the excluded fields as they are.
fn to_folded<M: EventModel>(state: Entity<M>) -> (Folded, Map<String, Value>) {
    let state = match state {
        Entity::Absent => return (Folded::Absent, Map::new()),
        Entity::Deleted => return (Folded::Deleted, Map::new()),
        Entity::Live(state) => state,
    };
    let mut rest = match wide::to_value(&state) {
        Ok(Value::Object(object)) => object,
        other => panic!("a {} serialises as an object: {other:?}", M::MODEL.name),
    };
    let mut shared = Map::new();
    for field in M::MODEL.shared_fields() {
        if let Some(value) = rest.remove(&*field.name) {
            let value = wire::to_wire(&field.ty, field.big, value.clone()).unwrap_or(value);
            shared.insert(field.name.to_string(), value);
        }
    }
    (Folded::Live(shared), rest)
}

/// The typed state of a fold; the excluded fields are at their default.
#[cfg(feature = "server")]
pub(crate) fn entity_of<M: EventModel>(folded: &Folded) -> Result<Entity<M>, serde_json::Error> {
    match folded {
        Folded::Absent => Ok(Entity::Absent),
        Folded::Deleted => Ok(Entity::Deleted),
        Folded::Live(shared) => {
            let object = to_serde(M::MODEL, shared.clone());
            M::deserialize(Value::Object(object)).map(Entity::Live)
        }
    }
}

fn from_shared<M: EventModel>(shared: Map<String, Value>, excluded: Map<String, Value>) -> M {
    let mut object = to_serde(M::MODEL, shared);
    object.extend(excluded);
    match wide::from_value(&Value::Object(object)) {
        Ok(state) => state,
        Err(error) => panic!("a {} reads what it writes: {error}", M::MODEL.name),
    }
}

/// The whole state in serde's form, the excluded fields at their default.
fn to_serde(model: &Model, mut shared: Map<String, Value>) -> Map<String, Value> {
    let mut object = Map::new();
    for field in model.fields.iter() {
        let value = shared.remove(&*field.name);
        let value = match field.visibility {
            Visibility::Excluded => Some(default_of(field).unwrap_or(Value::Null)),
            _ if field.optional => value,
            _ => Some(value.unwrap_or(Value::Null)),
        };
        if let Some(value) = value {
            object.insert(
                field.name.to_string(),
                wire::from_wire(&field.ty, field.big, value),
            );
        }
    }
    object
}
