//! `GET /events/snapshots`: how a new device starts.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{App, Problem, messages, params::Params};
use crate::{
    ingest::{incoming::normal_entity_id, writer::unix_millis},
    principal::Principal,
    store::{EntityKey, Head},
};

pub(super) async fn get(
    State(service): App,
    principal: Principal,
    params: Params,
) -> Result<Json<Value>, Problem> {
    let entity_type = params
        .get("entity_type")
        .ok_or_else(|| Problem::invalid_query("`entity_type` is required"))?;
    let model = service.models.logged(entity_type).ok_or_else(|| {
        Problem::invalid_query(format!("`entity_type`: there is no model `{entity_type}`"))
    })?;
    let limit = params.limit(100, 1000)?;
    let tenant = &principal.tenant_id;
    let (heads, seq, more) = match params.get("entity_id") {
        Some(id) => {
            let entity_id = normal_entity_id(model, id.to_owned())
                .map_err(|invalid| Problem::invalid_query(format!("`entity_id`: {invalid}")))?;
            let key = EntityKey {
                tenant: tenant.clone(),
                entity_type: entity_type.to_owned(),
                entity_id,
            };
            // The position first: the entity may then hold more than it says, never less.
            let seq = service.store.last_seq(tenant).await?;
            let head = service.store.head(model, &key).await?;
            (head.into_iter().collect(), seq, false)
        }
        None => {
            let (mut heads, seq) = service
                .store
                .heads_by_id(model, tenant, params.get("after"), limit + 1)
                .await?;
            let more = heads.len() > limit as usize;
            heads.truncate(limit as usize);
            (heads, seq, more)
        }
    };
    let rights = principal.rights();
    let shown = |head: &Head| {
        let state = head.folded.state().cloned().map(|mut state| {
            rights.redact_state(model, &mut state);
            state
        });
        let tx = head.stamps.as_ref().map(|it| it.shown(model, &rights));
        messages::snapshot(head, state, tx)
    };
    let next = heads
        .last()
        .filter(|_| more)
        .map(|head| head.key.entity_id.clone());
    Ok(Json(json!({
        "snapshots": heads.iter().map(shown).collect::<Vec<_>>(),
        "next": next,
        "cursor": service.scope(&principal).cursor(seq),
        "seq": seq,
        "server_time": unix_millis(),
    })))
}
