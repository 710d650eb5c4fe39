//! What is handed in, and what became of it.

use super::{Outcome, incoming::Candidate};
use crate::{principal::Principal, store::StoredEvent};

/// Events of one sender, in the order sent.
#[derive(Debug)]
pub struct Submission {
    /// Who sent them.
    pub principal: Principal,
    /// What was sent.
    pub candidates: Vec<Candidate>,
    /// Whether the state-dependent checks are made. Only a test of the fold alone goes without.
    pub acceptance: Acceptance,
    /// Whether the answer has the rows as they stand.
    pub with_rows: bool,
}

/// Whether the state-dependent checks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    /// As the contract says.
    Judged,
    /// Everything that is well-formed is logged, whatever the state.
    Unjudged,
}

/// What a group did, once it is committed.
#[derive(Debug, Default)]
pub struct Committed {
    /// For each submission, for each event.
    pub outcomes: Vec<Vec<Outcome>>,
    /// What is new in the log, in its order.
    pub events: Vec<StoredEvent>,
    /// How many events were folded, those that late ones made fold again among them.
    pub folded: u64,
}
