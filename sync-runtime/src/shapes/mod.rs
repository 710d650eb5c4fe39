//! Shapes: the rows of a model as ElectricSQL's HTTP protocol has them, so that Electric's own clients read them.
//!
//! A shape is a table, some of its columns, and a condition. A reader takes a snapshot first and then follows what
//! happens to it. All of it comes out of the log and the tables: no shape is kept anywhere, so that handles and offsets
//! outlive the process and mean the same in each.

mod changes;
mod definition;
pub(crate) mod filter;
mod message;
mod offset;
mod snapshot;

pub(crate) use changes::Changes;
pub(crate) use definition::{Asked, Shape};
pub(crate) use message::{snapshot_end, up_to_date};
pub(crate) use offset::Offset;
pub(crate) use snapshot::{Chunk, chunk};

/// A parameter that cannot be, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The name of the parameter.
    pub(crate) field: &'static str,
    /// For a person.
    pub(crate) reason: String,
}

impl Refused {
    pub(crate) fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self {
            field,
            reason: reason.into(),
        }
    }
}
