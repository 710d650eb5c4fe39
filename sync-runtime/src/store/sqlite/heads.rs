//! Projections of events models: how they are written.

use super::{columns::quoted, group::places, rows};
use crate::{schema::Model, store::Head};

/// The statement that replaces projections of a model, out of the parameter of this name.
pub(super) fn upsert(model: &Model, parameter: &str) -> String {
    // WHERE TRUE keeps SQLite from reading ON CONFLICT as a join's condition.
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM jsonb_each({parameter}) WHERE TRUE \
         ON CONFLICT (_tenant_id, _id) DO UPDATE SET _phase = excluded._phase, _state = excluded._state, \
         _last_hlc = excluded._last_hlc, _last_event_id = excluded._last_event_id, \
         _event_count = excluded._event_count, _seq = excluded._seq, \
         _schema_version = excluded._schema_version, _snapshot_count = excluded._snapshot_count",
        quoted(&model.path),
        rows::HEAD,
        places(10)
    )
}

/// What it takes.
pub(super) fn values(heads: &[&Head]) -> serde_json::Result<String> {
    let rows: Vec<_> = heads
        .iter()
        .map(|head| {
            let (phase, state) = rows::folded_columns(&head.folded);
            (
                &*head.key.tenant,
                &*head.key.entity_id,
                phase,
                state,
                head.last.stamp,
                &*head.last.id,
                head.event_count,
                head.seq,
                head.schema_version,
                head.snapshot_count,
            )
        })
        .collect();
    serde_json::to_string(&rows)
}
