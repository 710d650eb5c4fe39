//! Writes of models in api mode: to their table, with the checks and rights of every other write, and without a log.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    ingest::{Code, Rejection, writer::unix_millis},
    principal::Principal,
    schema::{Effect, Event},
    semantics::{
        fold::{Occurrence, Reducer},
        hlc::Stamp,
    },
    store::{EntityKey, Head, Result, Store},
};

/// The tenant under which reference data is kept, which belongs to none: no principal has a tenant without a name.
pub(crate) const NOBODY: &str = "";

/// What is to be done to a row.
#[derive(Debug)]
pub(crate) struct Write<'a> {
    pub(crate) reducer: Reducer<'a>,
    pub(crate) event: &'a Event,
    pub(crate) principal: &'a Principal,
    pub(crate) entity_id: String,
    /// In its normal form, and allowed.
    pub(crate) payload: Map<String, Value>,
}

/// Why nothing was written.
#[derive(Debug)]
pub(crate) enum Refused {
    /// For the row's sake.
    Rejected(Rejection),
    /// The row is not the one that the writer has seen.
    Precondition,
}

/// Where a row of a model is kept.
pub(crate) fn key(reducer: Reducer<'_>, principal: &Principal, entity_id: String) -> EntityKey {
    let tenant = match reducer.model.tenant {
        true => principal.tenant_id.clone(),
        false => NOBODY.to_owned(),
    };
    EntityKey {
        tenant,
        entity_type: reducer.model.entity.to_string(),
        entity_id,
    }
}

/// Writes, in a transaction in which `meets` has seen the row; gives the state that was written, `None` where it ended.
///
/// # Errors
///
/// The store failed; nothing was written.
pub(crate) async fn write(
    store: &dyn Store,
    write: Write<'_>,
    meets: impl FnOnce(&Map<String, Value>) -> bool + Send,
) -> Result<std::result::Result<Option<Map<String, Value>>, Refused>> {
    let model = write.reducer.model;
    let key = key(write.reducer, write.principal, write.entity_id);
    let mut group = store.begin().await?;
    let found = group.heads(model, std::slice::from_ref(&key)).await?;
    let head = found.into_iter().next();
    let refused = match (
        &write.event.effect,
        head.as_ref().and_then(|it| it.folded.state()),
    ) {
        (Effect::Create, Some(_)) => Some(rejected(&key, Code::EntityExists, "exists already")),
        (Effect::Create, None) => None,
        (_, None) => Some(rejected(&key, Code::EntityNotFound, "does not exist")),
        (_, Some(state)) => (!meets(state)).then_some(Refused::Precondition),
    };
    if let Some(refused) = refused {
        group.rollback().await?;
        return Ok(Err(refused));
    }
    let mut head = head.unwrap_or_else(|| Head::unlogged(key, model.version));
    let (id, stamp) = (Uuid::new_v4().to_string(), now());
    let entity_id = head.key.entity_id.clone();
    let occurrence = Occurrence::new(&id, &entity_id, stamp, Some(&write.principal.user_id));
    write
        .reducer
        .apply(&mut head.folded, write.event, &write.payload, &occurrence);
    group.save_heads(model, &[&head]).await?;
    group.commit().await?;
    Ok(Ok(head.folded.into_state()))
}

fn rejected(key: &EntityKey, code: Code, what: &str) -> Refused {
    let reason = format!("{} {} {what}", key.entity_type, key.entity_id);
    Refused::Rejected(Rejection::new(code, reason))
}

/// Nothing is ordered by it.
fn now() -> Stamp {
    Stamp {
        ms: unix_millis(),
        counter: 0,
        node: 0,
    }
}
