//! `rebuild`: projections and snapshots, folded again from the log while servers go on.

use std::time::Instant;

use serde_json::json;

use super::{AdminError, Context, Scope, Verdict, entities, progress::Progress};
use crate::{
    ingest::group::{Grouping, Rebuilt},
    semantics::hlc::Clock,
    store::EntityKey,
};

/// The most entities of one transaction. Servers wait for it, so it is short.
const AT_ONCE: usize = 50;

pub(super) async fn rebuild(context: &Context, scope: &Scope) -> Result<Verdict, AdminError> {
    let reducers = entities::reducers(context, scope)?;
    let mut progress = Progress::new("entities", None);
    let (mut folded, mut removed) = (0_u64, 0_u64);
    for tenant in entities::tenants(context, scope).await? {
        for &reducer in &reducers {
            let mut after = String::new();
            loop {
                let keys = entities::page(context, reducer, &tenant, &mut after).await?;
                if keys.is_empty() {
                    break;
                }
                for some in keys.chunks(AT_ONCE) {
                    let started = Instant::now();
                    let done = rebuild_some(context, some).await?;
                    folded += done.folded;
                    removed += done.removed;
                    progress.add(some.len() as u64);
                    // As long again for those who write.
                    tokio::time::sleep(started.elapsed()).await;
                }
            }
        }
    }
    progress.end();
    context.report.end(
        &format!("{folded} entities folded again, {removed} removed that the log does not have"),
        json!({ "kind": "end", "folded": folded, "removed": removed }),
    );
    Ok(Verdict::Well)
}

async fn rebuild_some(context: &Context, keys: &[EntityKey]) -> Result<Rebuilt, AdminError> {
    // Nothing is stamped.
    let mut clock = Clock::new(0);
    let group = context.begin().await?;
    Ok(Grouping::rebuild(&context.models, &mut clock, group, keys).await?)
}
