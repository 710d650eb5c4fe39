//! An entity wound back to a place in its order, and folded on from there.
//!
//! A late event goes to its place: the fold starts at a stored snapshot before it and goes on to the end. A device that
//! was offline brings many such events, in order; the fold therefore waits at the place of one for the next, and reaches
//! the end once. Events are read by pages, so that memory does not grow with how far back the place lies.

use std::collections::VecDeque;

use super::refold::{fold_stored, is_kept};
use crate::{
    semantics::fold::{Folded, Reducer},
    store::{EntityKey, EntityLog, Head, Place, Result, Snapshot, Span, StoredEvent},
};

/// How many events are read at once.
const PAGE: u32 = 500;

/// The fold of an entity up to a place, while what lies behind it is not folded yet.
#[derive(Debug)]
pub(crate) struct Rewind {
    /// The fold so far. Its `last` is a place that was folded only where `started`.
    head: Head,
    started: bool,
    /// Read and not folded.
    ahead: VecDeque<StoredEvent>,
    /// The last place that was read.
    read: Option<Place>,
    has_more: bool,
    /// How many events the entity has, as far as is known.
    total: u64,
    inserted: bool,
    snapshots: Vec<Snapshot>,
    folded: u64,
}

impl Rewind {
    /// The fold of all that lies before a place, of an entity of about `total` events.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub(crate) async fn to(
        log: &mut dyn EntityLog,
        reducer: Reducer<'_>,
        key: &EntityKey,
        place: &Place,
        total: u64,
    ) -> Result<Self> {
        let base = log
            .snapshot_before(key, Some(place), reducer.model.version)
            .await?;
        let mut rewind = match base {
            Some(base) => Self::from(base, total),
            None => Self::start(reducer, key, place.clone(), total),
        };
        rewind.fold_until(log, reducer, Some(place)).await?;
        Ok(rewind)
    }

    /// The projection of an entity, folded again from the log alone; `None` where it has no events.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub(crate) async fn whole(
        log: &mut dyn EntityLog,
        reducer: Reducer<'_>,
        key: &EntityKey,
        total: u64,
    ) -> Result<Option<Done>> {
        let page = log.events(key, Span::After(None), PAGE).await?;
        let Some(first) = page.events.first() else {
            return Ok(None);
        };
        let mut rewind = Self::start(reducer, key, first.place(), total);
        rewind.take(page.events, page.has_more);
        // All snapshots are taken anew.
        rewind.inserted = true;
        rewind.finish(log, reducer).await.map(Some)
    }

    fn start(reducer: Reducer<'_>, key: &EntityKey, place: Place, total: u64) -> Self {
        let nothing = Head {
            key: key.clone(),
            folded: Folded::Absent,
            last: place,
            event_count: 0,
            seq: 0,
            schema_version: reducer.model.version,
            snapshot_count: 0,
            stamps: None,
        };
        Self {
            head: nothing,
            started: false,
            ahead: VecDeque::new(),
            read: None,
            has_more: true,
            total,
            inserted: false,
            snapshots: Vec::new(),
            folded: 0,
        }
    }

    fn from(base: Snapshot, total: u64) -> Self {
        Self {
            read: Some(base.last.clone()),
            head: Head {
                key: base.key,
                folded: base.folded,
                last: base.last,
                event_count: base.event_count,
                seq: base.seq,
                schema_version: base.schema_version,
                snapshot_count: base.event_count,
                stamps: None,
            },
            started: true,
            ahead: VecDeque::new(),
            has_more: true,
            total,
            inserted: false,
            snapshots: Vec::new(),
            folded: 0,
        }
    }

    /// The fold of all that lies before the place it was moved to.
    pub(crate) fn folded(&self) -> &Folded {
        &self.head.folded
    }

    /// Whether a place lies ahead, so that one need not wind back further.
    pub(crate) fn is_before(&self, place: &Place) -> bool {
        !self.started || self.head.last < *place
    }

    /// Folds on to all that lies before a place; to the end where there is none.
    pub(crate) async fn fold_until(
        &mut self,
        log: &mut dyn EntityLog,
        reducer: Reducer<'_>,
        place: Option<&Place>,
    ) -> Result<()> {
        loop {
            while let Some(event) = self
                .ahead
                .pop_front_if(|event| place.is_none_or(|place| event.place() < *place))
            {
                self.fold(reducer, &event);
            }
            if !self.ahead.is_empty() || !self.has_more {
                return Ok(());
            }
            let page = log
                .events(&self.head.key, Span::After(self.read.clone()), PAGE)
                .await?;
            self.take(page.events, page.has_more);
        }
    }

    fn take(&mut self, events: Vec<StoredEvent>, has_more: bool) {
        if let Some(last) = events.last() {
            self.read = Some(last.place());
        }
        self.has_more = has_more;
        self.ahead.extend(events);
    }

    /// Folds one more event, at the place that it was moved to.
    pub(crate) fn insert(&mut self, reducer: Reducer<'_>, event: &StoredEvent) {
        self.inserted = true;
        self.total += 1;
        self.fold(reducer, event);
    }

    /// Whether an event was put in; if none was, the projection is as it was.
    pub(crate) fn is_changed(&self) -> bool {
        self.inserted
    }

    fn fold(&mut self, reducer: Reducer<'_>, event: &StoredEvent) {
        let head = &mut self.head;
        fold_stored(reducer, &mut head.folded, event);
        self.started = true;
        self.folded += 1;
        head.last = event.place();
        head.event_count += 1;
        head.seq = head.seq.max(event.seq);
        let every = reducer
            .model
            .snapshot
            .map(|policy| u64::from(policy.every).max(1));
        if let Some(every) = every
            && self.inserted
            && head.event_count.is_multiple_of(every)
        {
            head.snapshot_count = head.event_count;
            if is_kept(head.event_count, self.total.max(head.event_count), every) {
                self.snapshots.push(head.snapshot());
            }
        }
    }

    /// Folds to the end.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub(crate) async fn finish(
        mut self,
        log: &mut dyn EntityLog,
        reducer: Reducer<'_>,
    ) -> Result<Done> {
        self.fold_until(log, reducer, None).await?;
        Ok(Done {
            head: self.head,
            snapshots: self.snapshots,
            folded: self.folded,
        })
    }
}

/// An entity that is folded to its end.
#[derive(Debug)]
pub(crate) struct Done {
    /// Its projection.
    pub(crate) head: Head,
    /// The snapshots to keep that were taken on the way.
    pub(crate) snapshots: Vec<Snapshot>,
    /// How many events were folded.
    pub(crate) folded: u64,
}
