//! A model: one annotated struct.

use serde::{Deserialize, Serialize};

use super::{Event, Field, FieldKind, List, Str, Type};

/// A model: one annotated struct.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Name of the Rust type.
    pub name: Str,
    /// Where it was declared (`module_path!`), for messages.
    pub module: Str,
    /// Name on the wire, in event types and channels.
    pub entity: Str,
    /// Path segment and table name.
    pub path: Str,
    /// Its doc comment.
    pub doc: Str,
    /// How it reaches a client.
    pub mode: Mode,
    /// Schema version of its payloads, from 1.
    pub version: u32,
    /// Isolated by tenant.
    pub tenant: bool,
    /// In the order of the declaration, excluded ones among them.
    pub fields: List<Field>,
    /// Events mode: in the order of the declaration. Else the three changes of a row: `created`, `updated`, `deleted`.
    pub events: List<Event>,
    /// Events mode; `None`: off.
    pub snapshot: Option<SnapshotPolicy>,
    /// Which backend carries "something changed"; `None`: the server's setting.
    pub notification: Option<Notification>,
    /// Rows mode: a mutation resolves when it is in the local database.
    pub local_first: bool,
    /// Rows mode: what a stale write gets.
    pub conflict: Conflict,
    /// How older payloads are read, ordered by version.
    pub upcasts: List<Upcast>,
    /// Named sets of fields that roles may write.
    pub field_groups: List<FieldGroup>,
    /// What each role may write; empty: everyone may all.
    pub roles: List<Role>,
}

/// How a model reaches a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A plain typed API.
    Api,
    /// Synced rows.
    Rows,
    /// Event-sourced.
    Events,
}

/// When a snapshot is taken, in events past the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotPolicy {
    /// In the background once so many lie past it.
    pub every: u32,
    /// Before answering once so many do; never less than `every`.
    pub max: u32,
}

/// Which backend carries "something changed".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the products")]
pub enum Notification {
    Memory,
    Redis,
    Postgres,
    Nats,
    Electric,
    Polling,
    Noop,
}

/// Rows mode: what a stale field write gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// A refusal that shows the server's value.
    Reject,
    /// The higher stamp stays.
    LastWriteWins,
}

/// How payloads of one version are read as the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Upcast {
    /// The version that it reads.
    pub from: u32,
    /// Applied in order.
    pub steps: List<Lift>,
}

/// One step of an upcast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lift {
    /// A key changes its name, in payloads and states.
    Rename {
        /// The old name.
        from: Str,
        /// The new name.
        to: Str,
    },
    /// A key that is missing from a `create` payload or a state gets a value.
    Default {
        /// The key.
        field: Str,
        /// JSON of the value.
        value: Str,
    },
    /// A Rust function; a slot of the same shape in each client.
    Function {
        /// Its path as written.
        path: Str,
    },
}

/// A named set of fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldGroup {
    /// Its name.
    pub name: Str,
    /// Wire names.
    pub fields: List<Str>,
}

/// What a role may write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// Its name, as the principal has it.
    pub name: Str,
    /// Names of field groups.
    pub groups: List<Str>,
}

impl Notification {
    /// Its name in a declaration and a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Notification::Memory => "memory",
            Notification::Redis => "redis",
            Notification::Postgres => "postgres",
            Notification::Nats => "nats",
            Notification::Electric => "electric",
            Notification::Polling => "polling",
            Notification::Noop => "noop",
        }
    }
}

impl Model {
    /// The field of that wire name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The event of that name, without the entity.
    pub fn event(&self, name: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.name == name)
    }

    /// The event of a full type such as `order.item_added`.
    pub fn event_of_type(&self, event_type: &str) -> Option<&Event> {
        let (entity, name) = event_type.split_once('.')?;
        (entity == self.entity).then(|| self.event(name)).flatten()
    }

    /// The primary key.
    pub fn id_field(&self) -> Option<&Field> {
        self.field_of_kind(&FieldKind::Id)
    }

    /// The type of the primary key; a UUID where none is declared.
    pub fn id_type(&self) -> &Type {
        self.id_field().map_or(&Type::Uuid, |field| &field.ty)
    }

    /// The first field of that kind.
    pub fn field_of_kind(&self, kind: &FieldKind) -> Option<&Field> {
        self.fields.iter().find(|field| field.kind == *kind)
    }

    /// Whether its changes are in the log: those of a plain API are not.
    pub fn is_logged(&self) -> bool {
        self.mode != Mode::Api
    }

    /// The fields that replicas share: all but the excluded ones.
    pub fn shared_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_shared())
    }
}

impl Upcast {
    /// The version that it writes.
    pub const fn to(&self) -> u32 {
        self.from + 1
    }
}
