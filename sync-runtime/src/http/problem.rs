//! Errors as `application/problem+json` (RFC 9457).

use std::{borrow::Cow, time::Duration};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use crate::{
    emit::EmitError,
    feed::cursor::CursorError,
    ingest::{
        Code, Rejection,
        incoming::InvalidBatch,
        writer::{WriteError, unix_millis},
    },
    store::StoreError,
};

/// How long a client waits before it comes back.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// RFC 6750 asks for a parameter behind the scheme; Foundation on Linux falls over one without.
const CHALLENGE: &str = "Bearer realm=\"sync\"";

/// An error for programs (`code`) and people (`detail`).
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: String,
    more: Map<String, Value>,
    retry_after: Duration,
}

impl Problem {
    /// A problem of that status and code.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            detail: detail.into(),
            more: Map::new(),
            retry_after: RETRY_AFTER,
        }
    }

    /// With how long to wait before trying again, where the status is one that says so.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = wait;
        self
    }

    /// With one more member.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.more.insert(key.to_owned(), value.into());
        self
    }

    pub(super) fn unauthorized(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    pub(super) fn invalid_query(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_query", detail)
    }

    /// The same under another code, where it says that a body is too large.
    pub(super) fn too_large_as(mut self, code: &'static str) -> Self {
        if self.status == StatusCode::PAYLOAD_TOO_LARGE {
            self.code = code.into();
            "the body is larger than a payload may be".clone_into(&mut self.detail);
        }
        self
    }

    pub(super) fn invalid_payload(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_payload", detail)
    }

    pub(super) fn batch_too_large(max: usize, unit: &str) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "batch_too_large",
            format!("a batch holds at most {max} {unit}; send it in parts"),
        )
        .with("max", max)
        .with("unit", unit)
    }

    /// What a batch that is none gets.
    pub(super) fn invalid_batch(error: InvalidBatch, max_events: usize) -> Self {
        match error {
            InvalidBatch::Malformed(detail) => Self::new(
                StatusCode::BAD_REQUEST,
                "malformed_json",
                format!("the body is no JSON: {detail}"),
            ),
            InvalidBatch::Shape => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_event",
                "the body is not {\"events\": […]}",
            ),
            InvalidBatch::TooMany => Self::batch_too_large(max_events, "events"),
            InvalidBatch::Event { index, message } => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_event",
                format!("/events/{index}: {message}"),
            )
            .with("index", index),
        }
    }
}

impl From<CursorError> for Problem {
    fn from(error: CursorError) -> Self {
        match error {
            CursorError::Invalid => Self::new(
                StatusCode::BAD_REQUEST,
                "invalid_cursor",
                "the cursor is not one that this server gave to this tenant",
            ),
            CursorError::Expired => Self::new(
                StatusCode::GONE,
                "cursor_expired",
                "the cursor is from another log or from other field rights; start from snapshots",
            ),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "storage_unavailable",
            "the store does not answer; try again",
        )
    }
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Overloaded => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "overloaded",
                "too many writes are waiting; try again",
            ),
            WriteError::Unavailable => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "storage_unavailable",
                "the store does not answer; try again",
            ),
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        if let Some(first) = rejection.conflicts.first() {
            return Self::new(StatusCode::CONFLICT, "FIELD_CONFLICT", rejection.reason)
                .with("field", &*first.field)
                .with(
                    "expected_transaction_id",
                    json!(first.expected_transaction_id),
                )
                .with("server_transaction_id", json!(first.server_transaction_id))
                .with("server_value", first.server_value.clone())
                .with("conflicts", json!(rejection.conflicts));
        }
        let status = match &rejection.code {
            Code::Forbidden => StatusCode::FORBIDDEN,
            Code::EntityNotFound | Code::EntityDeleted => StatusCode::NOT_FOUND,
            Code::InvalidPayload
            | Code::PayloadTooLarge
            | Code::InvalidTimestamp
            | Code::ClockDrift => StatusCode::UNPROCESSABLE_ENTITY,
            code if code.is_retryable() => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::CONFLICT,
        };
        Self::new(status, rejection.code.as_str().to_owned(), rejection.reason)
    }
}

impl From<EmitError> for Problem {
    fn from(error: EmitError) -> Self {
        match error {
            EmitError::Rejected(rejection) => rejection.into(),
            EmitError::Unavailable(error) => error.into(),
            EmitError::Store(error) => error.into(),
            EmitError::InvalidId(_) => Self::not_found(error.to_string()),
            EmitError::Payload(_) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_payload",
                error.to_string(),
            ),
            EmitError::UnknownModel(_) | EmitError::InsideGuard => {
                tracing::error!(%error, "the application's own fault");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "this is a fault of the server",
                )
            }
        }
    }
}

/// What a handler that emits may answer with: the code and the reason of a refusal, as a problem.
impl IntoResponse for EmitError {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
            "server_time": unix_millis(),
        });
        if let Value::Object(body) = &mut body {
            body.extend(self.more);
        }
        let mut response = (
            self.status,
            [(header::CONTENT_TYPE, "application/problem+json")],
            body.to_string(),
        )
            .into_response();
        match self.status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                // Whole seconds, never too few.
                let seconds = self.retry_after.as_millis().div_ceil(1_000).max(1);
                let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, seconds.into());
            }
            StatusCode::UNAUTHORIZED => {
                response.headers_mut().insert(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static(CHALLENGE),
                );
            }
            _ => {}
        }
        response
    }
}

pub(super) async fn no_such_route() -> Problem {
    Problem::not_found("there is no such route")
}

pub(super) async fn no_such_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this route does not take that method",
    )
}
