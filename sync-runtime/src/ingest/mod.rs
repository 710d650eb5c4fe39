//! How an event gets into the log.
//!
//! [`incoming`] reads what a client sent and makes every check that needs no database; [`group`] judges what is left
//! against the log and folds it, inside one transaction; [`writer`] is the one task that makes such groups out of
//! whatever waits.

pub mod group;
pub mod incoming;
mod outcome;
mod refold;
mod replay;
mod rewind;
pub mod rows;
pub mod submission;
pub mod writer;

pub(crate) use group::{is_inside, occurrence};
pub use outcome::{Code, Outcome, Rejection, WrittenRow};
#[cfg(feature = "admin")]
pub(crate) use refold::fold_or_reason;
pub(crate) use refold::fold_stored;
pub(crate) use replay::Replay;
pub(crate) use rewind::Rewind;
