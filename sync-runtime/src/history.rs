//! The audit trail of an entity: its events in fold order, and which of them did something.

use std::fmt;

use crate::{
    ingest::{Rewind, fold_stored},
    schema::Mode,
    semantics::fold::Reducer,
    store::{EntityKey, EntityLog, Place, Result, Span, StoredEvent},
};

/// An event of the trail.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// As it was logged.
    pub event: StoredEvent,
    /// Whether it did something to the state, as the order is now.
    pub applied: bool,
}

/// A page of the trail, oldest first.
#[derive(Debug, Clone, Default)]
pub struct HistoryPage {
    /// The events.
    pub entries: Vec<HistoryEntry>,
    /// Where the page before this one ends; `None`: this is the first.
    pub next: Option<Before>,
}

/// A page holds what lies before this place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Before {
    /// In the order of stamps.
    Place(Place),
    /// In the order of the log.
    Position(u64),
}

impl Before {
    /// Reads what [`fmt::Display`] wrote for a model of this mode.
    pub fn parse(text: &str, mode: Mode) -> Option<Self> {
        if mode == Mode::Rows {
            return text.parse().ok().map(Self::Position);
        }
        let (stamp, id) = text.split_once('_')?;
        let id = uuid::Uuid::try_parse(id).ok()?;
        Some(Self::Place(Place {
            stamp: stamp.parse().ok()?,
            id: id.hyphenated().to_string(),
        }))
    }
}

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place(Place { stamp, id }) => write!(f, "{stamp}_{id}"),
            Self::Position(seq) => write!(f, "{seq}"),
        }
    }
}

/// The last `limit` events of an entity before a place, in the order in which its state comes of them; `None` where it has
/// none at all.
///
/// # Errors
///
/// The store failed.
pub async fn page(
    log: &mut dyn EntityLog,
    reducer: Reducer<'_>,
    key: &EntityKey,
    before: Option<&Before>,
    limit: u32,
) -> Result<Option<HistoryPage>> {
    let is_row = reducer.model.mode == Mode::Rows;
    let span = match before {
        Some(Before::Place(place)) => Span::Before(Some(place.clone())),
        Some(Before::Position(seq)) => Span::LoggedBefore(Some(*seq)),
        None if is_row => Span::LoggedBefore(None),
        None => Span::Before(None),
    };
    let page = log.events(key, span, limit).await?;
    let Some(first) = page.events.first() else {
        let seen = match before {
            Some(_) => !log
                .events(key, Span::After(None), 1)
                .await?
                .events
                .is_empty(),
            None => false,
        };
        return Ok(seen.then(HistoryPage::default));
    };
    let next = match is_row {
        true => Before::Position(first.seq),
        false => Before::Place(first.place()),
    };
    let next = page.has_more.then_some(next);
    let entries = match is_row {
        true => changes(page.events),
        false => folded(log, reducer, key, page.events).await?,
    };
    Ok(Some(HistoryPage { entries, next }))
}

/// What was accepted of a row was applied, unless later writes had overtaken all of it.
fn changes(events: Vec<StoredEvent>) -> Vec<HistoryEntry> {
    let entries = events.into_iter().map(|event| HistoryEntry {
        applied: !event.is_overtaken(),
        event,
    });
    entries.collect()
}

/// Whether events did something is folded from a snapshot before them, so that a page costs no more the longer the log is.
async fn folded(
    log: &mut dyn EntityLog,
    reducer: Reducer<'_>,
    key: &EntityKey,
    events: Vec<StoredEvent>,
) -> Result<Vec<HistoryEntry>> {
    let Some(first) = events.first().map(StoredEvent::place) else {
        return Ok(Vec::new());
    };
    let reducer = Reducer {
        faults: None,
        ..reducer
    };
    let mut folded = Rewind::to(log, reducer, key, &first, 0)
        .await?
        .folded()
        .clone();
    let entries = events.into_iter().map(|event| HistoryEntry {
        applied: fold_stored(reducer, &mut folded, &event),
        event,
    });
    Ok(entries.collect())
}
