//! All entities that log or projection has, a page at a time.

use super::{AdminError, Context, Scope};
use crate::{principal::Principal, semantics::fold::Reducer, store::EntityKey};

/// The most ids of a page.
const PAGE: u32 = 500;

/// The tenants in scope.
pub(super) async fn tenants(context: &Context, scope: &Scope) -> Result<Vec<String>, AdminError> {
    match &scope.tenant {
        Some(tenant) => {
            check_tenant(tenant)?;
            Ok(vec![tenant.clone()])
        }
        None => Ok(context.store.tenants().await?),
    }
}

/// The models in scope.
pub(super) fn reducers<'a>(
    context: &'a Context,
    scope: &Scope,
) -> Result<Vec<Reducer<'a>>, AdminError> {
    let models = context.models.schema().models().iter();
    let found: Vec<Reducer<'a>> = models
        .filter(|model| {
            let wanted = scope.entity_type.as_deref();
            model.is_logged() && wanted.is_none_or(|wanted| wanted == model.entity)
        })
        .filter_map(|model| context.models.reducer(&model.entity))
        .collect();
    match &scope.entity_type {
        Some(name) if found.is_empty() => Err(AdminError::NoModel(name.clone())),
        _ => Ok(found),
    }
}

/// The next entities of a model in order of id.
pub(super) async fn page(
    context: &Context,
    reducer: Reducer<'_>,
    tenant: &str,
    after: &mut String,
) -> Result<Vec<EntityKey>, AdminError> {
    let ids = context
        .store
        .entity_ids(reducer.model, tenant, after, PAGE)
        .await?;
    if let Some(last) = ids.last() {
        last.clone_into(after);
    }
    let key = |entity_id| EntityKey {
        tenant: tenant.to_owned(),
        entity_type: reducer.model.entity.to_string(),
        entity_id,
    };
    Ok(ids.into_iter().map(key).collect())
}

pub(super) fn check_tenant(tenant: &str) -> Result<(), AdminError> {
    match Principal::new(tenant, "admin", [""; 0]).is_valid() {
        true => Ok(()),
        false => Err(AdminError::NoTenant(tenant.to_owned())),
    }
}
