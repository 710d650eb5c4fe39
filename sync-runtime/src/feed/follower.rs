//! A reader of a tenant's log.

use std::sync::Arc;

use tokio::sync::watch;

use super::{
    Feed,
    frame::{FRAME_BYTES, Frame, Portion, Record, View, Write},
    tail::weight,
    tenant::{Followed, Place},
};
use crate::store::{LogPage, Result, StoredEvent};

/// The most entries that are read at once on the way to the log's recent end.
const PAGE: u32 = 256;
/// The most entries of one query where each is joined with its row.
pub const JOINED: u32 = 100;

/// A reader of a tenant's log: from a position on, first out of the store, then with all others.
pub struct Follower {
    feed: Feed,
    tenant: String,
    followed: Followed,
    view: Arc<View>,
    after: u64,
    end: watch::Receiver<u64>,
    /// How many entries to read next, so that about a frame's worth of bytes comes.
    page: u32,
    /// The store has said once that there is no more. Until then the log's recent end in memory is not trusted to be
    /// its end: another process may have written a moment ago.
    caught_up: bool,
}

/// What a follower finds.
#[derive(Debug)]
pub struct Look {
    /// Entries of the view.
    pub frame: Arc<Frame>,
    /// Whether there is more at once.
    pub has_more: bool,
}

impl Follower {
    pub(super) fn new(feed: Feed, tenant: &str, after: u64, view: View) -> Self {
        let followed = feed.tenants.follow(&feed, tenant);
        Self {
            view: followed.tenant.view(view),
            end: followed.tenant.watch(),
            followed,
            tenant: tenant.to_owned(),
            feed,
            after,
            page: PAGE,
            caught_up: false,
        }
    }

    /// What it sees.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// What lies after the position, which then moves on. May be empty. `write` says how an entry goes out.
    ///
    /// # Errors
    ///
    /// The store is away.
    pub async fn look(
        &mut self,
        write: impl Fn(&StoredEvent, &View) -> Record + Send + Sync,
    ) -> Result<Look> {
        if let Some((frame, end)) = self
            .followed
            .tenant
            .frame(&self.view, self.after, &write)
            .filter(|(frame, _)| self.caught_up || frame.scanned() > self.after)
        {
            self.after = frame.scanned();
            return Ok(Look {
                frame,
                has_more: self.after < end || !self.caught_up,
            });
        }
        let types = Some(self.view.entity_types());
        let page = self
            .feed
            .store
            .read_log(&self.tenant, self.after, types, self.page)
            .await?;
        let look = self.of_page(page, write);
        self.after = look.frame.scanned();
        self.caught_up |= !look.has_more;
        Ok(look)
    }

    /// The same for entries that take more than the log to write. What it takes is read once for all readers of the view
    /// who have come as far.
    ///
    /// # Errors
    ///
    /// The store is away.
    pub async fn look_written(&mut self, writer: &impl Write) -> Result<Look> {
        let known = self.followed.tenant.place(&self.view, self.after);
        if let Some(Place { slot, picked, end }) = known.filter(|_| self.caught_up) {
            let write = async || {
                let events: Vec<&StoredEvent> =
                    picked.entries.iter().map(|entry| &entry.event).collect();
                let portion = Portion {
                    after: self.after,
                    events: &events,
                    scanned: picked.scanned,
                    has_more: picked.scanned < end,
                };
                let written = writer.write(portion, &self.view).await?;
                Ok(Arc::new(Frame::of(written, picked.scanned)))
            };
            let frame = slot.get_or_try_init(write).await?.clone();
            self.after = frame.scanned();
            return Ok(Look {
                has_more: self.after < end,
                frame,
            });
        }
        let types = Some(self.view.entity_types());
        let page = self
            .feed
            .store
            .read_log(&self.tenant, self.after, types, JOINED)
            .await?;
        let events: Vec<&StoredEvent> = page.events.iter().collect();
        let portion = Portion {
            after: self.after,
            events: &events,
            scanned: page.scanned,
            has_more: page.has_more,
        };
        let written = writer.write(portion, &self.view).await?;
        self.after = page.scanned;
        self.caught_up |= !page.has_more;
        Ok(Look {
            frame: Arc::new(Frame::of(written, page.scanned)),
            has_more: page.has_more,
        })
    }

    /// A frame's worth of a page. The rest is dropped and read again: a reader that takes its time holds a frame and no
    /// more.
    fn of_page(&mut self, page: LogPage, write: impl Fn(&StoredEvent, &View) -> Record) -> Look {
        let mut bytes = 0;
        let fitting = page
            .events
            .iter()
            .take_while(|event| {
                let first = bytes == 0;
                bytes += weight(event);
                first || bytes <= FRAME_BYTES
            })
            .count();
        let kept = &page.events[..fitting];
        let records = kept.iter().map(|event| write(event, &self.view)).collect();
        let cut = fitting < page.events.len();
        let scanned = match kept.last().filter(|_| cut) {
            Some(last) => last.seq,
            None => page.scanned,
        };
        let fitting = u32::try_from(fitting).unwrap_or(PAGE);
        self.page = if cut {
            fitting + fitting / 4 + 1
        } else {
            (self.page * 2).min(PAGE)
        };
        Look {
            frame: Arc::new(Frame::new(scanned, records)),
            has_more: cut || page.has_more,
        }
    }

    /// Waits until there is more.
    pub async fn wait(&mut self) {
        self.wait_beyond(self.after).await;
    }

    /// Waits until the log has something after a position.
    pub async fn wait_beyond(&mut self, after: u64) {
        // The sender lives as long as what is followed.
        let _ = self.end.wait_for(|end| *end > after).await;
    }
}
