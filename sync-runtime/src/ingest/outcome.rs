//! What became of an event.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::semantics::rows::{Conflict, Stamps};

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// In the log, now or since an earlier time, at this position.
    Accepted {
        /// The position in the tenant's log.
        seq: u64,
        /// Rows mode, where it was asked for: the row as it stands.
        row: Option<Box<WrittenRow>>,
    },
    /// Not in the log.
    Rejected(Rejection),
}

/// A row after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenRow {
    /// `None`: it has ended.
    pub state: Option<Map<String, Value>>,
    /// Which transactions wrote it.
    pub stamps: Option<Stamps>,
    /// The fields that were not written, because a later write was there.
    pub dropped: Vec<String>,
    /// Whether the change was in the log before.
    pub repeated: bool,
}

/// Why an event is not in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// For programs.
    pub code: Code,
    /// For people: what was wrong and where.
    pub reason: String,
    /// The fields that were not as the writer expected them.
    pub conflicts: Vec<Conflict>,
}

/// Why an event is not in the log, for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the contract's own are documented there")]
pub enum Code {
    UnknownEntityType,
    UnknownEventType,
    InvalidPayload,
    InvalidTimestamp,
    ClockDrift,
    UnsupportedSchemaVersion,
    UserMismatch,
    IdempotencyMismatch,
    Forbidden,
    EntityExists,
    EntityNotFound,
    EntityDeleted,
    InvalidTransition,
    FieldConflict,
    PayloadTooLarge,
    StorageUnavailable,
    Overloaded,
    /// What one of the application's guards returned.
    Application(String),
}

impl Code {
    /// On the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Code::UnknownEntityType => "unknown_entity_type",
            Code::UnknownEventType => "unknown_event_type",
            Code::InvalidPayload => "invalid_payload",
            Code::InvalidTimestamp => "invalid_timestamp",
            Code::ClockDrift => "clock_drift",
            Code::UnsupportedSchemaVersion => "unsupported_schema_version",
            Code::UserMismatch => "user_mismatch",
            Code::IdempotencyMismatch => "idempotency_mismatch",
            Code::Forbidden => "forbidden",
            Code::EntityExists => "entity_exists",
            Code::EntityNotFound => "entity_not_found",
            Code::EntityDeleted => "entity_deleted",
            Code::InvalidTransition => "invalid_transition",
            Code::FieldConflict => "field_conflict",
            Code::PayloadTooLarge => "payload_too_large",
            Code::StorageUnavailable => "storage_unavailable",
            Code::Overloaded => "overloaded",
            Code::Application(code) => code,
        }
    }

    /// Whether the same event may be accepted later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Code::StorageUnavailable | Code::Overloaded)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Rejection {
    /// A rejection.
    pub fn new(code: Code, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
            conflicts: Vec::new(),
        }
    }
}
