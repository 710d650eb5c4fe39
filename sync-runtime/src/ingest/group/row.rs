//! Changes of rows: applied in the order of the log, checked field by field.

use super::{Grouping, judge::write, occurrence, refuse::refuse};
use crate::{
    ingest::{
        Code, Rejection, WrittenRow,
        refold::{lifted, report},
        rows::RowInput,
        submission::{Acceptance, Submission},
    },
    schema::{Conflict as Policy, Effect, Event},
    semantics::{
        fold::{Folded, Reducer},
        rows,
    },
    store::{Head, Result, RowChange, StoredEvent},
};

impl Grouping<'_> {
    /// Judges the change of a row against the row as it stands, and applies it.
    pub(super) async fn place_row(
        &mut self,
        reducer: Reducer<'_>,
        declared: &Event,
        event: &mut StoredEvent,
        submission: &Submission,
        input: Option<&RowInput>,
    ) -> Result<Option<Rejection>> {
        let model = reducer.model;
        let head = self.heads.get(&event.key);
        let exists = head.is_some();
        let before = head.map_or(Folded::Absent, |head| head.folded.clone());
        let stamps = head.and_then(|head| head.stamps.clone());
        let mut change = RowChange {
            declared: true,
            source_id: input.and_then(|input| input.source_id.clone()),
            expected: input.and_then(|input| input.expected.clone()),
            ..RowChange::default()
        };
        if submission.acceptance == Acceptance::Judged {
            if let Some(rejection) = refuse(reducer, declared, exists, &before, event) {
                return Ok(Some(rejection));
            }
            if let (Policy::Reject, Some(stamps), Some(expected), Some(state)) =
                (model.conflict, &stamps, &change.expected, before.state())
            {
                let rights = submission.principal.rights();
                let conflicts = stamps.conflicts(model, &rights, state, expected);
                if !conflicts.is_empty() {
                    return Ok(Some(conflict(event, conflicts)));
                }
            }
        }
        if let (Policy::LastWriteWins, Some(stamps), Effect::Merge { .. }) =
            (model.conflict, &stamps, &declared.effect)
        {
            change.dropped = stamps.drop_overtaken(&mut event.payload, event.stamp);
        }
        event.change = Some(change);
        if submission.acceptance == Acceptance::Judged {
            let write = write(submission, declared, event, &before, false);
            if let Some(rejection) = self.rules.check(write).await {
                return Ok(Some(rejection));
            }
        }
        let mut head = match self.heads.get(&event.key) {
            Some(head) => head.clone(),
            None => Head::before(event, model.version),
        };
        let did_something = apply(reducer, &mut head, event);
        self.committed.folded += 1;
        let changed = rows::changed_keys(model, before.state(), head.folded.state());
        if let Some(change) = &mut event.change {
            change.changed = changed;
        }
        if !self.rules.of(event).is_empty() {
            let write = write(submission, declared, event, &before, false);
            let after = (&head.folded, did_something);
            let rejection = self
                .rules
                .applied(&mut *self.group, write, after, &head.folded)
                .await?;
            if rejection.is_some() {
                return Ok(rejection);
            }
        }
        self.heads.insert(event.key.clone(), head);
        Ok(None)
    }

    /// The row of an event as it stands.
    pub(super) fn row_of(&self, event: &StoredEvent, repeated: bool) -> Box<WrittenRow> {
        let head = self.heads.get(&event.key);
        let change = event.change.as_ref();
        Box::new(WrittenRow {
            state: head.and_then(|head| head.folded.state().cloned()),
            stamps: head.and_then(|head| head.stamps.clone()),
            dropped: change.map_or_else(Vec::new, |it| it.dropped.keys().cloned().collect()),
            repeated,
        })
    }
}

/// Applies a change of the log to its row, after all that was logged before it; lifted to the model's version.
pub(crate) fn apply(reducer: Reducer<'_>, head: &mut Head, event: &StoredEvent) -> bool {
    let declared = reducer.model.event_of_type(&event.event_type);
    let applied = declared.is_some_and(|declared| match lifted(reducer, declared, event) {
        Ok(payload) => rows::apply(
            reducer,
            (&mut head.folded, &mut head.stamps),
            declared,
            &payload,
            &occurrence(event),
            event.declared(),
        ),
        Err(reason) => {
            report(reducer, event, &reason);
            false
        }
    });
    let place = event.place();
    if head.event_count == 0 || place > head.last {
        head.last = place;
    }
    head.event_count += 1;
    head.seq = event.seq;
    head.schema_version = reducer.model.version;
    applied
}

fn conflict(event: &StoredEvent, conflicts: Vec<rows::Conflict>) -> Rejection {
    let fields: Vec<&str> = conflicts.iter().map(|it| &*it.field).collect();
    let what = match fields[..] {
        [rows::WHOLE_ROW] => "the row was".to_owned(),
        [one] => format!("`{one}` was"),
        _ => format!("{} were", fields.join(", ")),
    };
    let reason = format!(
        "{what} written since by another transaction: {} {}",
        event.key.entity_type, event.key.entity_id
    );
    Rejection {
        conflicts,
        ..Rejection::new(Code::FieldConflict, reason)
    }
}
