//! The one reader of a tenant's log, for all who follow it in this process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use tokio::sync::{Notify, OnceCell, watch};
use tokio_util::sync::CancellationToken;

use super::{
    Feed,
    frame::{Frame, Record, View},
    tail::{Picked, Tail},
};
use crate::{
    notify::Listener,
    store::{Result, StoredEvent},
};

/// The most entries of one look.
const PAGE: u32 = 500;
/// How many frames are kept for readers who come to them a little later.
const FRAMES: usize = 16;

/// The tenants that are followed.
#[derive(Debug, Default)]
pub(super) struct Tenants {
    by_name: Mutex<HashMap<String, (Arc<Tenant>, usize)>>,
}

/// A tenant's log as its followers see it.
#[derive(Debug)]
pub(super) struct Tenant {
    name: String,
    recent: Mutex<Recent>,
    /// The last position that is known.
    end: watch::Sender<u64>,
    /// Something is missing at the end.
    behind: Notify,
    unfollowed: CancellationToken,
}

#[derive(Debug, Default)]
struct Recent {
    /// `None`: the log's end is not known yet.
    tail: Option<Tail>,
    /// By view and the position that they begin after, oldest first.
    frames: VecDeque<(Arc<View>, u64, Arc<Frame>)>,
    /// The same, of those that take a while to write: whoever comes first writes, and others wait for it.
    written: VecDeque<(Arc<View>, u64, Arc<Slot>)>,
    views: Vec<Weak<View>>,
}

/// A frame that is written once.
pub(super) type Slot = OnceCell<Arc<Frame>>;

/// Where a frame is or will be, what it is written of, and the last position that is known.
pub(super) struct Place {
    pub(super) slot: Arc<Slot>,
    pub(super) picked: Picked,
    pub(super) end: u64,
}

/// Keeps a tenant's log followed for as long as it lives.
#[derive(Debug)]
pub(super) struct Followed {
    tenants: Arc<Tenants>,
    pub(super) tenant: Arc<Tenant>,
}

impl Tenants {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Arc<Tenant>, usize)>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows a tenant's log. The first follower starts the reader, which ends with the last.
    pub(super) fn follow(self: &Arc<Self>, feed: &Feed, name: &str) -> Followed {
        let mut tenants = self.lock();
        let (tenant, followers) = tenants.entry(name.to_owned()).or_insert_with(|| {
            let tenant = Arc::new(Tenant {
                name: name.to_owned(),
                recent: Mutex::default(),
                end: watch::Sender::new(0),
                behind: Notify::new(),
                unfollowed: CancellationToken::new(),
            });
            tokio::spawn(read(feed.clone(), tenant.clone()));
            (tenant, 0)
        });
        *followers += 1;
        Followed {
            tenant: tenant.clone(),
            tenants: self.clone(),
        }
    }

    /// Hands on entries that this process wrote, in log order, to those tenants that somebody follows.
    pub(super) fn push(&self, events: Vec<StoredEvent>) {
        let mut touched: Vec<Arc<Tenant>> = Vec::new();
        for event in events {
            let tenant = match touched.iter().find(|known| known.name == event.key.tenant) {
                Some(tenant) => tenant.clone(),
                None => match self.lock().get(&event.key.tenant) {
                    Some((tenant, _)) => {
                        touched.push(tenant.clone());
                        tenant.clone()
                    }
                    None => continue,
                },
            };
            tenant.push(event);
        }
        for tenant in touched {
            tenant.announce();
        }
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        let mut tenants = self.tenants.lock();
        if let Some((tenant, followers)) = tenants.get_mut(&self.tenant.name) {
            *followers -= 1;
            if *followers == 0 {
                tenant.unfollowed.cancel();
                tenants.remove(&self.tenant.name);
            }
        }
    }
}

impl Tenant {
    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one value of all views that show the same.
    pub(super) fn view(&self, view: View) -> Arc<View> {
        let views = &mut self.recent().views;
        views.retain(|known| known.strong_count() > 0);
        let known = views.iter().filter_map(Weak::upgrade);
        if let Some(known) = known.into_iter().find(|known| known.is_as(&view)) {
            return known;
        }
        let view = Arc::new(view);
        views.push(Arc::downgrade(&view));
        view
    }

    /// Tells of the last position that is known.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }

    /// What lies after a position, and the last position that is known; `None`: it has to be read from the log.
    pub(super) fn frame(
        &self,
        view: &Arc<View>,
        after: u64,
        write: impl Fn(&StoredEvent, &View) -> Record,
    ) -> Option<(Arc<Frame>, u64)> {
        let (picked, end) = {
            let recent = self.recent();
            let Some(tail) = &recent.tail else {
                return Some((Arc::new(Frame::new(after, Vec::new())), after));
            };
            let same = |known: &&(Arc<View>, u64, Arc<Frame>)| {
                known.1 == after && Arc::ptr_eq(&known.0, view)
            };
            if let Some((_, _, frame)) = recent.frames.iter().rev().find(same) {
                return Some((frame.clone(), tail.end()));
            }
            (tail.pick(view, after)?, tail.end())
        };
        let records = picked
            .entries
            .iter()
            .map(|entry| entry.record(view, &write))
            .collect();
        let frame = Arc::new(Frame::new(picked.scanned, records));
        if picked.scanned > after {
            let frames = &mut self.recent().frames;
            frames.push_back((view.clone(), after, frame.clone()));
            if frames.len() > FRAMES {
                frames.pop_front();
            }
        }
        Some((frame, end))
    }

    /// Where what lies after a position is written for all readers of the view; `None`: it has to be read from the log.
    pub(super) fn place(&self, view: &Arc<View>, after: u64) -> Option<Place> {
        let mut recent = self.recent();
        let tail = recent.tail.as_ref()?;
        let (picked, end) = (tail.pick(view, after)?, tail.end());
        let same =
            |known: &&(Arc<View>, u64, Arc<Slot>)| known.1 == after && Arc::ptr_eq(&known.0, view);
        let known = recent.written.iter().rev().find(same);
        let slot = match known.map(|(_, _, slot)| slot.clone()) {
            Some(slot) => slot,
            None => {
                let slot = Arc::new(Slot::new());
                if picked.scanned > after {
                    recent
                        .written
                        .push_back((view.clone(), after, slot.clone()));
                    if recent.written.len() > FRAMES {
                        recent.written.pop_front();
                    }
                }
                slot
            }
        };
        Some(Place { slot, picked, end })
    }

    fn push(&self, event: StoredEvent) {
        let tail = &mut self.recent().tail;
        // What is before the first entry that is seen lies in the log.
        let tail = tail.get_or_insert_with(|| Tail::new(event.seq - 1));
        if tail.push(event) {
            self.behind.notify_one();
        }
    }

    fn known_end(&self) -> Option<u64> {
        self.recent().tail.as_ref().map(Tail::end)
    }

    fn announce(&self) {
        let Some(end) = self.known_end() else {
            return;
        };
        self.end.send_if_modified(|known| {
            let moved = *known < end;
            *known = (*known).max(end);
            moved
        });
    }

    /// Reads what the log has beyond what is known.
    async fn catch_up(&self, feed: &Feed) -> Result<()> {
        let Some(mut after) = self.known_end() else {
            let last = feed.store.last_seq(&self.name).await?;
            self.recent().tail.get_or_insert_with(|| Tail::new(last));
            self.announce();
            return Ok(());
        };
        loop {
            let page = feed.store.read_log(&self.name, after, None, PAGE).await?;
            after = page.scanned;
            for event in &page.events {
                feed.metrics.delivered(event.received_at);
            }
            if let Some(tail) = &mut self.recent().tail {
                tail.extend(page.events, page.scanned);
            }
            self.announce();
            if !page.has_more {
                return Ok(());
            }
        }
    }

    /// Waits until the log may have more than is known.
    async fn wait(&self, listener: &mut Listener) {
        // What this process wrote is here before the hint is.
        let known = || self.known_end().unwrap_or(0);
        tokio::select! {
            () = self.behind.notified() => {}
            () = listener.wait(known) => {}
        }
    }
}

/// Follows the log until nobody does any more.
async fn read(feed: Feed, tenant: Arc<Tenant>) {
    let following = async {
        let models = feed.models.schema().models();
        let entity_types: Vec<String> = models
            .iter()
            .map(|model| model.entity.to_string())
            .collect();
        let mut listener = feed.notifiers.listen(&tenant.name, &entity_types).await;
        loop {
            if let Err(error) = tenant.catch_up(&feed).await {
                tracing::warn!(%error, tenant = tenant.name, "the log cannot be followed; trying again");
            }
            tenant.wait(&mut listener).await;
        }
    };
    tokio::select! {
        () = tenant.unfollowed.cancelled() => {}
        () = following => {}
    }
}
