//! What goes out: the one place that knows the shape of an event, a snapshot and a stream's message.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    feed::{Record, View},
    ingest::writer::unix_millis,
    registry::Models,
    semantics::{
        access::Rights,
        rows::{Expected, WHOLE_ROW},
        time, upcast,
    },
    store::{Head, RowChange, StoredEvent},
};

/// An event of the log as a reader gets it.
#[derive(Debug, Serialize)]
pub(crate) struct EventMessage<'a> {
    id: &'a str,
    event_type: &'a str,
    entity_type: &'a str,
    entity_id: &'a str,
    payload: Map<String, Value>,
    /// Rows mode: for each field that the reader sees the transaction that the change was based on.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Expected>,
    /// Rows mode: the tab or the app process that wrote; null where another program did.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_id: Option<Option<&'a str>>,
    timestamp: String,
    schema_version: u32,
    user_id: &'a str,
    idempotency_key: &'a str,
    seq: u64,
    received_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'a RowChange>,
}

impl<'a> EventMessage<'a> {
    /// With what the reader may see of it.
    pub(crate) fn of(event: &'a StoredEvent, models: &Models, rights: &Rights) -> Self {
        let (payload, schema_version) = shown(event, models, rights);
        Self {
            id: &event.id,
            event_type: &event.event_type,
            entity_type: &event.key.entity_type,
            entity_id: &event.key.entity_id,
            payload,
            expected: shown_expectations(event, models, rights),
            source_id: event
                .change
                .as_ref()
                .map(|change| change.source_id.as_deref()),
            timestamp: event.stamp.to_string(),
            schema_version,
            user_id: &event.user_id,
            idempotency_key: &event.idempotency_key,
            seq: event.seq,
            received_at: time::from_millis(event.received_at),
            applied: None,
            change: None,
        }
    }

    /// With all that is stored of it.
    #[cfg(feature = "admin")]
    pub(crate) fn whole(mut self, event: &'a StoredEvent) -> Self {
        self.change = event.change.as_ref();
        self
    }

    /// With whether it did something to the state.
    pub(super) fn applied(mut self, applied: bool) -> Self {
        self.applied = Some(applied);
        self
    }
}

/// What a reader may see of what a writer expected.
fn shown_expectations(event: &StoredEvent, models: &Models, rights: &Rights) -> Option<Expected> {
    let expected = event.change.as_ref()?.expected.as_ref()?;
    let model = models.model(&event.key.entity_type)?;
    let shown = expected.iter().filter(|(name, _)| {
        let now = upcast::name_now(model, event.schema_version, name);
        let field = model.field(now);
        *name == WHOLE_ROW || field.is_some_and(|field| rights.sees(field))
    });
    Some(shown.map(|(name, by)| (name.clone(), *by)).collect())
}

/// What a reader may see of a payload, and its version. Hidden fields are known by their names of today: where
/// something is hidden, an older payload is lifted first, and one that nobody can read any more stays empty.
fn shown(event: &StoredEvent, models: &Models, rights: &Rights) -> (Map<String, Value>, u32) {
    let mut payload = event.payload.clone();
    let reducer = models.reducer(&event.key.entity_type);
    let Some(reducer) = reducer.filter(|reducer| rights.hides_some_of(reducer.model)) else {
        return (payload, event.schema_version);
    };
    let model = reducer.model;
    let Some(declared) = model.event_of_type(&event.event_type) else {
        return (Map::new(), event.schema_version);
    };
    if upcast::lift(reducer, declared, event.schema_version, &mut payload).is_err() {
        return (Map::new(), event.schema_version);
    }
    rights.redact_payload(model, declared, &mut payload);
    (payload, model.version)
}

/// A snapshot as a reader gets it: the state is null where the entity has ended. A row has its transactions too.
pub(super) fn snapshot(
    head: &Head,
    state: Option<Map<String, Value>>,
    tx: Option<Map<String, Value>>,
) -> Value {
    let mut snapshot = json!({
        "entity_type": head.key.entity_type,
        "entity_id": head.key.entity_id,
        "state": state,
        "last_hlc": head.last.stamp,
        "last_event_id": head.last.id,
        "event_count": head.event_count,
        "schema_version": head.schema_version,
        "seq": head.seq,
    });
    if let (Some(tx), Some(snapshot)) = (tx, snapshot.as_object_mut()) {
        snapshot.insert("tx".to_owned(), Value::Object(tx));
    }
    snapshot
}

/// A message of a stream.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum StreamMessage<'a> {
    /// An entry of the log.
    Event {
        channel: &'a str,
        event: &'a EventMessage<'a>,
        cursor: &'a str,
    },
    /// All that was in the log has been sent.
    CaughtUp {
        cursor: &'a str,
        seq: u64,
        server_time: u64,
    },
    /// The connection is alive.
    Ping { server_time: u64 },
    /// Why the stream is about to end.
    Error {
        code: &'a str,
        /// How long to wait before coming back.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
}

/// What a stream is told when the server goes.
pub(super) const GOING_AWAY: &str = "going_away";
/// Over how long those come back who are told to go, in milliseconds.
const COME_BACK_OVER: u64 = 5_000;

/// How long one of them is to wait.
pub(super) fn come_back_after() -> u64 {
    rand::random_range(0..=COME_BACK_OVER)
}

/// An entry of the log as a message of a stream.
pub(super) fn entry(event: &StoredEvent, models: &Models, view: &View) -> Record {
    let cursor = view.scope().cursor(event.seq);
    let shown = EventMessage::of(event, models, view.rights());
    let message = StreamMessage::Event {
        channel: &event.key.entity_type,
        event: &shown,
        cursor: &cursor,
    };
    Record::new("event", &cursor, &message.json())
}

/// All that was in the log has been sent, up to a position.
pub(super) fn caught_up(view: &View, seq: u64) -> Record {
    let cursor = view.scope().cursor(seq);
    let message = StreamMessage::CaughtUp {
        cursor: &cursor,
        seq,
        server_time: unix_millis(),
    };
    Record::new("caught_up", &cursor, &message.json())
}

impl StreamMessage<'_> {
    /// As JSON. Writing these types cannot fail.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
