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
    let mut total = Rebuilt::default();
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
                    total.folded += done.folded;
                    total.removed += done.removed;
                    total.left += done.left;
                    progress.add(some.len() as u64);
                    // As long again for those who write.
                    tokio::time::sleep(started.elapsed()).await;
                }
            }
        }
    }
    progress.end();
    let Rebuilt {
        folded,
        removed,
        left,
    } = total;
    let mut said =
        format!("{folded} entities folded again, {removed} removed that the log does not have");
    if left > 0 {
        said.push_str(&format!(
            "; {left} rows are in their table and not in the log, as when they were written while its triggers were off. \
             They are left as they are; what is inserted again under a new id is in the log"
        ));
    }
    context.report.end(
        &said,
        json!({ "kind": "end", "folded": folded, "removed": removed, "left": left }),
    );
    Ok(Verdict::Well)
}

async fn rebuild_some(context: &Context, keys: &[EntityKey]) -> Result<Rebuilt, AdminError> {
    // Nothing is stamped.
    let mut clock = Clock::new(0);
    let group = context.begin().await?;
    Ok(Grouping::rebuild(&context.models, &mut clock, group, keys).await?)
}
