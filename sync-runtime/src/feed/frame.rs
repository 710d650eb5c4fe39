//! What readers are handed: entries of the log, written once for all who see the same of them.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use axum::{body::Bytes, extract::ws::Utf8Bytes};

use super::cursor::Scope;
use crate::{
    semantics::access::Rights,
    store::{Result, StoredEvent},
};

/// About how many bytes a frame has; one entry that is larger makes a frame of its own.
pub(super) const FRAME_BYTES: usize = 64 * 1024;
/// The most entries of a frame.
pub(super) const FRAME_ENTRIES: usize = 256;

/// What a reader sees of a tenant's log. Readers with equal views share what is written for them.
#[derive(Debug, Clone)]
pub struct View {
    scope: Scope,
    rights: Rights,
    entity_types: Vec<String>,
    form: Form,
}

/// In which form entries go out: what is written in one is of no use to readers of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As events.
    Event,
    /// As what happened to rows, each with its row.
    Activity,
    /// As changes of a shape; the number tells one shape from another.
    Shape(u64),
}

/// An entry as it goes out.
#[derive(Debug, Clone)]
pub struct Record {
    sse: Bytes,
    text: Utf8Bytes,
}

/// Some entries in a row, to be sent at once.
#[derive(Debug)]
pub struct Frame {
    scanned: u64,
    records: Vec<Record>,
    news: bool,
    sse: OnceLock<Bytes>,
}

/// What was written of some entries.
#[derive(Debug, Default)]
pub struct Written {
    /// In log order.
    pub records: Vec<Record>,
    /// Whether it is worth waking a reader for.
    pub news: bool,
}

impl Written {
    /// Records that are all worth waking for.
    pub fn all(records: Vec<Record>) -> Self {
        Self {
            news: !records.is_empty(),
            records,
        }
    }
}

/// Some entries of the log, in a row.
#[derive(Debug)]
pub struct Portion<'a> {
    /// The position after which they begin.
    pub after: u64,
    /// Those of the view, in log order.
    pub events: &'a [&'a StoredEvent],
    /// The position that they reach.
    pub scanned: u64,
    /// Whether there is more at once.
    pub has_more: bool,
}

/// Writes entries that take more than the log to write: the rows as they are.
#[async_trait]
pub trait Write: Send + Sync {
    /// What goes out of some entries to readers of a view.
    async fn write(&self, portion: Portion<'_>, view: &View) -> Result<Written>;
}

/// An entry of the log, with what has been written of it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) event: StoredEvent,
    /// One for each scope that was asked for; there are as many as there are kinds of rights.
    written: Mutex<Vec<(Scope, Record)>>,
}

impl View {
    /// A view on these entity types, as events.
    pub fn new(scope: Scope, rights: Rights, entity_types: Vec<String>) -> Self {
        Self {
            scope,
            rights,
            entity_types,
            form: Form::Event,
        }
    }

    /// The same in another form.
    #[must_use]
    pub fn in_form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    /// What its cursors have in common.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// What its readers may see.
    pub fn rights(&self) -> &Rights {
        &self.rights
    }

    /// The entity types that it shows.
    pub fn entity_types(&self) -> &[String] {
        &self.entity_types
    }

    pub(super) fn shows(&self, event: &StoredEvent) -> bool {
        self.entity_types.contains(&event.key.entity_type)
    }

    /// Whether it shows the same. The scope names what is hidden; roles beyond that make no difference to a reader.
    pub(super) fn is_as(&self, other: &View) -> bool {
        self.form == other.form
            && self.scope == other.scope
            && self.entity_types == other.entity_types
    }
}

impl Record {
    /// An entry, or another message of a stream, from its JSON: what a WebSocket sends, and the same as a server-sent
    /// event of that name and id.
    pub fn new(event: &str, id: &str, json: &str) -> Self {
        // JSON has no line breaks, so that it is one `data:` line.
        let sse = Bytes::from(format!("event: {event}\nid: {id}\ndata: {json}\n\n"));
        let end = sse.len() - 2;
        let text = sse.slice(end - json.len()..end);
        Self {
            // It is text, being a part of what was text.
            text: Utf8Bytes::try_from(text).unwrap_or_default(),
            sse,
        }
    }

    /// A message that is nothing but its JSON.
    pub fn data(json: &str) -> Self {
        let sse = Bytes::from(format!("data: {json}\n\n"));
        let text = sse.slice(6..sse.len() - 2);
        Self {
            text: Utf8Bytes::try_from(text).unwrap_or_default(),
            sse,
        }
    }

    /// As a server-sent event.
    pub fn sse(&self) -> &Bytes {
        &self.sse
    }

    /// As a message of a WebSocket; shares its memory with the other form.
    pub fn text(&self) -> &Utf8Bytes {
        &self.text
    }
}

impl Frame {
    pub(super) fn new(scanned: u64, records: Vec<Record>) -> Self {
        Self {
            scanned,
            news: !records.is_empty(),
            records,
            sse: OnceLock::new(),
        }
    }

    pub(super) fn of(written: Written, scanned: u64) -> Self {
        Self {
            scanned,
            news: written.news,
            records: written.records,
            sse: OnceLock::new(),
        }
    }

    /// Whether it is worth waking a reader for.
    pub fn has_news(&self) -> bool {
        self.news
    }

    /// The position that it reaches, whether its last entries were of the view or not.
    pub fn scanned(&self) -> u64 {
        self.scanned
    }

    /// Its entries in log order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// All of it as server-sent events, joined once for all readers. Empty where nothing was of the view.
    pub fn sse(&self) -> Bytes {
        self.sse
            .get_or_init(|| match &*self.records {
                [one] => one.sse.clone(),
                records => {
                    let parts: Vec<&[u8]> = records.iter().map(|record| &*record.sse).collect();
                    parts.concat().into()
                }
            })
            .clone()
    }
}

impl Entry {
    pub(super) fn new(event: StoredEvent) -> Self {
        Self {
            event,
            written: Mutex::default(),
        }
    }

    /// What goes out of it to readers of the view; written the first time only.
    pub(super) fn record(
        self: &Arc<Self>,
        view: &View,
        write: impl FnOnce(&StoredEvent, &View) -> Record,
    ) -> Record {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, record)) = written.iter().find(|(scope, _)| *scope == view.scope) {
            return record.clone();
        }
        let record = write(&self.event, view);
        written.push((view.scope.clone(), record.clone()));
        record
    }
}
