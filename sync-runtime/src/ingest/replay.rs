//! A row as the log makes it: its changes in the order of the log.

use std::{iter::Peekable, vec::IntoIter};

use super::group::apply_row;
use crate::{
    semantics::fold::Reducer,
    store::{EntityKey, EntityLog, Head, Place, Result, Span, StoredEvent},
};

/// How many events are read at once.
const PAGE: u32 = 500;

/// The changes of a row, and the row as far as they are applied.
pub(crate) struct Replay<'a> {
    reducer: Reducer<'a>,
    events: Peekable<IntoIter<StoredEvent>>,
    head: Option<Head>,
}

impl<'a> Replay<'a> {
    /// Reads all that the log has of a row.
    pub(crate) async fn of(
        log: &mut (dyn EntityLog + '_),
        reducer: Reducer<'a>,
        key: &EntityKey,
    ) -> Result<Self> {
        let mut events: Vec<StoredEvent> = Vec::new();
        let mut last: Option<Place> = None;
        loop {
            let page = log.events(key, Span::After(last.clone()), PAGE).await?;
            last = page.events.last().map(StoredEvent::place).or(last);
            events.extend(page.events);
            if !page.has_more {
                break;
            }
        }
        // They come in the order of their stamps.
        events.sort_by_key(|event| event.seq);
        Ok(Self {
            reducer,
            events: events.into_iter().peekable(),
            head: None,
        })
    }

    /// The row after all changes up to a position, which never goes back; `None`: the log has none so far.
    pub(crate) fn to(&mut self, seq: u64) -> Option<&Head> {
        while let Some(event) = self.events.next_if(|event| event.seq <= seq) {
            let version = self.reducer.model.version;
            let head = self
                .head
                .get_or_insert_with(|| Head::before(&event, version));
            apply_row(self.reducer, head, &event);
        }
        self.head.as_ref()
    }
}
