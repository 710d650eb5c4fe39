//! `verify`: every projection and every snapshot against the fold of its log, and every row against the log that made it.

mod row;

use serde_json::{Value, json};

use super::{
    AdminError, Context, Scope, Verdict,
    diff::{Difference, differences},
    entities,
    progress::Progress,
    report::{Finding, Problem},
};
use crate::{
    ingest::fold_or_reason,
    schema::Mode,
    semantics::fold::{Folded, Reducer},
    store::{EntityKey, Place, Snapshot, Span, StoredEvent},
};

/// How many events are read at once.
const PAGE: u32 = 500;
/// How often an entity that servers write to is looked at again before it is judged as it was at first.
const TRIES: u32 = 5;

/// What was found in all.
#[derive(Debug, Default)]
struct Count {
    entities: u64,
    tenants: u64,
    projections: u64,
    rows: u64,
    snapshots: u64,
    customs: u64,
}

pub(super) async fn verify(context: &Context, scope: &Scope) -> Result<Verdict, AdminError> {
    let reducers = entities::reducers(context, scope)?;
    let mut count = Count::default();
    let mut progress = Progress::new("entities", None);
    for tenant in entities::tenants(context, scope).await? {
        count.tenants += 1;
        for &reducer in &reducers {
            let mut after = String::new();
            loop {
                let keys = entities::page(context, reducer, &tenant, &mut after).await?;
                if keys.is_empty() {
                    break;
                }
                for key in &keys {
                    let findings = match reducer.model.mode {
                        Mode::Rows => row::findings(context, reducer, key).await?,
                        Mode::Events | Mode::Api => entity(context, reducer, key).await?,
                    };
                    for finding in &findings {
                        match finding {
                            Finding::Projection { .. } => count.projections += 1,
                            Finding::Row { .. } => count.rows += 1,
                            Finding::Snapshot { .. } => count.snapshots += 1,
                            Finding::Custom { .. } => count.customs += 1,
                        }
                        progress.aside(|| context.report.finding(key, finding));
                    }
                    count.entities += 1;
                    progress.add(1);
                }
            }
        }
    }
    progress.end();
    let wrong = count.projections + count.rows + count.snapshots > 0;
    context.report.end(
        &format!(
            "{} entities of {} tenants verified: {} projections and {} snapshots differ, {} rows differ, {} custom effects failed{}",
            count.entities,
            count.tenants,
            count.projections,
            count.snapshots,
            count.rows,
            count.customs,
            if wrong { "; `rebuild` mends them" } else { "" }
        ),
        json!({
            "kind": "end",
            "entities": count.entities,
            "tenants": count.tenants,
            "projections": count.projections,
            "rows": count.rows,
            "snapshots": count.snapshots,
            "customs": count.customs,
        }),
    );
    Ok(if wrong { Verdict::Wrong } else { Verdict::Well })
}

/// What is wrong with an entity. Servers may write to it meanwhile: all is compared at a position of the log that was
/// reached before anything was read and that nothing read lies beyond.
async fn entity(
    context: &Context,
    reducer: Reducer<'_>,
    key: &EntityKey,
) -> Result<Vec<Finding>, AdminError> {
    let mut tries = 1;
    let (position, stored) = loop {
        let position = context.store.last_seq(&key.tenant).await?;
        let stored = context.store.stored_folds(reducer.model, key).await?;
        let newest = stored.newest_seq();
        if newest <= position || tries == TRIES {
            break (position.max(newest), stored);
        }
        tries += 1;
    };
    let mut findings = Vec::new();
    let mut fold = Fold::new(reducer, key);
    let mut snapshots = Vec::new();
    for snapshot in stored.snapshots {
        match snapshot {
            Ok(snapshot) => snapshots.push(snapshot),
            Err(reason) => findings.push(Finding::Snapshot {
                events: 0,
                problem: Problem::Unreadable(reason),
            }),
        }
    }
    snapshots.sort_by(|one, other| one.last.cmp(&other.last));
    let mut snapshots = snapshots.into_iter().peekable();

    let mut log = context.store.view().await?;
    let mut read: Option<Place> = None;
    loop {
        let page = log.events(key, Span::After(read.clone()), PAGE).await?;
        read = page.events.last().map(StoredEvent::place).or(read);
        for event in page.events.iter().filter(|event| event.seq <= position) {
            while let Some(snapshot) = snapshots.next_if(|snapshot| snapshot.last < event.place()) {
                findings.extend(fold.judge_snapshot(&snapshot));
            }
            findings.extend(fold.step(event));
        }
        if !page.has_more {
            break;
        }
    }
    for snapshot in snapshots {
        findings.extend(fold.judge_snapshot(&snapshot));
    }
    findings.extend(fold.judge_head(stored.head));
    Ok(findings)
}

/// The fold of an entity, as far as it has come.
struct Fold<'a> {
    reducer: Reducer<'a>,
    so_far: Snapshot,
}

impl<'a> Fold<'a> {
    fn new(reducer: Reducer<'a>, key: &EntityKey) -> Self {
        Self {
            reducer,
            so_far: Snapshot {
                key: key.clone(),
                folded: Folded::Absent,
                last: Place::first(),
                event_count: 0,
                seq: 0,
                schema_version: reducer.model.version,
            },
        }
    }

    /// Folds an event; says whether a custom effect failed on it.
    fn step(&mut self, event: &StoredEvent) -> Option<Finding> {
        let so_far = &mut self.so_far;
        let failure = fold_or_reason(self.reducer, &mut so_far.folded, event);
        so_far.last = event.place();
        so_far.event_count += 1;
        so_far.seq = so_far.seq.max(event.seq);
        failure.map(|reason| Finding::Custom {
            event_id: event.id.clone(),
            event_type: event.event_type.clone(),
            reason,
        })
    }

    fn judge_snapshot(&self, stored: &Snapshot) -> Option<Finding> {
        // One of an older version is not trusted by anybody.
        if stored.schema_version != self.reducer.model.version {
            return None;
        }
        let problem = self.judge(stored)?;
        Some(Finding::Snapshot {
            events: stored.event_count,
            problem,
        })
    }

    fn judge_head(&self, stored: Result<Option<Snapshot>, String>) -> Option<Finding> {
        let problem = match stored {
            Err(reason) => Problem::Unreadable(reason),
            Ok(None) if self.so_far.event_count == 0 => return None,
            Ok(None) => Problem::Missing,
            Ok(Some(_)) if self.so_far.event_count == 0 => Problem::Unfounded,
            Ok(Some(stored)) => self.judge(&stored)?,
        };
        Some(Finding::Projection { problem })
    }

    fn judge(&self, stored: &Snapshot) -> Option<Problem> {
        let folded = &self.so_far;
        let (phase, state) = parts(&stored.folded);
        let (folded_phase, folded_state) = parts(&folded.folded);
        let columns = [
            Difference::of("phase", phase, folded_phase),
            Difference::of(
                "last_hlc",
                stored.last.stamp.to_string(),
                folded.last.stamp.to_string(),
            ),
            Difference::of("last_event_id", &*stored.last.id, &*folded.last.id),
            Difference::of("event_count", stored.event_count, folded.event_count),
            Difference::of("seq", stored.seq, folded.seq),
            Difference::of(
                "schema_version",
                stored.schema_version,
                folded.schema_version,
            ),
        ];
        let mut found = differences(state.as_ref(), folded_state.as_ref());
        found.extend(columns.into_iter().flatten());
        (!found.is_empty()).then_some(Problem::Differs(found))
    }
}

fn parts(folded: &Folded) -> (&'static str, Option<Value>) {
    match folded {
        Folded::Absent => ("absent", None),
        Folded::Live(state) => ("live", Some(Value::Object(state.clone()))),
        Folded::Deleted => ("deleted", None),
    }
}
