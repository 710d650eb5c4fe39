//! `POST /events/batch`

use axum::{Json, body::Body, extract::State, http::StatusCode};
use futures_util::StreamExt as _;
use serde::Serialize;

use super::{App, Problem};
use crate::{
    ingest::{
        Code, Outcome,
        incoming::Reader,
        submission::{Acceptance, Submission},
        writer::unix_millis,
    },
    principal::Principal,
};

/// The most bytes beyond a batch that are read to be thrown away.
const MAX_BEYOND: usize = 64 * 1024 * 1024;

/// What became of a batch.
#[derive(Debug, Serialize)]
pub(super) struct BatchAnswer {
    accepted: Vec<String>,
    rejected: Vec<RejectedEvent>,
    /// The position of the last accepted event; null where none was.
    seq: Option<u64>,
    cursor: Option<String>,
    server_time: u64,
}

#[derive(Debug, Serialize)]
struct RejectedEvent {
    id: String,
    code: Code,
    reason: String,
    retryable: bool,
}

/// Reads a body of at most `max` bytes. What comes beyond is thrown away, up to a limit: a client that is still sending
/// when the connection closes would not see the answer.
async fn read(body: Body, max: usize) -> Result<Vec<u8>, Problem> {
    let mut chunks = body.into_data_stream();
    let (mut body, mut beyond) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "malformed_json",
                "the body ends before its time",
            )
        })?;
        if beyond == 0 && body.len() + chunk.len() <= max {
            body.extend_from_slice(&chunk);
            continue;
        }
        body = Vec::new();
        beyond += chunk.len();
        if beyond > MAX_BEYOND {
            break;
        }
    }
    match beyond {
        0 => Ok(body),
        _ => Err(Problem::batch_too_large(max, "bytes")),
    }
}

pub(super) async fn post(
    State(service): App,
    principal: Result<Principal, Problem>,
    body: Body,
) -> Result<Json<BatchAnswer>, Problem> {
    let config = &service.config;
    let body = read(body, config.max_batch_bytes).await;
    let principal = principal?;
    let body = body?;
    let reader = Reader {
        models: &service.models,
        principal: &principal,
        wall: unix_millis(),
        max_drift: config.max_drift_ms,
    };
    let candidates = reader
        .batch(&body, config.max_batch_events)
        .map_err(|error| Problem::invalid_batch(error, config.max_batch_events))?;
    let ids: Vec<String> = candidates
        .iter()
        .map(|candidate| candidate.id.clone())
        .collect();
    let scope = service.scope(&principal);
    let outcomes = if candidates.is_empty() {
        Vec::new()
    } else {
        service
            .writer
            .submit(Submission {
                principal,
                candidates,
                acceptance: Acceptance::Judged,
            })
            .await?
    };
    let mut answer = BatchAnswer {
        accepted: Vec::new(),
        rejected: Vec::new(),
        seq: None,
        cursor: None,
        server_time: unix_millis(),
    };
    for (id, outcome) in ids.into_iter().zip(outcomes) {
        match outcome {
            Outcome::Accepted { seq } => {
                answer.accepted.push(id);
                answer.seq = answer.seq.max(Some(seq));
            }
            Outcome::Rejected(rejection) => answer.rejected.push(RejectedEvent {
                id,
                retryable: rejection.code.is_retryable(),
                code: rejection.code,
                reason: rejection.reason,
            }),
        }
    }
    answer.cursor = answer.seq.map(|seq| scope.cursor(seq));
    Ok(Json(answer))
}
