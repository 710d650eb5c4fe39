//! `POST /events/batch`

use std::time::Duration;

use axum::{Json, body::Body, extract::State};
use serde::Serialize;

use super::{App, Problem, body::Limits};
use crate::{
    ingest::{
        Code, Outcome,
        incoming::Reader,
        submission::{Acceptance, Submission},
        writer::unix_millis,
    },
    principal::Principal,
    semantics::rows::Conflict,
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conflicts: Vec<Conflict>,
}

pub(super) async fn post(
    State(service): App,
    principal: Result<Principal, Problem>,
    body: Body,
) -> Result<Json<BatchAnswer>, Problem> {
    let config = &service.config;
    let limits = Limits {
        // What a stranger sends is thrown away.
        bytes: principal.as_ref().map_or(0, |_| config.max_batch_bytes),
        within: Duration::from_millis(config.body_within_ms),
    };
    let body = service.room.read(body, limits).await;
    let principal = principal?;
    let body = body?;
    let reader = Reader {
        models: &service.models,
        principal: &principal,
        wall: unix_millis(),
        max_drift: config.max_drift_ms,
    };
    let candidates = reader
        .batch(&body.bytes, config.max_batch_events)
        .map_err(|error| Problem::invalid_batch(error, config.max_batch_events))?;
    service.limits.events(&principal, candidates.len())?;
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
                with_rows: false,
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
            Outcome::Accepted { seq, .. } => {
                answer.accepted.push(id);
                answer.seq = answer.seq.max(Some(seq));
            }
            Outcome::Rejected(rejection) => answer.rejected.push(RejectedEvent {
                id,
                retryable: rejection.code.is_retryable(),
                code: rejection.code,
                reason: rejection.reason,
                conflicts: rejection.conflicts,
            }),
        }
    }
    let codes = answer.rejected.iter().map(|event| event.code.as_str());
    service.metrics.batch(answer.accepted.len(), codes);
    answer.cursor = answer.seq.map(|seq| scope.cursor(seq));
    Ok(Json(answer))
}
