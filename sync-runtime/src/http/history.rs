//! `GET /events/history/{entity_type}/{entity_id}`: the audit trail.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use serde_json::{Value, json};

use super::{App, Problem, messages::EventMessage, params::Params};
use crate::{
    history::{self, Before},
    ingest::{incoming::normal_entity_id, writer::unix_millis},
    principal::Principal,
    store::EntityKey,
};

pub(super) async fn get(
    State(service): App,
    principal: Principal,
    path: Result<Path<(String, String)>, PathRejection>,
    params: Params,
) -> Result<Json<Value>, Problem> {
    let Path((entity_type, entity_id)) =
        path.map_err(|_| Problem::not_found("no such entity was ever recorded"))?;
    let never_seen =
        || Problem::not_found(format!("no {entity_type} {entity_id} was ever recorded"));
    let reducer = service
        .models
        .reducer(&entity_type)
        .filter(|reducer| reducer.model.is_logged())
        .ok_or_else(never_seen)?;
    let limit = params.limit(100, 1000)?;
    let before = params
        .get("before")
        .map(|text| {
            Before::parse(text, reducer.model.mode)
                .ok_or_else(|| Problem::invalid_query("`before` takes the `next` of a page"))
        })
        .transpose()?;
    let key = EntityKey {
        tenant: principal.tenant_id.clone(),
        entity_id: normal_entity_id(reducer.model, entity_id.clone()).map_err(|_| never_seen())?,
        entity_type: entity_type.clone(),
    };
    let mut view = service.store.view().await?;
    let page = history::page(&mut *view, reducer, &key, before.as_ref(), limit)
        .await?
        .ok_or_else(never_seen)?;
    let rights = principal.rights();
    let events: Vec<_> = page
        .entries
        .iter()
        .map(|entry| {
            EventMessage::of(&entry.event, &service.models, &rights).applied(entry.applied)
        })
        .collect();
    Ok(Json(json!({
        "events": events,
        "next": page.next.map(|next| next.to_string()),
        "server_time": unix_millis(),
    })))
}
