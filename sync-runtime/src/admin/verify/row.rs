//! A row of a table against the changes of the log, applied in its order. What other programs write is in the log too, so
//! that this holds whoever writes.

use serde_json::{Map, Value, json};

use super::TRIES;
use crate::{
    admin::{
        AdminError, Context,
        diff::{Difference, differences},
        report::{Finding, Problem},
    },
    ingest::Replay,
    schema::Model,
    semantics::{
        fold::Reducer,
        values::{self, Form},
    },
    store::{EntityKey, Head},
};

/// What is wrong with a row. Servers may write it meanwhile: it is compared at a position of the log that was reached
/// before it was read, and that it does not lie beyond.
pub(super) async fn findings(
    context: &Context,
    reducer: Reducer<'_>,
    key: &EntityKey,
) -> Result<Vec<Finding>, AdminError> {
    let model = reducer.model;
    let mut tries = 1;
    let problem = loop {
        let position = context.store.last_seq(&key.tenant).await?;
        let stored = match context.store.stored_row(model, key).await? {
            Ok(stored) => stored,
            Err(reason) => break Some(Problem::Unreadable(reason)),
        };
        let seq = stored.as_ref().map_or(0, |head| head.seq);
        let mut log = context.store.view().await?;
        let mut replay = Replay::of(&mut *log, reducer, key).await?;
        let problem = judge(model, stored.as_ref(), replay.to(position.max(seq)));
        // One that a server has written between the two reads is no fault.
        if problem.is_none() || tries == TRIES {
            break problem;
        }
        tries += 1;
    };
    Ok(problem
        .map(|problem| Finding::Row { problem })
        .into_iter()
        .collect())
}

fn judge(model: &Model, stored: Option<&Head>, logged: Option<&Head>) -> Option<Problem> {
    let live = logged.filter(|head| head.folded.state().is_some());
    let (stored, logged) = match (stored, live) {
        (None, None) => return None,
        (None, Some(_)) => return Some(Problem::Missing),
        (Some(_), None) => return Some(Problem::Unfounded),
        (Some(stored), Some(logged)) => (stored, logged),
    };
    let columns = [
        Difference::of("field_tx", stamps(stored), stamps(logged)),
        Difference::of("tx", declared(stored), declared(logged)),
        Difference::of(
            "_last_hlc",
            stored.last.stamp.to_string(),
            logged.last.stamp.to_string(),
        ),
        Difference::of("_last_event_id", &*stored.last.id, &*logged.last.id),
        Difference::of("_event_count", stored.event_count, logged.event_count),
        Difference::of("_seq", stored.seq, logged.seq),
    ];
    let mut found = differences(
        Some(&Value::Object(state(model, stored))),
        Some(&Value::Object(state(model, logged))),
    );
    found.extend(columns.into_iter().flatten());
    (!found.is_empty()).then_some(Problem::Differs(found))
}

/// The state of a row. Other programs may write a value in another form than the wire has it.
fn state(model: &Model, head: &Head) -> Map<String, Value> {
    let state = head.folded.state().cloned().unwrap_or_default();
    let normal = |name: &str, value: Value| {
        let field = model.field(name)?;
        values::normal(&field.ty, field.big, Form::State, value).ok()
    };
    state
        .into_iter()
        .map(|(name, value)| {
            let value = normal(&name, value.clone()).unwrap_or(value);
            (name, value)
        })
        .collect()
}

fn stamps(head: &Head) -> Value {
    json!(
        head.stamps
            .as_ref()
            .map(|stamps| (stamps.created, &stamps.fields))
    )
}

fn declared(head: &Head) -> Value {
    json!(head.stamps.as_ref().and_then(|stamps| stamps.last.as_ref()))
}
