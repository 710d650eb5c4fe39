//! `GET /events/since`

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{App, Problem, messages::EventMessage, params::Params};
use crate::{ingest::writer::unix_millis, principal::Principal};

pub(super) async fn get(
    State(service): App,
    principal: Principal,
    params: Params,
) -> Result<Json<Value>, Problem> {
    let types = params.entity_types("entity_type", &service.models)?;
    let limit = params.limit(100, 1000)?;
    let (scope, after) = service.position(&principal, params.get("since")).await?;
    let page = service
        .store
        .read_log(&principal.tenant_id, after, Some(&types), limit)
        .await?;
    let rights = principal.rights();
    let events: Vec<_> = page
        .events
        .iter()
        .map(|event| EventMessage::of(event, &service.models, &rights))
        .collect();
    Ok(Json(json!({
        "events": events,
        "cursor": scope.cursor(page.scanned),
        "seq": page.scanned,
        "has_more": page.has_more,
        "server_time": unix_millis(),
    })))
}
