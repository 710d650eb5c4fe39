//! A field of a model or of a struct.

use serde::{Deserialize, Serialize};

use super::{List, Ref, Str, Type};

/// A field of a model or of a struct.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// On the wire.
    pub name: Str,
    /// Its doc comment.
    pub doc: Str,
    /// `Option` here is what makes it nullable.
    pub ty: Ref<Type>,
    /// What it is when a payload leaves it out; an `Option` without one is null. `None`: required.
    pub default: Option<Default>,
    /// Who fills it.
    pub kind: FieldKind,
    /// Who may see it.
    pub visibility: Visibility,
    /// What is checked before an event is recorded.
    pub rules: Rules,
    /// Its integers are strings on the wire and may use all 64 bits.
    pub big: bool,
    /// The key is left out when the value is null (`serde(skip_serializing_if = "Option::is_none")`).
    pub optional: bool,
    /// For a list or set: the payload key of one element (`item` of `items`); else empty.
    pub singular: Str,
    /// Other names that are read (`serde(alias)`), never written.
    pub aliases: List<Str>,
    /// Rows mode: a conflict on it waits for the user.
    pub conflict_manual: bool,
}

/// What a field is when a payload leaves it out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Default {
    /// JSON, in the wire's normal form or as a literal that normalises to it.
    Literal(Str),
    /// What the type itself starts as: zero, false, empty, null, an enum's `#[default]`, a struct of such.
    OfType,
}

/// Who fills a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// A payload.
    Plain,
    /// The primary key of a model, or the key of an element in a keyed list.
    Id,
    /// The time of the `create`.
    CreatedAt,
    /// The time of the last event that did something.
    UpdatedAt,
    /// The time of the event that brought the element.
    EventTime,
    /// A state machine: starts in its default, moved by a `transition` alone.
    Machine(List<Transition>),
}

/// The moves that a state machine allows from one state. A state without an entry is final.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// Wire name of the state.
    pub from: Str,
    /// Wire names of the states that may follow it.
    pub to: List<Str>,
}

/// Who may see a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everyone in the tenant.
    Public,
    /// The role `owner`, for reading and writing.
    OwnerOnly,
    /// Rust code on the server alone; it is in no state, payload or feed.
    Excluded,
}

/// What is checked before an event is recorded, on the server and in every client.
#[derive(Debug, Clone, PartialEq, std::default::Default, Serialize, Deserialize)]
pub struct Rules {
    /// Bounds of a number.
    pub range: Option<Range>,
    /// Bounds of a string in Unicode scalars, or of a list in elements.
    pub length: Option<Length>,
    /// A regular expression that the whole string matches, in the subset common to Rust and ECMAScript.
    pub pattern: Option<Str>,
}

/// Inclusive bounds of a number, each as the literal in the declaration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// At least.
    pub min: Option<Str>,
    /// At most.
    pub max: Option<Str>,
}

/// Inclusive bounds of a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Length {
    /// At least.
    pub min: Option<u32>,
    /// At most.
    pub max: Option<u32>,
}

impl Rules {
    /// Nothing is checked.
    pub const NONE: Self = Self {
        range: None,
        length: None,
        pattern: None,
    };
}

impl Field {
    /// Whether a payload may hold it: every field but the id, the managed and `event_time` ones, the excluded ones and
    /// machines.
    pub fn is_writable(&self) -> bool {
        matches!(self.kind, FieldKind::Plain) && self.visibility != Visibility::Excluded
    }

    /// Whether a payload that writes the whole may leave it out.
    pub fn has_default(&self) -> bool {
        self.default.is_some() || matches!(&*self.ty, Type::Option(_))
    }

    /// Whether it is part of the state that replicas share.
    pub fn is_shared(&self) -> bool {
        self.visibility != Visibility::Excluded
    }

    /// The moves of a state machine; `None` for any other field.
    pub fn machine(&self) -> Option<&[Transition]> {
        match &self.kind {
            FieldKind::Machine(transitions) => Some(transitions),
            _ => None,
        }
    }
}
