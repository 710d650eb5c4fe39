//! Rows: how a change meets the state.
//!
//! An event-sourced entity is folded in the order of stamps; a row takes its changes in the order of the log, each
//! checked field by field against the transaction that wrote the field last. A transaction's id is its event's stamp.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    access::Rights,
    fold::{Folded, Occurrence, Reducer},
    hlc::Stamp,
    time,
};
use crate::schema::{Conflict as Policy, Effect, Event, Field, FieldKind, Model};

/// The name under which a `deleted` says what it expects: the row's newest transaction.
pub const WHOLE_ROW: &str = "*";
/// The most bytes of a source id.
pub const MAX_SOURCE: usize = 64;

/// For each field the transaction that a change was based on; `None`: the field had none that the client knew.
pub type Expected = BTreeMap<String, Option<Stamp>>;

/// Which transactions wrote a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamps {
    /// That which made it.
    pub created: Stamp,
    /// For each field that the create gave or that was written since, the last one.
    pub fields: BTreeMap<String, Stamp>,
    /// What was declared of the last one; `None`: another program wrote it.
    pub last: Option<Declared>,
}

/// What a client declares of a transaction, as the column `tx` keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// The stamp of its event.
    pub transaction_id: Stamp,
    /// The tab or the app process that wrote.
    pub source_id: Option<String>,
    /// The one field that was written; `None`: several, or the whole row.
    pub changed_field: Option<String>,
}

/// A field that was not as the writer expected it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// Which field; [`WHOLE_ROW`] for a delete.
    pub field: String,
    /// What the writer expected.
    pub expected_transaction_id: Option<Stamp>,
    /// What wrote the field last.
    pub server_transaction_id: Stamp,
    /// What the field holds; of a whole row what the writer may see of it.
    pub server_value: Value,
}

/// What a change needs beside its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// For each key of the payload what it expects.
    EachField,
    /// What it expects of the whole row.
    Row,
}

impl Need {
    /// What an event of a model needs.
    pub fn of(model: &Model, event: &Event) -> Self {
        match (&event.effect, model.conflict) {
            (Effect::Create, _) | (_, Policy::LastWriteWins) => Need::Nothing,
            (Effect::Delete, Policy::Reject) => Need::Row,
            (_, Policy::Reject) => Need::EachField,
        }
    }
}

impl Stamps {
    /// Of a row that a transaction makes with these fields.
    pub fn created<'a>(stamp: Stamp, given: impl Iterator<Item = &'a String>) -> Self {
        Self {
            created: stamp,
            fields: given.map(|field| (field.clone(), stamp)).collect(),
            last: None,
        }
    }

    /// The last transaction of a field; one that was never written has the create's.
    pub fn of_field(&self, field: &str) -> Stamp {
        self.fields.get(field).copied().unwrap_or(self.created)
    }

    /// The highest of all.
    pub fn newest(&self) -> Stamp {
        let fields = self.fields.values().copied();
        fields.max().unwrap_or(self.created).max(self.created)
    }

    /// For each field that the reader sees its last transaction.
    pub fn shown(&self, model: &Model, rights: &Rights) -> Map<String, Value> {
        written(model)
            .filter(|field| rights.sees(field))
            .map(|field| (field.name.to_string(), self.of_field(&field.name)))
            .map(|(name, stamp)| (name, Value::String(stamp.to_string())))
            .collect()
    }

    /// Whether a field is as expected. One that the create left out is matched by nothing, and by the create's.
    fn meets(&self, field: &str, expected: Option<Stamp>) -> bool {
        match self.fields.get(field) {
            Some(last) => expected == Some(*last),
            None => expected.is_none_or(|expected| expected == self.created),
        }
    }

    /// Whether a row is as expected: its newest transaction, or the newest of what the writer sees.
    fn row_meets(&self, model: &Model, rights: &Rights, expected: Option<Stamp>) -> bool {
        let seen = written(model).filter(|field| rights.sees(field));
        let seen = seen.map(|field| self.of_field(&field.name)).max();
        expected.is_some_and(|expected| expected == self.newest() || Some(expected) == seen)
    }

    /// What is not as expected, in order of the fields.
    pub fn conflicts(
        &self,
        model: &Model,
        rights: &Rights,
        state: &Map<String, Value>,
        expected: &Expected,
    ) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        for (field, expected) in expected {
            let (met, server, value) = if field == WHOLE_ROW {
                let mut seen = state.clone();
                rights.redact_state(model, &mut seen);
                let met = self.row_meets(model, rights, *expected);
                (met, self.newest(), Value::Object(seen))
            } else {
                let value = state.get(field).cloned().unwrap_or_default();
                (self.meets(field, *expected), self.of_field(field), value)
            };
            if !met {
                conflicts.push(Conflict {
                    field: field.clone(),
                    expected_transaction_id: *expected,
                    server_transaction_id: server,
                    server_value: value,
                });
            }
        }
        conflicts
    }

    /// Takes out of a payload what a higher transaction has written: the last write wins.
    pub fn drop_overtaken(
        &self,
        payload: &mut Map<String, Value>,
        stamp: Stamp,
    ) -> Map<String, Value> {
        let overtaken: Vec<String> = payload
            .keys()
            .filter(|field| self.of_field(field) > stamp)
            .cloned()
            .collect();
        let taken = overtaken.into_iter();
        taken
            .filter_map(|field| payload.remove_entry(&field))
            .collect()
    }
}

/// The fields whose value a change makes another, sorted; without the id and the managed times.
pub fn changed_keys(
    model: &Model,
    before: Option<&Map<String, Value>>,
    after: Option<&Map<String, Value>>,
) -> Vec<String> {
    let Some(after) = after else {
        return Vec::new();
    };
    let value = |state: Option<&Map<String, Value>>, field: &Field| {
        state.and_then(|state| state.get(&*field.name).cloned())
    };
    let mut changed: Vec<String> = written(model)
        .filter(|field| {
            value(before, field).unwrap_or_default()
                != value(Some(after), field).unwrap_or_default()
        })
        .map(|field| field.name.to_string())
        .collect();
    changed.sort_unstable();
    changed
}

/// Applies a change that is accepted, after all that the log has.
pub fn apply(
    reducer: Reducer<'_>,
    row: (&mut Folded, &mut Option<Stamps>),
    event: &Event,
    payload: &Map<String, Value>,
    occurrence: &Occurrence<'_>,
    declared: Option<Declared>,
) -> bool {
    let (folded, stamps) = row;
    // One that was overtaken in all its fields changes nothing.
    if matches!(event.effect, Effect::Merge { .. }) && payload.is_empty() {
        return false;
    }
    if !reducer.apply(folded, event, payload, occurrence) {
        return false;
    }
    let Folded::Live(state) = folded else {
        *stamps = None;
        return true;
    };
    let stamp = occurrence.stamp();
    let row = stamps.get_or_insert_with(|| Stamps::created(stamp, payload.keys()));
    for field in payload.keys() {
        row.fields.insert(field.clone(), stamp);
    }
    row.last = declared;
    if let Some(field) = reducer.model.field_of_kind(&FieldKind::UpdatedAt) {
        let time = time::from_millis(row.newest().ms);
        state.insert(field.name.to_string(), Value::String(time));
    }
    true
}

/// The fields that a payload may hold.
fn written(model: &Model) -> impl Iterator<Item = &Field> {
    model.fields.iter().filter(|field| field.is_writable())
}
