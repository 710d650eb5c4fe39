//! What a client sent, read as far as it goes without the log.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Number, Value, value::RawValue};

use super::{
    Code, Rejection, refold,
    rows::{self, RowInput},
};
use crate::{
    principal::Principal,
    registry::Models,
    schema::{Event, Model, Type, Whole},
    semantics::{
        Invalid,
        fold::Reducer,
        hlc::{self, Stamp},
        payload,
        upcast::{self, NotLifted},
        values::{self, Form},
    },
    store::StoredEvent,
};

/// The most bytes of an idempotency key.
const MAX_KEY_BYTES: usize = 128;
/// The most bytes of an entity's id: it stands in the keys of indexes, whose entries PostgreSQL bounds.
const MAX_ENTITY_ID_BYTES: usize = 1024;
/// The most levels of a payload. A state is a little deeper than its payloads, and JSON is read to 127 levels.
const MAX_DEPTH: usize = 100;
/// The most bytes of a payload.
pub const MAX_PAYLOAD_BYTES: usize = 256 * 1024;

/// An event on its way to the log.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// UUID, lower case.
    pub id: String,
    /// The id where none was chosen; empty where what was sent can be no key.
    pub idempotency_key: String,
    /// As sent, normalised as far as it could be.
    pub content: Content,
    /// What the checks without the log gave.
    pub verdict: Result<Valid, Rejection>,
}

/// What is compared when an id comes again: all that was sent but `user_id`.
#[derive(Debug, Clone, Default)]
pub struct Content {
    /// `order.item_added`
    pub event_type: String,
    /// `order`
    pub entity_type: String,
    /// In its normal form.
    pub entity_id: String,
    /// As sent.
    pub timestamp: String,
    /// Of the payload as it stands here, lifted.
    pub schema_version: u32,
    /// In its normal form where there is one.
    pub payload: Map<String, Value>,
    /// Rows mode: what it says beside the payload.
    pub row: Option<RowInput>,
}

/// A candidate that passed every check that needs no log.
#[derive(Debug, Clone)]
pub struct Valid {
    /// The model's name on the wire.
    pub entity: String,
    /// The event's name, without the entity.
    pub event: String,
    /// Its stamp; `None`: the writer stamps it, after all that its entity has.
    pub stamp: Option<Stamp>,
}

/// What is needed to read a candidate.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// What was declared.
    pub models: &'a Models,
    /// Who sends.
    pub principal: &'a Principal,
    /// The server's clock, Unix milliseconds.
    pub wall: u64,
    /// How far ahead of it a stamp may be, in milliseconds.
    pub max_drift: u64,
}

/// A body that is no batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidBatch {
    /// No JSON.
    Malformed(String),
    /// JSON, but no `{"events": […]}`.
    Shape,
    /// More events than one batch may hold.
    TooMany,
    /// An event that is no object or whose id is no UUID.
    Event {
        /// Its place in the batch, from 0.
        index: usize,
        /// What it lacks.
        message: &'static str,
    },
}

impl Reader<'_> {
    /// Reads a batch.
    ///
    /// # Errors
    ///
    /// The body is no batch of at most `max_events`. What is wrong with a single event is in its verdict.
    pub fn batch(&self, body: &[u8], max_events: usize) -> Result<Vec<Candidate>, InvalidBatch> {
        // Two steps tell text that is no JSON from JSON of another shape. Events stay raw until each is read on its
        // own: a number or an escape that cannot be read in one spoils no other.
        let body: &RawValue = serde_json::from_slice(body)
            .map_err(|error| InvalidBatch::Malformed(error.to_string()))?;
        let keys: Keys<'_> = serde_json::from_str(body.get()).map_err(|_| InvalidBatch::Shape)?;
        let events: Vec<&RawValue> = keys
            .get("events")
            .and_then(|events| serde_json::from_str(events.get()).ok())
            .ok_or(InvalidBatch::Shape)?;
        if events.len() > max_events {
            return Err(InvalidBatch::TooMany);
        }
        events
            .into_iter()
            .enumerate()
            .map(|(index, raw)| {
                self.event(raw)
                    .map_err(|message| InvalidBatch::Event { index, message })
            })
            .collect()
    }

    fn event(&self, raw: &RawValue) -> Result<Candidate, &'static str> {
        let keys: Keys<'_> =
            serde_json::from_str(raw.get()).map_err(|_| "the event is no JSON object")?;
        let id = keys
            .get("id")
            .and_then(|raw| serde_json::from_str::<String>(raw.get()).ok())
            .filter(|id| id.len() == 36)
            .and_then(|id| uuid::Uuid::try_parse(&id).ok())
            .ok_or("the event's `id` is no UUID")?
            .hyphenated()
            .to_string();
        let mut content = Content::default();
        let key = idempotency_key(&keys, &id);
        let verdict = self.check(&keys, &mut content);
        Ok(Candidate {
            // Text that can be no key is none that an event in the log has.
            idempotency_key: key.clone().unwrap_or_default(),
            verdict: key.and(verdict),
            id,
            content,
        })
    }

    /// The checks in the contract's order: the first that fails wins. The content is filled as far as it can be read,
    /// whatever fails, since an id that comes again is compared before all of them.
    fn check(&self, keys: &Keys<'_>, content: &mut Content) -> Result<Valid, Rejection> {
        let named = put(text(keys, "entity_type"), &mut content.entity_type)
            .and(put(text(keys, "event_type"), &mut content.event_type));
        let stamped = put(text(keys, "timestamp"), &mut content.timestamp);
        let version = version(keys);
        content.schema_version = version.clone().unwrap_or_default();

        let found = named.and_then(|()| self.type_of(content));
        let payload = match &found {
            Ok((reducer, event)) => self.payload(keys, content, *reducer, event),
            Err(_) => {
                content.entity_id = text(keys, "entity_id").unwrap_or_default();
                content.payload = raw_payload(keys).unwrap_or_default();
                Ok(())
            }
        };
        let (Reducer { model, .. }, event) = found?;
        let row = rows::read(keys, model, content);
        check_version(model, version?)?;
        self.check_user(keys)?;
        let stamp = stamped.and_then(|()| self.stamp(content))?;
        payload?;
        row?;
        rows::check_write(&self.principal.rights(), model, event, content)?;
        rows::check_expected(model, event, content)?;
        Ok(Valid {
            entity: model.entity.clone().into_owned(),
            event: event.name.clone().into_owned(),
            stamp: Some(stamp),
        })
    }

    fn type_of(&self, content: &Content) -> Result<(Reducer<'_>, &Event), Rejection> {
        let reducer = self.models.reducer(&content.entity_type);
        let reducer = reducer
            .filter(|reducer| reducer.model.is_logged())
            .ok_or_else(|| {
                Rejection::new(
                    Code::UnknownEntityType,
                    format!("/entity_type: there is no model `{}`", content.entity_type),
                )
            })?;
        let declared = reducer.model.event_of_type(&content.event_type);
        let event = declared.ok_or_else(|| {
            Rejection::new(
                Code::UnknownEventType,
                format!(
                    "/event_type: `{}` is no event of `{}`",
                    content.event_type, content.entity_type
                ),
            )
        })?;
        Ok((reducer, event))
    }

    fn check_user(&self, keys: &Keys<'_>) -> Result<(), Rejection> {
        match optional_text(keys, "user_id")? {
            Some(user) if user != self.principal.user_id => Err(Rejection::new(
                Code::UserMismatch,
                "/user_id: an event is recorded under the user who sends it; leave `user_id` null",
            )),
            _ => Ok(()),
        }
    }

    fn stamp(&self, content: &Content) -> Result<Stamp, Rejection> {
        let stamp: Stamp = content.timestamp.parse().map_err(|error| {
            Rejection::new(Code::InvalidTimestamp, format!("/timestamp: {error}"))
        })?;
        self.check_drift(stamp, "/timestamp")?;
        Ok(stamp)
    }

    pub(super) fn check_drift(&self, stamp: Stamp, pointer: &str) -> Result<(), Rejection> {
        hlc::check_drift(self.wall, stamp, self.max_drift).map_err(|_| {
            Rejection::new(
                Code::ClockDrift,
                format!(
                    "{pointer}: {} ms ahead of the server's clock, at most {} are allowed",
                    stamp.ms.saturating_sub(self.wall),
                    self.max_drift
                ),
            )
        })
    }

    /// Reads entity id and payload into the content, lifted and in normal form; as sent where they have none.
    fn payload(
        &self,
        keys: &Keys<'_>,
        content: &mut Content,
        reducer: Reducer<'_>,
        event: &Event,
    ) -> Result<(), Rejection> {
        match self.normal_payload(keys, content, reducer, event) {
            Ok(payload) => {
                content.payload = payload;
                Ok(())
            }
            Err(rejection) => {
                content.payload = raw_payload(keys).unwrap_or_default();
                Err(rejection)
            }
        }
    }

    fn normal_payload(
        &self,
        keys: &Keys<'_>,
        content: &mut Content,
        reducer: Reducer<'_>,
        event: &Event,
    ) -> Result<Map<String, Value>, Rejection> {
        let model = reducer.model;
        let entity_id = text(keys, "entity_id")?;
        content.entity_id = entity_id.clone();
        content.entity_id = normal_entity_id(model, entity_id)
            .map_err(|invalid| invalid_payload(&invalid.under("entity_id")))?;
        if keys
            .get("payload")
            .is_some_and(|raw| raw.get().len() > MAX_PAYLOAD_BYTES)
        {
            return Err(Rejection::new(
                Code::PayloadTooLarge,
                format!("/payload: at most {MAX_PAYLOAD_BYTES} bytes"),
            ));
        }
        let mut payload = raw_payload(keys)?;
        match upcast::lift(reducer, event, content.schema_version, &mut payload) {
            Ok(()) => content.schema_version = model.version,
            // A version that nobody reads has been refused as such, whatever becomes of the payload.
            Err(NotLifted::Unsupported(_)) => {}
            Err(failed) => {
                return Err(invalid_payload(
                    &Invalid::here(failed.to_string()).under("payload"),
                ));
            }
        }
        payload::normal(model, event, Value::Object(payload))
            .map_err(|invalid| invalid_payload(&invalid.under("payload")))
    }
}

impl Content {
    /// Whether a stored event was sent with this content.
    pub fn is_that_of(&self, stored: &StoredEvent, models: &Models) -> bool {
        self.event_type == stored.event_type
            && self.entity_type == stored.key.entity_type
            && self.entity_id == stored.key.entity_id
            && self.timestamp == stored.stamp.to_string()
            && self.has_row_of(stored)
            && self.has_payload_of(stored, models)
    }

    /// One that was stored before the models changed is compared as it would be stored now.
    fn has_payload_of(&self, stored: &StoredEvent, models: &Models) -> bool {
        if self.schema_version == stored.schema_version {
            return match &stored.change {
                // What a later write has overtaken was sent all the same.
                Some(change) if !change.dropped.is_empty() => {
                    let mut sent = stored.payload.clone();
                    sent.extend(change.dropped.clone());
                    self.payload == sent
                }
                _ => self.payload == stored.payload,
            };
        }
        let Some(reducer) = models.reducer(&stored.key.entity_type) else {
            return false;
        };
        let model = reducer.model;
        let Some(event) = model.event_of_type(&stored.event_type) else {
            return false;
        };
        let Ok(payload) = refold::lifted(reducer, event, stored) else {
            return false;
        };
        let payload = payload.into_owned();
        stored.schema_version < self.schema_version
            && self.schema_version == model.version
            && payload::normal(model, event, Value::Object(payload))
                .is_ok_and(|payload| payload == self.payload)
    }
}

/// An entity id in the normal form of the model's key.
///
/// # Errors
///
/// It is no value of that key.
pub fn normal_entity_id(model: &Model, entity_id: String) -> Result<String, Invalid> {
    let invalid = || Invalid::here("is no id of this model");
    if entity_id.is_empty() {
        return Err(invalid());
    }
    if entity_id.len() > MAX_ENTITY_ID_BYTES {
        return Err(Invalid::here(format!(
            "expected at most {MAX_ENTITY_ID_BYTES} bytes"
        )));
    }
    // An id that is a number is its digits.
    let value = match model.id_type().non_null() {
        Type::Int(_) => entity_id
            .parse::<i64>()
            .map_or(Value::String(entity_id), Value::from),
        _ => Value::String(entity_id),
    };
    match values::normal(model.id_type(), false, Form::Input, value)? {
        Value::String(id) => Ok(id),
        Value::Number(id) => Ok(id.to_string()),
        _ => Err(invalid()),
    }
}

/// The keys of an object with their values as sent, the last of a name last. A name that is no text is the sender's own
/// and spoils nothing.
pub(super) struct Keys<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Keys<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'a RawValue> {
        let found = self.0.iter().rev().find(|(name, _)| name == key);
        found.map(|(_, value)| *value)
    }
}

impl<'de> Deserialize<'de> for Keys<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Keys<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys<'de>, A::Error> {
                let mut keys = Vec::with_capacity(10);
                while let Some((Name(name), value)) = map.next_entry()? {
                    keys.push((name, value));
                }
                Ok(Keys(keys))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// The name of a key, in which JSON may write half a character.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl<'de> Visitor<'de> for Bytes {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_bytes<E: serde::de::Error>(
                self,
                name: &'de [u8],
            ) -> Result<Name<'de>, E> {
                Ok(Name(String::from_utf8_lossy(name)))
            }

            fn visit_bytes<E: serde::de::Error>(self, name: &[u8]) -> Result<Name<'de>, E> {
                Ok(Name(String::from_utf8_lossy(name).into_owned().into()))
            }
        }

        deserializer.deserialize_bytes(Bytes)
    }
}

fn check_version(model: &Model, version: u32) -> Result<(), Rejection> {
    let unsupported = |message: String| {
        Rejection::new(
            Code::UnsupportedSchemaVersion,
            format!("/schema_version: {message}"),
        )
    };
    if version == 0 {
        return Err(unsupported("versions start at 1".to_owned()));
    }
    upcast::check(model, version).map_err(|error| match error {
        upcast::Unsupported::Newer => unsupported(format!(
            "version {version} of `{}` is newer than this server's {}",
            model.entity, model.version
        )),
        upcast::Unsupported::NoUpcast { from } => unsupported(format!(
            "version {from} of `{}` can no longer be read",
            model.entity
        )),
    })
}

fn idempotency_key(keys: &Keys<'_>, id: &str) -> Result<String, Rejection> {
    match optional_text(keys, "idempotency_key")? {
        None => Ok(id.to_owned()),
        Some(key) if (1..=MAX_KEY_BYTES).contains(&key.len()) => Ok(key),
        Some(_) => Err(invalid_payload(
            &Invalid::here(format!("expected 1 to {MAX_KEY_BYTES} bytes")).under("idempotency_key"),
        )),
    }
}

fn version(keys: &Keys<'_>) -> Result<u32, Rejection> {
    match keys.get("schema_version") {
        None => Ok(1),
        // A number that no version can be is one that is not supported.
        Some(raw) => match serde_json::from_str::<Number>(raw.get()) {
            Ok(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => {
                let number = values::whole(&number).and_then(Whole::to_i64);
                Ok(number.map_or(u32::MAX, |number| {
                    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
                }))
            }
            _ => Err(invalid_payload(
                &Invalid::here("expected a whole number").under("schema_version"),
            )),
        },
    }
}

/// Keeps what could be read.
fn put(read: Result<String, Rejection>, content: &mut String) -> Result<(), Rejection> {
    *content = read?;
    Ok(())
}

fn text(keys: &Keys<'_>, key: &'static str) -> Result<String, Rejection> {
    optional_text(keys, key)?
        .ok_or_else(|| invalid_payload(&Invalid::here("is required").under(key)))
}

pub(super) fn optional_text(
    keys: &Keys<'_>,
    key: &'static str,
) -> Result<Option<String>, Rejection> {
    let expected = || invalid_payload(&Invalid::here("expected a string").under(key));
    match keys.get(key) {
        None => Ok(None),
        Some(raw) => match serde_json::from_str::<Option<String>>(raw.get()) {
            Ok(Some(text)) if text.contains('\0') => Err(expected()),
            Ok(text) => Ok(text),
            Err(_) => Err(expected()),
        },
    }
}

fn raw_payload(keys: &Keys<'_>) -> Result<Map<String, Value>, Rejection> {
    let refuse = |message: String| invalid_payload(&Invalid::here(message).under("payload"));
    let Some(raw) = keys.get("payload") else {
        return Err(refuse("is required".to_owned()));
    };
    match serde_json::from_str(raw.get()) {
        Ok(Value::Object(payload))
            if payload.values().all(|value| is_flat(value, MAX_DEPTH - 1)) =>
        {
            Ok(payload)
        }
        Ok(Value::Object(_)) => Err(refuse(format!("at most {MAX_DEPTH} levels"))),
        Ok(_) => Err(refuse("expected an object".to_owned())),
        // The grammar was checked: what is left is a number no double holds, a lone surrogate, or too deep a nesting.
        Err(error) => Err(refuse(format!("cannot be read: {error}"))),
    }
}

/// Whether a value has at most so many levels.
fn is_flat(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(|item| is_flat(item, levels - 1)),
        Value::Object(object) => {
            levels > 0 && object.values().all(|value| is_flat(value, levels - 1))
        }
        _ => true,
    }
}

pub(super) fn invalid_payload(invalid: &Invalid) -> Rejection {
    Rejection::new(Code::InvalidPayload, invalid.to_string())
}
