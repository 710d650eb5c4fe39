//! The fold: what each effect does to a state.
//!
//! Every effect is total. It may do nothing, and then says so; it never fails.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    hlc::Stamp,
    time,
    values::{self, complete, default_of, int_of, int_value},
    wire,
};
use crate::{
    schema::{Effect, Event, Field, FieldKind, Model, StructType, Transition, Type, Visibility},
    typed::{CustomFn, EventMeta, UpcastFn},
};

/// When, where and by whom an event happened.
#[derive(Debug, Clone)]
pub struct Occurrence<'a> {
    id: &'a str,
    entity_id: &'a str,
    stamp: Stamp,
    user_id: Option<&'a str>,
    /// RFC 3339 with three decimals.
    time: String,
}

impl<'a> Occurrence<'a> {
    /// Of an event with that id and stamp.
    pub fn new(id: &'a str, entity_id: &'a str, stamp: Stamp, user_id: Option<&'a str>) -> Self {
        Self {
            id,
            entity_id,
            stamp,
            user_id,
            time: time::from_millis(stamp.ms),
        }
    }

    /// By which it is ordered.
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// What a custom effect learns of it.
    pub fn meta(&self) -> EventMeta {
        EventMeta {
            id: Uuid::parse_str(self.id).unwrap_or_default(),
            entity_id: self.entity_id.to_owned(),
            timestamp: self.stamp.to_string(),
            time: i64::try_from(self.stamp.ms)
                .ok()
                .and_then(DateTime::from_timestamp_millis)
                .unwrap_or(DateTime::<Utc>::MAX_UTC),
            user_id: self.user_id.map(str::to_owned),
        }
    }
}

/// An entity as the fold knows it.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Folded {
    /// No `create` has been folded.
    #[default]
    Absent,
    /// Its state: the shared fields, in the wire's normal form.
    Live(Map<String, Value>),
    /// A `delete` was folded; nothing after it counts.
    Deleted,
}

impl Folded {
    /// The state of a live entity.
    pub fn state(&self) -> Option<&Map<String, Value>> {
        match self {
            Folded::Live(state) => Some(state),
            Folded::Absent | Folded::Deleted => None,
        }
    }

    /// The same, taken out.
    pub fn into_state(self) -> Option<Map<String, Value>> {
        match self {
            Folded::Live(state) => Some(state),
            Folded::Absent | Folded::Deleted => None,
        }
    }
}

/// A model with the functions that its declaration names.
#[derive(Debug, Clone, Copy)]
pub struct Reducer<'a> {
    /// What was declared.
    pub model: &'a Model,
    /// By event name.
    pub customs: &'a [(&'static str, CustomFn)],
    /// By the version that each reads.
    pub upcasts: &'a [(u32, UpcastFn)],
    /// Where functions that fail are counted, if anywhere.
    pub faults: Option<&'a Faults>,
}

/// How many folds have failed in a function of the application.
#[derive(Debug, Default)]
pub struct Faults(AtomicU64);

impl Faults {
    /// One more.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// All so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Reducer<'_> {
    /// Folds one event; says whether it did something. A custom effect that fails did nothing.
    pub fn apply(
        &self,
        folded: &mut Folded,
        event: &Event,
        payload: &Map<String, Value>,
        meta: &Occurrence<'_>,
    ) -> bool {
        self.try_apply(folded, event, payload, meta)
            .unwrap_or(false)
    }

    /// The same, with the fault of a custom effect.
    ///
    /// # Errors
    ///
    /// Why a custom effect failed, for the one who wrote it; the state is then as it was.
    pub fn try_apply(
        &self,
        folded: &mut Folded,
        event: &Event,
        payload: &Map<String, Value>,
        meta: &Occurrence<'_>,
    ) -> Result<bool, String> {
        let applied = match (&mut *folded, &event.effect) {
            (Folded::Absent, Effect::Create) => {
                *folded = Folded::Live(create(self.model, payload, meta));
                return Ok(true);
            }
            (Folded::Live(_), Effect::Delete) => {
                *folded = Folded::Deleted;
                return Ok(true);
            }
            (Folded::Absent | Folded::Deleted, _) | (Folded::Live(_), Effect::Create) => false,
            (Folded::Live(state), Effect::Custom { payload: ty }) => {
                *state = self.custom(state, event, ty, payload, meta)?;
                true
            }
            (Folded::Live(state), _) => self.change(state, event, payload, meta),
        };
        if let (true, Folded::Live(state)) = (applied, folded) {
            touch(self.model, state, &meta.time);
        }
        Ok(applied)
    }

    fn change(
        &self,
        state: &mut Map<String, Value>,
        event: &Event,
        payload: &Map<String, Value>,
        meta: &Occurrence<'_>,
    ) -> bool {
        let field = |name: &str| self.model.field(name);
        match &event.effect {
            Effect::Set { fields } | Effect::Merge { fields } => {
                for field in fields.iter().filter_map(|name| field(name)) {
                    if let Some(value) = payload.get(&*field.name) {
                        put(
                            state,
                            field,
                            complete(&field.ty, field.big, value.clone(), &meta.time),
                        );
                    }
                }
                true
            }
            Effect::Push { list } => {
                field(list).is_none_or(|list| push(state, list, payload, meta))
            }
            Effect::Remove { list } => field(list).is_none_or(|list| remove(state, list, payload)),
            Effect::Update { list } => {
                field(list).is_none_or(|list| update(state, list, payload, meta))
            }
            Effect::Increment { field: name } => {
                if let Some(field) = field(name) {
                    increment(state, field, payload);
                }
                true
            }
            Effect::Transition { field: name } => {
                field(name).is_none_or(|field| transition(state, field, payload))
            }
            // These are more than a change of the state.
            Effect::Create | Effect::Delete | Effect::Custom { .. } => false,
        }
    }

    /// Why the custom effect of an event fails on a state; `None`: it does not, or there is none.
    pub fn failure(
        &self,
        folded: &Folded,
        event: &Event,
        payload: &Map<String, Value>,
        meta: &Occurrence<'_>,
    ) -> Option<String> {
        match (folded, &event.effect) {
            (Folded::Live(state), Effect::Custom { payload: ty }) => {
                self.custom(state, event, ty, payload, meta).err()
            }
            _ => None,
        }
    }

    /// What the application's function makes of the state, with hidden fields at their default, which it cannot change.
    /// Where it fails, why.
    fn custom(
        &self,
        state: &Map<String, Value>,
        event: &Event,
        ty: &Type,
        payload: &Map<String, Value>,
        meta: &Occurrence<'_>,
    ) -> Result<Map<String, Value>, String> {
        let (_, run) = self
            .customs
            .iter()
            .find(|(name, _)| event.name == *name)
            .ok_or("it has no function")?;
        let payload = complete(ty, false, Value::Object(payload.clone()), &meta.time);
        let payload = wire::from_wire(ty, false, payload);
        let mut seen = to_serde(self.model, state);
        // The application's own code: where it panics, it has failed, and does nothing.
        let run = AssertUnwindSafe(|| run(&mut seen, &payload, &meta.meta()));
        catch_unwind(run).map_err(|_| "it panicked")??;
        let Value::Object(mut changed) = seen else {
            return Err("it left no object".to_owned());
        };
        let mut next = Map::new();
        for field in self.model.shared_fields() {
            let kept = matches!(
                field.kind,
                FieldKind::Id | FieldKind::CreatedAt | FieldKind::UpdatedAt
            ) || field.visibility == Visibility::OwnerOnly;
            let value = match (kept, changed.remove(&*field.name)) {
                (false, Some(value)) => match wire::to_wire(&field.ty, field.big, value) {
                    Ok(value) => Some(value),
                    Err(error) => {
                        return Err(format!("it left a `{}` that is none: {error}", field.name));
                    }
                },
                (false, None) => None,
                (true, _) => state.get(&*field.name).cloned(),
            };
            if let Some(value) = value {
                put(&mut next, field, value);
            }
        }
        Ok(next)
    }
}

/// A state in serde's form, complete for the Rust type: hidden and excluded fields at their default.
pub fn to_serde(model: &Model, state: &Map<String, Value>) -> Value {
    let mut out = Map::new();
    for field in model.fields.iter() {
        let value = match field.visibility {
            Visibility::Public => state.get(&*field.name).cloned(),
            Visibility::OwnerOnly | Visibility::Excluded => None,
        };
        let value = value.or_else(|| default_of(field)).unwrap_or(Value::Null);
        out.insert(
            field.name.clone().into_owned(),
            wire::from_wire(&field.ty, field.big, value),
        );
    }
    Value::Object(out)
}

fn create(
    model: &Model,
    payload: &Map<String, Value>,
    meta: &Occurrence<'_>,
) -> Map<String, Value> {
    let mut state = Map::new();
    for field in model.shared_fields() {
        let time = || Value::String(meta.time.clone());
        let value = match &field.kind {
            FieldKind::Id => id_value(&field.ty, meta.entity_id),
            FieldKind::CreatedAt | FieldKind::UpdatedAt | FieldKind::EventTime => time(),
            FieldKind::Machine(_) => default_of(field).unwrap_or(Value::Null),
            FieldKind::Plain => match payload.get(&*field.name) {
                Some(value) => complete(&field.ty, field.big, value.clone(), &meta.time),
                None => default_of(field).unwrap_or(Value::Null),
            },
        };
        put(&mut state, field, value);
    }
    state
}

/// An entity id is text on the wire and a value of the key's type in the state.
pub fn id_value(ty: &Type, entity_id: &str) -> Value {
    match ty.non_null() {
        Type::Int(_) => entity_id.parse::<i64>().map_or(Value::Null, Value::from),
        _ => Value::String(entity_id.to_owned()),
    }
}

fn put(state: &mut Map<String, Value>, field: &Field, value: Value) {
    if field.optional && value.is_null() {
        state.remove(&*field.name);
    } else {
        state.insert(field.name.clone().into_owned(), value);
    }
}

fn touch(model: &Model, state: &mut Map<String, Value>, time: &str) {
    if let Some(field) = model.field_of_kind(&FieldKind::UpdatedAt) {
        put(state, field, Value::String(time.to_owned()));
    }
}

/// The items that a list holds; `None`: the state has no such list, as where the reader may not see it.
fn held<'a>(state: &'a mut Map<String, Value>, list: &Field) -> Option<&'a mut Vec<Value>> {
    state.get_mut(&*list.name)?.as_array_mut()
}

/// The same for an effect that adds: a list that is not there begins.
fn items<'a>(state: &'a mut Map<String, Value>, list: &Field) -> Option<&'a mut Vec<Value>> {
    let value = state
        .entry(list.name.clone().into_owned())
        .or_insert_with(|| Value::Array(Vec::new()));
    if value.is_null() {
        *value = Value::Array(Vec::new());
    }
    value.as_array_mut()
}

fn push(
    state: &mut Map<String, Value>,
    list: &Field,
    payload: &Map<String, Value>,
    meta: &Occurrence<'_>,
) -> bool {
    let (Some(element), Some(ty)) = (payload.get(&*list.singular), list.ty.non_null().element())
    else {
        return true;
    };
    let element = complete(ty, list.big, element.clone(), &meta.time);
    let Some(items) = items(state, list) else {
        return false;
    };
    if let Some(key) = id_name(list) {
        if items.iter().any(|item| item.get(key) == element.get(key)) {
            return false;
        }
        items.push(element);
        return true;
    }
    if matches!(list.ty.non_null(), Type::Set(_)) {
        return match items.binary_search_by(|item| values::set_order(ty, item, &element)) {
            Ok(_) => false,
            Err(at) => {
                items.insert(at, element);
                true
            }
        };
    }
    items.push(element);
    true
}

fn remove(state: &mut Map<String, Value>, list: &Field, payload: &Map<String, Value>) -> bool {
    let (key, wanted) = match id_name(list) {
        Some(id) => (Some(id), payload.get(&format!("{}_id", list.singular))),
        None => (None, payload.get(&*list.singular)),
    };
    let (Some(wanted), Some(ty)) = (wanted, list.ty.non_null().element()) else {
        return true;
    };
    // A plain element is compared as the state holds it, with its defaults.
    let wanted = match key {
        Some(_) => wanted.clone(),
        None => complete(ty, list.big, wanted.clone(), ""),
    };
    let Some(items) = held(state, list) else {
        return false;
    };
    let before = items.len();
    items.retain(|item| match key {
        Some(key) => item.get(key) != Some(&wanted),
        None => *item != wanted,
    });
    items.len() != before
}

fn update(
    state: &mut Map<String, Value>,
    list: &Field,
    payload: &Map<String, Value>,
    meta: &Occurrence<'_>,
) -> bool {
    let (Some(shape), Some(key)) = (list.ty.non_null().keyed_element(), id_name(list)) else {
        return false;
    };
    let Some(wanted) = payload.get(&format!("{}_id", list.singular)) else {
        return true;
    };
    let change = payload.get(&*list.singular).and_then(Value::as_object);
    let element = held(state, list)
        .and_then(|items| items.iter_mut().find(|item| item.get(key) == Some(wanted)))
        .and_then(Value::as_object_mut);
    let Some(element) = element else {
        return false;
    };
    for field in shape.patch_fields() {
        if let Some(value) = change.and_then(|change| change.get(&*field.name)) {
            put(
                element,
                field,
                complete(&field.ty, field.big, value.clone(), &meta.time),
            );
        }
    }
    true
}

/// Adds and stays within the type's range; a key that the payload lacks adds nothing.
fn increment(state: &mut Map<String, Value>, field: &Field, payload: &Map<String, Value>) {
    let (Type::Int(int), Some(by)) = (field.ty.non_null(), payload.get("by").and_then(int_of))
    else {
        return;
    };
    if let Some(now) = state.get(&*field.name).and_then(int_of) {
        let sum = now.plus(by).clamp(int.min(field.big), int.max(field.big));
        put(state, field, int_value(sum, field.big && int.is_wide()));
    }
}

fn transition(state: &mut Map<String, Value>, field: &Field, payload: &Map<String, Value>) -> bool {
    let Some(to) = payload.get(&format!("new_{}", field.name)) else {
        return true;
    };
    let allowed = is_allowed(field, state.get(&*field.name), to);
    if allowed {
        put(state, field, to.clone());
    }
    allowed
}

/// Whether the machine moves from one state to the other.
pub fn is_allowed(field: &Field, from: Option<&Value>, to: &Value) -> bool {
    let (Some(from), Some(to)) = (from.and_then(Value::as_str), to.as_str()) else {
        return false;
    };
    let leads =
        |transition: &Transition| transition.from == from && transition.to.iter().any(|t| t == to);
    field
        .machine()
        .is_some_and(|machine| machine.iter().any(leads))
}

fn id_name(list: &Field) -> Option<&str> {
    list.ty
        .non_null()
        .keyed_element()
        .and_then(StructType::id_field)
        .map(|field| &*field.name)
}
