//! `/health` and `/openapi.*`: at the root, without a token.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::App;
use crate::metrics::Now;

pub(super) async fn health(State(service): App) -> Response {
    let store = service.store.check().await;
    let backends = service.notifiers.health().await;
    let word = |ok: bool| if ok { "ok" } else { "unavailable" };
    // Without notifications readers look by themselves: slower, not broken.
    let status = if store.is_ok() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({
        "status": word(store.is_ok()),
        "store": word(store.is_ok()),
        "notifications": word(backends.iter().all(|(_, up)| *up)),
        "backends": backends.iter().map(|(name, up)| (*name, word(*up))).collect::<BTreeMap<_, _>>(),
    });
    (status, axum::Json(body)).into_response()
}

/// Whether the process answers.
pub(super) async fn live() -> Response {
    axum::Json(json!({ "status": "ok" })).into_response()
}

/// Whether the service can be used.
pub(super) async fn ready(State(service): App) -> Response {
    let is_ready = !service.leaving.is_cancelled() && service.store.check().await.is_ok();
    let (status, word) = match is_ready {
        true => (StatusCode::OK, "ok"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    (status, axum::Json(json!({ "status": word }))).into_response()
}

pub(super) async fn metrics(State(service): App) -> Response {
    let backends = service.notifiers.health().await;
    let text = service.metrics.render(&Now {
        backends: &backends,
        oldest_unsent: service.notifiers.oldest_unsent(),
        oldest_waiting: service.writer.oldest_waiting(),
        effects_failed: service.models.faults(),
    });
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

pub(super) async fn openapi_json(State(service): App) -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        service.openapi.0.clone(),
    )
        .into_response()
}

pub(super) async fn openapi_yaml(State(service): App) -> Response {
    (
        [(header::CONTENT_TYPE, "application/yaml")],
        service.openapi.1.clone(),
    )
        .into_response()
}
