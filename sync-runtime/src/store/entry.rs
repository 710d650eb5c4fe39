//! What a store keeps.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::semantics::{
    fold::Folded,
    hlc::Stamp,
    rows::{Declared, Expected, Stamps},
};

/// Names an entity.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityKey {
    /// Whose it is.
    pub tenant: String,
    /// `order`
    pub entity_type: String,
    /// In its normal form.
    pub entity_id: String,
}

/// A place in the order of an entity's events.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// First by stamp,
    pub stamp: Stamp,
    /// then by id.
    pub id: String,
}

/// An accepted event.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Its entity.
    pub key: EntityKey,
    /// Its position in the tenant's log, from 1.
    pub seq: u64,
    /// UUID, lower case.
    pub id: String,
    /// `order.item_added`
    pub event_type: String,
    /// In its normal form.
    pub payload: Map<String, Value>,
    /// Its stamp.
    pub stamp: Stamp,
    /// Of the payload.
    pub schema_version: u32,
    /// Who sent it, by the authenticator's word.
    pub user_id: String,
    /// The id where none was chosen.
    pub idempotency_key: String,
    /// When the server took it, Unix milliseconds.
    pub received_at: u64,
    /// Rows mode: what it says beside the payload.
    pub change: Option<RowChange>,
}

/// What the change of a row says beside its payload.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowChange {
    /// Whether a client or the backend's own code declared it; else another program wrote the table.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub declared: bool,
    /// The tab or the app process that wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// What the writer expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Expected>,
    /// The fields whose value became another, sorted.
    #[serde(default)]
    pub changed: Vec<String>,
    /// What was sent and not applied, because a later write was there.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub dropped: Map<String, Value>,
}

/// The projection of an entity: the fold of all its events.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// Which entity.
    pub key: EntityKey,
    /// What the fold gives.
    pub folded: Folded,
    /// The last place in its order.
    pub last: Place,
    /// How many events it has.
    pub event_count: u64,
    /// The position of the last of them that was logged.
    pub seq: u64,
    /// The schema version that folded it.
    pub schema_version: u32,
    /// How many events the newest stored snapshot covers.
    pub snapshot_count: u64,
    /// Rows mode: which transactions wrote it.
    pub stamps: Option<Stamps>,
}

/// A stored fold up to a place in the order.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Which entity.
    pub key: EntityKey,
    /// What the fold gave.
    pub folded: Folded,
    /// The last place that it covers.
    pub last: Place,
    /// How many events it covers.
    pub event_count: u64,
    /// It holds every event of the entity up to this position and none beyond.
    pub seq: u64,
    /// The schema version that folded it.
    pub schema_version: u32,
}

impl Place {
    /// The place before which nothing lies.
    pub fn first() -> Self {
        Self {
            stamp: Stamp {
                ms: 0,
                counter: 0,
                node: 0,
            },
            id: uuid::Uuid::nil().to_string(),
        }
    }
}

/// What is stored of the folds of an entity. One that cannot be read is the reason why.
#[derive(Debug, Clone)]
pub struct StoredFolds {
    /// The projection, as far as it is like a snapshot.
    pub head: std::result::Result<Option<Snapshot>, String>,
    /// All snapshots, of any version.
    pub snapshots: Vec<std::result::Result<Snapshot, String>>,
}

impl StoredFolds {
    /// The last position that any of them holds.
    pub fn newest_seq(&self) -> u64 {
        let head = self.head.iter().flatten();
        let snapshots = self.snapshots.iter().flatten();
        head.chain(snapshots)
            .map(|fold| fold.seq)
            .max()
            .unwrap_or(0)
    }
}

impl StoredEvent {
    /// What was declared of its transaction, as the row keeps it; `None`: another program wrote the row.
    pub fn declared(&self) -> Option<Declared> {
        let change = self.change.as_ref().filter(|change| change.declared)?;
        let fields: Vec<&String> = self.payload.keys().chain(change.dropped.keys()).collect();
        let one = match fields[..] {
            [one] if self.event_type.ends_with(".updated") => Some(one.clone()),
            _ => None,
        };
        Some(Declared {
            transaction_id: self.stamp,
            source_id: change.source_id.clone(),
            changed_field: one,
        })
    }

    /// The number by which those who follow a shape know its transaction: its position, which no other has.
    pub fn txid(&self) -> u64 {
        self.seq
    }

    /// Whether it is the change of a row of which nothing was applied, because later writes were there.
    pub fn is_overtaken(&self) -> bool {
        let change = self.change.as_ref();
        self.payload.is_empty() && change.is_some_and(|change| !change.dropped.is_empty())
    }

    /// Its place in the order.
    pub fn place(&self) -> Place {
        Place {
            stamp: self.stamp,
            id: self.id.clone(),
        }
    }
}

impl Head {
    /// Of an entity of which nothing is folded yet, and whose first event this will be.
    pub fn before(event: &StoredEvent, schema_version: u32) -> Self {
        Self {
            key: event.key.clone(),
            folded: Folded::Absent,
            last: event.place(),
            event_count: 0,
            seq: 0,
            schema_version,
            snapshot_count: 0,
            stamps: None,
        }
    }

    /// Of an entity that no log tells of.
    pub(crate) fn unlogged(key: EntityKey, schema_version: u32) -> Self {
        Self {
            key,
            folded: Folded::Absent,
            last: Place::first(),
            event_count: 0,
            seq: 0,
            schema_version,
            snapshot_count: 0,
            stamps: None,
        }
    }

    /// The same as a snapshot.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            key: self.key.clone(),
            folded: self.folded.clone(),
            last: self.last.clone(),
            event_count: self.event_count,
            seq: self.seq,
            schema_version: self.schema_version,
        }
    }
}
