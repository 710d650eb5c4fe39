//! What waits to be written: bounded, and fair by tenant.
//!
//! Each tenant has a lane. Lanes take turns, and in a turn a tenant may have so many events written (deficit round
//! robin, after Shreedhar and Varghese): one that sends batches of 500 delays another's single event by a turn, not by
//! all it has waiting. The bound counts events and bytes, and no tenant may fill more than half of it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::sync::{Notify, oneshot};

use super::WriteError;
use crate::ingest::{Outcome, submission::Submission};

/// The most events of one group. SQLite gains little beyond it, and a group should not keep others waiting long.
const MAX_GROUP: usize = 4_096;
/// About how many bytes a group holds.
const MAX_GROUP_BYTES: usize = 16 * 1024 * 1024;
/// The most events that wait; more are told to come back.
const MAX_WAITING: usize = 20_000;
/// About how many bytes wait.
const MAX_WAITING_BYTES: usize = 64 * 1024 * 1024;
/// What a tenant may have written in a turn, in events.
const TURN: usize = 64;

/// What becomes of a submission.
pub(super) type Answer = oneshot::Sender<Result<Vec<Outcome>, WriteError>>;

/// A submission that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) submission: Submission,
    pub(super) answer: Answer,
    events: usize,
    bytes: usize,
    since: Instant,
}

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Queue {
    lanes: Mutex<Lanes>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Lanes {
    by_tenant: HashMap<String, Lane>,
    /// Tenants that have something waiting, the next one first.
    turns: VecDeque<String>,
    events: usize,
    bytes: usize,
    /// Since when the oldest has waited that is being written.
    written: Option<Instant>,
    closed: bool,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Waiting>,
    events: usize,
    bytes: usize,
    /// What the tenant has left of its turns.
    credit: usize,
}

impl Waiting {
    pub(super) fn new(submission: Submission, answer: Answer) -> Self {
        let payloads = submission.candidates.iter();
        let bytes = payloads
            .map(|candidate| {
                512 + candidate
                    .content
                    .payload
                    .values()
                    .map(weight)
                    .sum::<usize>()
            })
            .sum();
        Self {
            events: submission.candidates.len().max(1),
            bytes,
            submission,
            answer,
            since: Instant::now(),
        }
    }

    /// What it takes of a turn: large payloads count as several events.
    fn cost(&self) -> usize {
        self.events.max(self.bytes / 1024)
    }
}

impl Queue {
    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a submission wait.
    ///
    /// # Errors
    ///
    /// Too many wait, of all or of this tenant; or nobody writes any more.
    pub(super) fn push(&self, waiting: Waiting) -> Result<(), WriteError> {
        self.lanes().push(waiting)?;
        self.changed.notify_one();
        Ok(())
    }

    /// The next group, as soon as there is one; `None` once the queue is closed and empty.
    pub(super) async fn take(&self) -> Option<Vec<Waiting>> {
        loop {
            {
                let mut lanes = self.lanes();
                let group = lanes.take();
                lanes.written = group.iter().map(|waiting| waiting.since).min();
                if !group.is_empty() {
                    return Some(group);
                }
                if lanes.closed {
                    return None;
                }
            }
            self.changed.notified().await;
        }
    }

    /// How long the oldest submission has waited that is not answered yet.
    pub(super) fn oldest(&self) -> Option<Duration> {
        let lanes = self.lanes();
        let waiting = lanes.by_tenant.values();
        let first = waiting.filter_map(|lane| lane.waiting.front());
        let oldest = first
            .map(|waiting| waiting.since)
            .chain(lanes.written)
            .min();
        oldest.map(|since| since.elapsed())
    }

    /// Takes nothing more in.
    pub(super) fn close(&self) {
        self.lanes().closed = true;
        self.changed.notify_one();
    }

    /// Lets go of all that waits: nobody will write it.
    pub(super) fn clear(&self) {
        let mut lanes = self.lanes();
        *lanes = Lanes {
            closed: true,
            ..Lanes::default()
        };
    }
}

impl Lanes {
    fn push(&mut self, waiting: Waiting) -> Result<(), WriteError> {
        if self.closed {
            return Err(WriteError::Unavailable);
        }
        let tenant = &waiting.submission.principal.tenant_id;
        let (own_events, own_bytes) = self
            .by_tenant
            .get(tenant)
            .map_or((0, 0), |lane| (lane.events, lane.bytes));
        let fits = |have: usize, more: usize, max: usize| have == 0 || have + more <= max;
        if !fits(self.events, waiting.events, MAX_WAITING)
            || !fits(self.bytes, waiting.bytes, MAX_WAITING_BYTES)
            || !fits(own_events, waiting.events, MAX_WAITING / 2)
            || !fits(own_bytes, waiting.bytes, MAX_WAITING_BYTES / 2)
        {
            return Err(WriteError::Overloaded);
        }
        self.events += waiting.events;
        self.bytes += waiting.bytes;
        if !self.by_tenant.contains_key(tenant) {
            self.turns.push_back(tenant.clone());
        }
        let lane = self.by_tenant.entry(tenant.clone()).or_default();
        lane.events += waiting.events;
        lane.bytes += waiting.bytes;
        lane.waiting.push_back(waiting);
        Ok(())
    }

    fn take(&mut self) -> Vec<Waiting> {
        let mut group = Vec::new();
        let (mut events, mut bytes) = (0, 0);
        while let Some(tenant) = self.turns.pop_front() {
            let Some(lane) = self.by_tenant.get_mut(&tenant) else {
                continue;
            };
            lane.credit += TURN;
            while let Some(next) = lane
                .waiting
                .front()
                .filter(|next| next.cost() <= lane.credit)
            {
                if !group.is_empty()
                    && (events + next.events > MAX_GROUP || bytes + next.bytes > MAX_GROUP_BYTES)
                {
                    // The turn goes on with the next group.
                    lane.credit -= TURN;
                    self.turns.push_front(tenant);
                    return group;
                }
                let Some(next) = lane.waiting.pop_front() else {
                    break;
                };
                lane.credit -= next.cost();
                lane.events -= next.events;
                lane.bytes -= next.bytes;
                self.events -= next.events;
                self.bytes -= next.bytes;
                events += next.events;
                bytes += next.bytes;
                group.push(next);
            }
            match lane.waiting.is_empty() {
                true => drop(self.by_tenant.remove(&tenant)),
                false => self.turns.push_back(tenant),
            }
        }
        group
    }
}

/// About how many bytes a value takes.
fn weight(value: &Value) -> usize {
    32 + match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| key.len() + weight(value))
            .sum(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::{
        ingest::{
            Code, Rejection,
            incoming::{Candidate, Content},
            submission::Acceptance,
        },
        principal::Principal,
    };

    fn waiting(tenant: &str, events: usize, bytes: usize) -> Waiting {
        let candidate = |_| Candidate {
            id: String::new(),
            idempotency_key: String::new(),
            content: Content {
                payload: Map::from_iter([("text".to_owned(), json!("x".repeat(bytes)))]),
                ..Content::default()
            },
            verdict: Err(Rejection::new(Code::Forbidden, "")),
        };
        let submission = Submission {
            principal: Principal::new(tenant, "u", ["owner"]),
            candidates: (0..events).map(candidate).collect(),
            acceptance: Acceptance::Judged,
            with_rows: false,
        };
        Waiting::new(submission, oneshot::channel().0)
    }

    fn sizes(group: &[Waiting]) -> Vec<(&str, usize)> {
        group
            .iter()
            .map(|one| (&*one.submission.principal.tenant_id, one.events))
            .collect()
    }

    #[test]
    fn a_single_event_does_not_wait_for_anothers_batches() {
        let mut lanes = Lanes::default();
        for _ in 0..15 {
            lanes.push(waiting("many", 500, 10)).unwrap();
        }
        for _ in 0..100 {
            lanes.push(waiting("few", 1, 10)).unwrap();
        }
        let group = lanes.take();
        let few = sizes(&group).iter().filter(|one| one.0 == "few").count();
        // By events, not by requests: all hundred fit into two turns.
        assert_eq!(few, 100);
        assert_eq!(
            group.iter().map(|one| one.events).sum::<usize>(),
            100 + 7 * 500
        );
        let rest: usize = (0..2).map(|_| lanes.take().len()).sum();
        assert_eq!((rest, lanes.events, lanes.bytes), (8, 0, 0));
        assert!(lanes.take().is_empty() && lanes.by_tenant.is_empty());
    }

    #[test]
    fn tenants_share_a_group_by_events() {
        let mut lanes = Lanes::default();
        for _ in 0..80 {
            lanes.push(waiting("a", 100, 1)).unwrap();
            lanes.push(waiting("b", 50, 1)).unwrap();
        }
        let group = lanes.take();
        let of = |tenant: &str| -> usize {
            sizes(&group)
                .iter()
                .filter(|one| one.0 == tenant)
                .map(|one| one.1)
                .sum()
        };
        assert!(
            of("a").abs_diff(of("b")) <= 200,
            "{} and {}",
            of("a"),
            of("b")
        );
    }

    #[test]
    fn it_is_bounded_by_events_by_bytes_and_by_tenant() {
        let mut lanes = Lanes::default();
        let fill = |lanes: &mut Lanes, tenant: &str, events: usize, bytes: usize| {
            (0..)
                .take_while(|_| lanes.push(waiting(tenant, events, bytes)).is_ok())
                .count()
        };
        assert_eq!(fill(&mut lanes, "a", 500, 1), 20);
        assert_eq!(fill(&mut lanes, "b", 500, 1), 20);
        assert_eq!(fill(&mut lanes, "c", 500, 1), 0);
        lanes.take();
        assert!(fill(&mut lanes, "c", 500, 1) > 0);

        let mut lanes = Lanes::default();
        assert!((120..=128).contains(&fill(&mut lanes, "a", 1, 256 * 1024)));
        // What is larger than the bound alone is taken where nothing waits.
        let mut lanes = Lanes::default();
        lanes.push(waiting("a", 30_000, 1)).unwrap();
        assert_eq!(lanes.take().len(), 1);
    }

    #[tokio::test]
    async fn the_oldest_is_known_until_it_is_written() {
        let queue = Queue::default();
        assert_eq!(queue.oldest(), None);
        queue.push(waiting("a", 1, 1)).unwrap();
        queue.push(waiting("b", 1, 1)).unwrap();
        let first = queue.oldest().unwrap();
        let group = queue.take().await.unwrap();
        assert_eq!(group.len(), 2);
        // It is being written, and waits still.
        assert!(queue.oldest().unwrap() >= first);
        queue.close();
        assert!(queue.take().await.is_none());
        assert_eq!(queue.oldest(), None);
    }
}
