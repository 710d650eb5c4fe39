//! `POST /events/batch`

use axum::{Json, body::Body, extract::State};
use serde::Serialize;

use super::{App, Problem};
use crate::{
    ingest::{
        Code, Outcome,
        group::{Acceptance, Submission},
        incoming::Reader,
        writer::unix_millis,
    },
    principal::Principal,
};

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

pub(super) async fn post(
    State(service): App,
    principal: Principal,
    body: Body,
) -> Result<Json<BatchAnswer>, Problem> {
    let config = &service.config;
    let body = axum::body::to_bytes(body, config.max_batch_bytes)
        .await
        .map_err(|_| Problem::batch_too_large(config.max_batch_bytes, "bytes"))?;
    let reader = Reader {
        models: &service.models,
        principal: &principal,
        wall: unix_millis(),
        max_drift: config.max_drift_ms,
    };
    let candidates = reader
        .batch(&body, config.max_batch_events)
        .map_err(|error| Problem::invalid_batch(error, config.max_batch_events))?;
    let ids: Vec<String> = candidates.iter().map(|candidate| candidate.id.clone()).collect();
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
