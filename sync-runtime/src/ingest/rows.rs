//! What the change of a row says beside its payload: what it expects, and who wrote it.

use serde_json::{Map, Value};

use super::{
    Code, Rejection,
    incoming::{
        Candidate, Content, Keys, Reader, Valid, invalid_payload, normal_entity_id, optional_text,
    },
};
use crate::{
    schema::{Effect, Event, Mode, Model},
    semantics::{
        Invalid,
        access::Rights,
        hlc::Stamp,
        payload,
        rows::{Expected, MAX_SOURCE, Need, WHOLE_ROW},
    },
    store::StoredEvent,
};

/// What the change of a row says beside its payload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowInput {
    /// The tab or the app process that wrote.
    pub source_id: Option<String>,
    /// For each field the transaction that it was based on; `None`: not said.
    pub expected: Option<Expected>,
}

/// A write of a row by its own address.
#[derive(Debug)]
pub(crate) struct RowWrite<'a> {
    pub(crate) model: &'a Model,
    pub(crate) event: &'a Event,
    pub(crate) entity_id: String,
    pub(crate) payload: Map<String, Value>,
    pub(crate) stamp: Stamp,
    pub(crate) row: RowInput,
}

/// Reads `expected` and `source_id` of a batch's event.
pub(super) fn read(keys: &Keys<'_>, model: &Model, content: &mut Content) -> Result<(), Rejection> {
    if model.mode != Mode::Rows {
        return Ok(());
    }
    let mut row = RowInput::default();
    let source = optional_text(keys, "source_id").and_then(|source| checked_source(source, ""));
    let expected = match keys.get("expected") {
        None => Ok(None),
        Some(raw) => serde_json::from_str(raw.get())
            .map_err(|_| invalid_payload(&Invalid::here("cannot be read").under("expected")))
            .and_then(|value| self::expected(value, "expected")),
    };
    if let Ok(source) = &source {
        row.source_id.clone_from(source);
    }
    if let Ok(expected) = &expected {
        row.expected.clone_from(expected);
    }
    content.row = Some(row);
    source?;
    expected?;
    Ok(())
}

/// A source id of at most so many bytes. `under` is the object that it stands in.
pub(crate) fn checked_source(
    source: Option<String>,
    under: &str,
) -> Result<Option<String>, Rejection> {
    match source {
        Some(source) if source.len() > MAX_SOURCE => {
            let invalid = Invalid::here(format!("expected at most {MAX_SOURCE} characters"));
            let invalid = invalid.under("source_id");
            Err(invalid_payload(&match under {
                "" => invalid,
                under => invalid.under(under),
            }))
        }
        source => Ok(source),
    }
}

/// Reads `{field: transaction or null}`; null is as good as nothing.
pub(crate) fn expected(value: Value, pointer: &str) -> Result<Option<Expected>, Rejection> {
    let refuse = |invalid: Invalid| {
        let invalid = pointer.rsplit('/').fold(invalid, |it, key| it.under(key));
        invalid_payload(&invalid)
    };
    let fields = match value {
        Value::Null => return Ok(None),
        Value::Object(fields) => fields,
        _ => return Err(refuse(Invalid::here("expected an object"))),
    };
    fields
        .into_iter()
        .map(|(field, value)| {
            let stamp = match &value {
                Value::Null => Some(None),
                Value::String(text) => text.parse().ok().map(Some),
                _ => None,
            };
            match stamp {
                Some(stamp) => Ok((field, stamp)),
                None => Err(refuse(
                    Invalid::here("expected a transaction id or null").under(&field),
                )),
            }
        })
        .collect::<Result<Expected, _>>()
        .map(Some)
}

/// Whether the writer may write what the payload holds, and ask about what `expected` names.
pub(super) fn check_write(
    rights: &Rights,
    model: &Model,
    event: &Event,
    content: &Content,
) -> Result<(), Rejection> {
    let named = content.row.iter().flat_map(|row| row.expected.iter());
    let named = named.flat_map(|expected| expected.keys());
    let named: Vec<&String> = named
        .filter(|field| model.field(field).is_some_and(|field| field.is_writable()))
        .collect();
    let checked = if named.is_empty() {
        rights.check_write(model, event, &content.payload)
    } else {
        let mut touched = content.payload.clone();
        for field in named {
            touched.entry(field.clone()).or_insert(Value::Null);
        }
        rights.check_write(model, event, &touched)
    };
    checked.map_err(|reason| Rejection::new(Code::Forbidden, reason))
}

/// Whether a change says all that it has to, and of fields that there are.
pub(super) fn check_expected(
    model: &Model,
    event: &Event,
    content: &Content,
) -> Result<(), Rejection> {
    let Some(row) = &content.row else {
        return Ok(());
    };
    let refuse = |invalid: Invalid| Err(invalid_payload(&invalid.under("expected")));
    let none = Expected::new();
    let expected = row.expected.as_ref().unwrap_or(&none);
    let is_row = event.effect == Effect::Delete;
    for field in expected.keys() {
        let known = match field == WHOLE_ROW {
            true => is_row,
            false => !is_row && model.field(field).is_some_and(|field| field.is_writable()),
        };
        if !known {
            return refuse(Invalid::here("is no field of this change").under(field));
        }
    }
    let missing = |what: &str| Invalid::here(format!("is required: {what}")).under(what);
    match Need::of(model, event) {
        Need::Nothing => Ok(()),
        Need::Row if expected.contains_key(WHOLE_ROW) => Ok(()),
        Need::Row => refuse(missing(WHOLE_ROW)),
        Need::EachField if row.expected.is_none() => refuse(Invalid::here("is required")),
        Need::EachField => {
            let lacks = |field: &&String| !expected.contains_key(*field);
            match content.payload.keys().find(lacks) {
                Some(field) => refuse(missing(field)),
                None => Ok(()),
            }
        }
    }
}

impl Reader<'_> {
    /// A write by the row's own address: an event whose id is the server's, and whose key is the transaction.
    pub(crate) fn row(&self, write: RowWrite<'_>) -> Candidate {
        let RowWrite {
            model,
            event,
            entity_id,
            payload,
            stamp,
            row,
        } = write;
        let mut content = Content {
            event_type: format!("{}.{}", model.entity, event.name),
            entity_type: model.entity.to_string(),
            entity_id: entity_id.clone(),
            timestamp: stamp.to_string(),
            schema_version: model.version,
            payload: payload.clone(),
            row: Some(row),
        };
        let verdict = self.check_row(model, event, payload, stamp, &mut content);
        Candidate {
            id: uuid::Uuid::new_v4().to_string(),
            idempotency_key: stamp.to_string(),
            content,
            verdict,
        }
    }

    fn check_row(
        &self,
        model: &Model,
        event: &Event,
        payload: Map<String, Value>,
        stamp: Stamp,
        content: &mut Content,
    ) -> Result<Valid, Rejection> {
        let under = |invalid: Invalid| invalid_payload(&invalid.under("data"));
        let id = normal_entity_id(model, content.entity_id.clone());
        if let Ok(id) = &id {
            content.entity_id.clone_from(id);
        }
        let normal = payload::normal(model, event, Value::Object(payload));
        if let Ok(normal) = &normal {
            content.payload.clone_from(normal);
        }
        self.check_drift(stamp, "/tx/transaction_id")?;
        id.map_err(|invalid| under(invalid.under("id")))?;
        normal.map_err(under)?;
        check_write(&self.principal.rights(), model, event, content)?;
        check_expected(model, event, content)?;
        Ok(Valid {
            entity: model.entity.to_string(),
            event: event.name.to_string(),
            stamp: Some(stamp),
        })
    }
}

impl Content {
    /// Whether a stored change was sent with the same expectations.
    pub(super) fn has_row_of(&self, stored: &StoredEvent) -> bool {
        match (&self.row, &stored.change) {
            (None, None) => true,
            (Some(row), Some(change)) => {
                let none = Expected::new();
                row.expected.as_ref().unwrap_or(&none) == change.expected.as_ref().unwrap_or(&none)
            }
            _ => false,
        }
    }
}
