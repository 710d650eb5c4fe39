//! What readers are handed: entries of the log, written once for all who see the same of them.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::{body::Bytes, extract::ws::Utf8Bytes};

use super::cursor::Scope;
use crate::{semantics::access::Rights, store::StoredEvent};

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
    sse: OnceLock<Bytes>,
}

/// An entry of the log, with what has been written of it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) event: StoredEvent,
    /// One for each scope that was asked for; there are as many as there are kinds of rights.
    written: Mutex<Vec<(Scope, Record)>>,
}

impl View {
    /// A view on these entity types.
    pub fn new(scope: Scope, rights: Rights, entity_types: Vec<String>) -> Self {
        Self {
            scope,
            rights,
            entity_types,
        }
    }

    /// What its cursors have in common.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// What its readers may see.
    pub fn rights(&self) -> &Rights {
        &self.rights
    }

    pub(super) fn entity_types(&self) -> &[String] {
        &self.entity_types
    }

    pub(super) fn shows(&self, event: &StoredEvent) -> bool {
        self.entity_types.contains(&event.key.entity_type)
    }

    /// Whether it shows the same. The scope names what is hidden; roles beyond that make no difference to a reader.
    pub(super) fn is_as(&self, other: &View) -> bool {
        self.scope == other.scope && self.entity_types == other.entity_types
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

    /// As a server-sent event.
    pub fn sse(&self) -> &Bytes {
        &self.sse
    }

    /// The text of the server-sent event.
    pub fn text_as_sse(&self) -> &str {
        // It was made of text.
        std::str::from_utf8(&self.sse).unwrap_or_default()
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
            records,
            sse: OnceLock::new(),
        }
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
