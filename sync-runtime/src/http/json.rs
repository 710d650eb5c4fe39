//! A request's body that is a JSON object.

use std::time::Duration;

use axum::{body::Body, http::StatusCode};
use serde_json::{Map, Value};

use super::{Problem, body::Limits};
use crate::{ingest::incoming::MAX_PAYLOAD_BYTES, principal::Principal, service::Inner};

/// Room for what stands beside the payload.
const BESIDE: usize = 64 * 1024;

/// Reads the body of whoever the authenticator knows; what a stranger sends is thrown away.
pub(super) async fn object(
    service: &Inner,
    principal: Result<Principal, Problem>,
    body: Body,
) -> Result<(Principal, Map<String, Value>), Problem> {
    let limits = Limits {
        bytes: principal.as_ref().map_or(0, |_| MAX_PAYLOAD_BYTES + BESIDE),
        within: Duration::from_millis(service.config.body_within_ms),
    };
    let body = service.room.read(body, limits).await;
    let principal = principal?;
    let body = body.map_err(|problem| problem.too_large_as("payload_too_large"))?;
    service.limits.events(&principal, 1)?;
    let malformed = |error: serde_json::Error| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "malformed_json",
            format!("the body is no JSON: {error}"),
        )
    };
    match serde_json::from_slice(&body.bytes).map_err(malformed)? {
        Value::Object(object) => Ok((principal, object)),
        _ => Err(Problem::invalid_payload("the body is no JSON object")),
    }
}
