//! How the protocol answers.

use std::time::{Duration, SystemTime};

use axum::{
    Json,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::shapes::{Offset, Refused, Shape, up_to_date};

pub(super) const HANDLE: HeaderName = HeaderName::from_static("electric-handle");
pub(super) const OFFSET: HeaderName = HeaderName::from_static("electric-offset");
const SCHEMA: HeaderName = HeaderName::from_static("electric-schema");
pub(super) const CURSOR: HeaderName = HeaderName::from_static("electric-cursor");
const UP_TO_DATE: HeaderName = HeaderName::from_static("electric-up-to-date");
const HAS_DATA: HeaderName = HeaderName::from_static("electric-has-data");

/// All that a page of another origin has to see.
pub(in crate::http) const EXPOSED: [HeaderName; 6] =
    [HANDLE, OFFSET, SCHEMA, CURSOR, UP_TO_DATE, HAS_DATA];

/// What is somebody's own is kept by nobody on the way.
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("private, no-store");
/// Cursors are counted from here: 2024-10-09, in seconds.
const CURSORS_FROM: u64 = 1_728_432_000;

/// Some messages, and where the reader is after them.
#[derive(Debug)]
pub(super) struct Answer {
    /// Each as JSON.
    messages: Vec<String>,
    next: Offset,
    is_up_to_date: bool,
    has_data: bool,
    headers: HeaderMap,
}

impl Answer {
    /// There is more at once.
    pub(super) fn data(messages: Vec<String>, next: Offset) -> Self {
        Self {
            has_data: !messages.is_empty(),
            messages,
            next,
            is_up_to_date: false,
            headers: HeaderMap::new(),
        }
    }

    /// All is told up to a position.
    pub(super) fn up_to_date(mut messages: Vec<String>, seq: u64) -> Self {
        let is_control = |message: &String| message.contains("\"control\":\"up-to-date\"");
        let has_data = messages.iter().any(|message| !is_control(message));
        if !messages.last().is_some_and(is_control) {
            messages.push(up_to_date(seq, &[]));
        }
        Self {
            has_data,
            is_up_to_date: true,
            ..Self::data(messages, Offset::At(seq))
        }
    }

    /// Of a shape, as one who does not wait is answered.
    pub(super) fn of(mut self, shape: &Shape, handle: String) -> Self {
        put(&mut self.headers, SCHEMA, &shape.schema().to_string());
        put(&mut self.headers, HANDLE, &handle);
        self
    }

    /// As one is answered who waited.
    pub(super) fn live(mut self, handle: &str, cursor: u64) -> Self {
        put(&mut self.headers, CURSOR, &cursor.to_string());
        put(&mut self.headers, HANDLE, handle);
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(mut self) -> Response {
        put(&mut self.headers, OFFSET, &self.next.to_string());
        put(&mut self.headers, HAS_DATA, &self.has_data.to_string());
        if self.is_up_to_date {
            put(&mut self.headers, UP_TO_DATE, "");
        }
        let headers = [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            ),
            (header::CACHE_CONTROL, NO_STORE),
        ];
        let body = format!("[{}]", self.messages.join(","));
        (self.headers, headers, body).into_response()
    }
}

/// Text of ours in a header; what is no ASCII is written as JSON may write it.
fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    let mut ascii = String::with_capacity(value.len());
    for char in value.chars() {
        if char.is_ascii() {
            ascii.push(char);
        } else {
            let mut units = [0; 2];
            for unit in char.encode_utf16(&mut units) {
                ascii.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    if let Ok(value) = HeaderValue::from_str(&ascii) {
        headers.insert(name, value);
    }
}

/// The cursor of one who waits: the end of the present interval, and another one than he had.
pub(super) fn cursor(interval: Duration, had: Option<u64>) -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now
        .map_or(0, |since| since.as_secs())
        .saturating_sub(CURSORS_FROM);
    let interval = interval.as_secs().max(1);
    let cursor = now.div_ceil(interval) * interval;
    match had {
        // A client may say anything.
        Some(had) if had >= cursor && had < cursor + 86_400 => had + rand::random_range(1..=3_600),
        _ => cursor,
    }
}

/// A request that is not served.
#[derive(Debug)]
pub(super) enum Failed {
    /// It says what cannot be.
    Refused(Refused),
    /// The reader begins again, by a new handle.
    Refetch(String),
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let no_store = [(header::CACHE_CONTROL, NO_STORE)];
        match self {
            Failed::Refused(Refused { field, reason }) => {
                let body = json!({ "message": "Invalid request", "errors": { field: [reason] } });
                (StatusCode::BAD_REQUEST, no_store, Json(body)).into_response()
            }
            Failed::Refetch(handle) => {
                let mut headers = HeaderMap::new();
                put(&mut headers, HANDLE, &handle);
                let body = json!([{ "headers": { "control": "must-refetch" } }]);
                (StatusCode::CONFLICT, headers, no_store, Json(body)).into_response()
            }
        }
    }
}
