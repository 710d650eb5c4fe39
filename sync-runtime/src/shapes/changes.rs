//! What happens to a shape: the log, written as changes of its rows.
//!
//! What happened to a row between two positions is told at once, as one change. Most readers need no more than the row
//! as it is now for that. Where it counts what a row was before, or where it left or entered the shape, it is made
//! again from the log.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::{
    definition::{Replica, Shape},
    message::{Operation, Source, up_to_date},
};
use crate::{
    feed::{Portion, Record, View, Write, Written},
    ingest::Replay,
    registry::Models,
    schema::{Effect, Model},
    semantics::{fold::Reducer, upcast},
    store::{EntityKey, Result, Store, StoredEvent},
};

/// Writes what happens to a shape.
pub(crate) struct Changes<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) models: &'a Models,
    pub(crate) shape: &'a Shape,
}

/// What some entries of the log did to one row.
#[derive(Debug, Default)]
struct Touched<'a> {
    events: Vec<&'a StoredEvent>,
    made: bool,
    ended: bool,
}

/// A row before and after some entries of the log.
#[derive(Debug, Default)]
struct Turn {
    before: Option<Map<String, Value>>,
    after: Option<Map<String, Value>>,
}

impl<'a> Touched<'a> {
    fn add(&mut self, model: &Model, event: &'a StoredEvent) {
        self.events.push(event);
        match model.event_of_type(&event.event_type).map(|it| &it.effect) {
            Some(Effect::Create) => self.made = true,
            Some(Effect::Delete) => self.ended = true,
            _ => {}
        }
    }

    fn source(&self) -> Source {
        Source {
            seq: self.events.last().map_or(0, |event| event.seq),
            txids: self.events.iter().map(|event| event.txid()).collect(),
        }
    }

    /// The columns that hold other values than before.
    fn changed(&self, model: &Model, shape: &Shape) -> BTreeSet<String> {
        let mut changed = BTreeSet::new();
        for event in self.events.iter().filter(|event| !event.is_overtaken()) {
            changed.extend(shape.updated_at.clone());
            let names = event.change.iter().flat_map(|change| &change.changed);
            changed.extend(
                names.map(|name| upcast::name_now(model, event.schema_version, name).to_owned()),
            );
        }
        changed
    }
}

impl Shape {
    /// Whether a row is one of the shape's.
    pub(super) fn holds(&self, state: &Map<String, Value>) -> bool {
        self.filter
            .as_ref()
            .is_none_or(|filter| filter.holds(state))
    }

    /// Whether it counts what a row was before.
    fn looks_back(&self) -> bool {
        self.filter.is_some() || self.replica == Replica::Full
    }

    /// The change of a row as a reader is told it; `None`: nothing of the shape has changed.
    fn told(&self, id: &str, touched: &Touched<'_>, turn: &Turn) -> Option<String> {
        let source = touched.source();
        let held =
            |state: &Option<Map<String, Value>>| state.clone().filter(|state| self.holds(state));
        let (operation, value, old) = match (held(&turn.before), held(&turn.after)) {
            (None, None) => return None,
            (None, Some(after)) => (Operation::Insert, self.values(&after, |_| true), None),
            (Some(before), None) => {
                let value = match self.replica {
                    Replica::Full => self.values(&before, |_| true),
                    Replica::Default => self.id_value(id),
                };
                (Operation::Delete, value, None)
            }
            (Some(before), Some(after)) => {
                let (old, new) = (
                    self.values(&before, |_| true),
                    self.values(&after, |_| true),
                );
                let has_changed = |name: &str| old.get(name) != new.get(name);
                let changed = self.columns.iter().filter(|it| has_changed(&it.name));
                if changed.count() == 0 {
                    return None;
                }
                match self.replica {
                    Replica::Full => {
                        let old = self.values(&before, has_changed);
                        (Operation::Update, new, Some(old))
                    }
                    Replica::Default => {
                        let wanted = |name: &str| name == self.id || has_changed(name);
                        (Operation::Update, self.values(&after, wanted), None)
                    }
                }
            }
        };
        Some(self.change(operation, id, value, old, &source))
    }

    /// The same where all rows are the shape's, from the row as it is now.
    fn told_by_now(
        &self,
        model: &Model,
        id: &str,
        touched: &Touched<'_>,
        now: Option<&Map<String, Value>>,
    ) -> Option<String> {
        let source = touched.source();
        match (touched.made, touched.ended) {
            (true, true) => None,
            (false, true) => {
                Some(self.change(Operation::Delete, id, self.id_value(id), None, &source))
            }
            (true, false) => {
                let value = self.values(now?, |_| true);
                Some(self.change(Operation::Insert, id, value, None, &source))
            }
            (false, false) => {
                let changed = touched.changed(model, self);
                let value = self.values(now?, |name| name == self.id || changed.contains(name));
                let moved = value.keys().any(|name| *name != self.id);
                moved.then(|| self.change(Operation::Update, id, value, None, &source))
            }
        }
    }
}

impl Changes<'_> {
    /// The rows as they are now, as far as they are there.
    async fn now(
        &self,
        model: &Model,
        touched: &BTreeMap<&EntityKey, Touched<'_>>,
    ) -> Result<BTreeMap<EntityKey, Map<String, Value>>> {
        let wanted = touched.iter().filter(|(_, touched)| !touched.ended);
        let keys: Vec<EntityKey> = wanted.map(|(key, _)| (*key).clone()).collect();
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let heads = self.store.heads(model, &keys).await?;
        Ok(heads
            .into_iter()
            .filter_map(|head| Some((head.key.clone(), head.folded.into_state()?)))
            .collect())
    }

    /// A row before and after a portion of the log, made again from the log.
    async fn turn(
        &self,
        reducer: Reducer<'_>,
        key: &EntityKey,
        portion: &Portion<'_>,
    ) -> Result<Turn> {
        let mut log = self.store.view().await?;
        let mut replay = Replay::of(&mut *log, reducer, key).await?;
        let mut at = |seq| replay.to(seq).and_then(|head| head.folded.state().cloned());
        Ok(Turn {
            before: at(portion.after),
            after: at(portion.scanned),
        })
    }
}

#[async_trait]
impl Write for Changes<'_> {
    async fn write(&self, portion: Portion<'_>, _: &View) -> Result<Written> {
        let shape = self.shape;
        let Some(reducer) = self.models.reducer(&shape.entity) else {
            return Ok(Written::default());
        };
        let mut touched: BTreeMap<&EntityKey, Touched<'_>> = BTreeMap::new();
        let of_shape = portion.events.iter();
        for event in of_shape.filter(|event| event.key.entity_type == shape.entity) {
            touched
                .entry(&event.key)
                .or_default()
                .add(reducer.model, event);
        }
        let now = match shape.looks_back() {
            true => BTreeMap::new(),
            false => self.now(reducer.model, &touched).await?,
        };
        let (mut told, mut untold) = (BTreeMap::new(), Vec::new());
        for (key, touched) in &touched {
            let message = if shape.looks_back() {
                let turn = self.turn(reducer, key, &portion).await?;
                shape.told(&key.entity_id, touched, &turn)
            } else {
                shape.told_by_now(reducer.model, &key.entity_id, touched, now.get(*key))
            };
            let source = touched.source();
            match message {
                Some(message) => _ = told.insert(source.seq, message),
                // Whoever waits for his transaction to come hears of it all the same.
                None => untold.extend(source.txids),
            }
        }
        let mut records: Vec<Record> = told.values().map(|it| Record::data(it)).collect();
        if !portion.has_more && !portion.events.is_empty() {
            untold.sort_unstable();
            records.push(Record::data(&up_to_date(portion.scanned, &untold)));
        }
        Ok(Written {
            records,
            news: !touched.is_empty(),
        })
    }
}
