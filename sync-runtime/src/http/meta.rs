//! `/health` and `/openapi.*`: at the root, without a token.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::App;

pub(super) async fn health(State(service): App) -> Response {
    let store = service.store.check().await;
    let notifications = service.notifier.health_check().await;
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
        "notifications": word(notifications.is_ok()),
    });
    (status, axum::Json(body)).into_response()
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
