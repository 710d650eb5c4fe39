//! An event and what it does.

use serde::{Deserialize, Serialize};

use super::{List, Ref, Str, Type};

/// A declared event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Without the entity: `item_added`.
    pub name: Str,
    /// What it does to the state.
    pub effect: Effect,
}

/// What an event does to the state; the closed vocabulary that every target executes alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Makes the entity.
    Create,
    /// Replaces fields, all of them given.
    Set {
        /// Wire names.
        fields: List<Str>,
    },
    /// Replaces those fields that are given.
    Merge {
        /// Wire names.
        fields: List<Str>,
    },
    /// Appends to a list, or adds to a set.
    Push {
        /// Wire name of the list.
        list: Str,
    },
    /// Takes out of a list or set.
    Remove {
        /// Wire name of the list.
        list: Str,
    },
    /// Merges into an element of a keyed list.
    Update {
        /// Wire name of the list.
        list: Str,
    },
    /// Adds to an integer, within its type's range.
    Increment {
        /// Wire name of the field.
        field: Str,
    },
    /// Moves a state machine if that move is allowed.
    Transition {
        /// Wire name of the field.
        field: Str,
    },
    /// Ends the entity.
    Delete,
    /// A pure function of the application's own.
    Custom {
        /// Its payload: a struct.
        payload: Ref<Type>,
    },
}

impl Effect {
    /// Its name in a declaration.
    pub const fn name(&self) -> &'static str {
        match self {
            Effect::Create => "create",
            Effect::Set { .. } => "set",
            Effect::Merge { .. } => "merge",
            Effect::Push { .. } => "push",
            Effect::Remove { .. } => "remove",
            Effect::Update { .. } => "update",
            Effect::Increment { .. } => "increment",
            Effect::Transition { .. } => "transition",
            Effect::Delete => "delete",
            Effect::Custom { .. } => "custom",
        }
    }
}
