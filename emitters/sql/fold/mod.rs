//! The view `{entity}_state`: the log of an events model, folded in SQL.
//!
//! For each entity a recursive query walks its events in the order of `(timestamp, id)`, each found by one look into the
//! index of the log, with a column of JSON for each field. A condition on the entity's id reads that entity's events
//! alone.
//!
//! * [`step`]: what an event makes of each field; one exhaustive match of the effects;
//! * [`lists`], [`wide`]: lists and sets; integers beyond 64 bits;
//! * [`complete`]: a payload's value as the state holds it; one exhaustive match of the types;
//! * [`lift`]: payloads of older versions;
//! * [`columns`]: the view's typed columns.

mod columns;
mod complete;
mod lift;
mod lists;
mod step;
mod wide;

use serde::Serialize;
use sync_runtime::schema::{Effect, Field, Lift, Model};

use super::{
    dialect::{Dialect, comment, indented, name},
    json::{At, Pair},
};
use step::Step;

/// What the template of a view is given.
#[derive(Debug, Serialize)]
pub(super) struct View {
    /// The model's doc comment.
    doc: String,
    /// The view's name, quoted.
    name: String,
    /// The entity type, quoted.
    entity: String,
    /// The newest version that is folded.
    version: u32,
    /// Why there is no view; empty where there is one.
    missing: Vec<String>,
    /// The full types of the events that make the entity, quoted; and of those that end it.
    creates: String,
    deletes: String,
    /// The fields, in the order of the declaration.
    fields: Vec<FieldView>,
    /// What lifts payloads, beside the event.
    lifts: Vec<String>,
    /// The state of the last row.
    state: String,
    /// The view's own columns, after the state.
    columns: Vec<columns::ColumnView>,
}

/// A field of the state.
#[derive(Debug, Serialize)]
struct FieldView {
    doc: String,
    name: String,
    created: String,
    /// Full type, quoted, and value.
    changes: Vec<(String, String)>,
}

/// The name of a model's view.
pub(super) fn view_name(model: &Model) -> String {
    format!("{}_state", model.entity)
}

/// What only a function of the application's own can fold, named; empty: SQL can fold the model.
pub(super) fn functions(model: &Model) -> Vec<String> {
    let effects = model.events.iter().filter_map(|event| match &event.effect {
        Effect::Custom { .. } => Some(format!("the event `{}` has a custom effect", event.name)),
        _ => None,
    });
    let upcasts = model.upcasts.iter().flat_map(|upcast| {
        upcast.steps.iter().filter_map(move |step| match step {
            Lift::Function { path } => Some(format!(
                "version {} is read by the function `{path}`",
                upcast.from
            )),
            Lift::Rename { .. } | Lift::Default { .. } => None,
        })
    });
    effects.chain(upcasts).collect()
}

/// The view of a model.
pub(super) fn view(model: &Model, dialect: Dialect) -> View {
    let lifting = lift::lifting(model, dialect);
    let step = Step {
        model,
        dialect,
        payload: lifting.payload,
    };
    let quoted = |types: Vec<String>| match types.is_empty() {
        // No event has no type.
        true => "''".to_owned(),
        false => dialect.texts(types.iter().map(String::as_str)),
    };
    View {
        doc: comment(&model.doc, 0),
        name: name(&view_name(model)),
        entity: dialect.text(&model.entity),
        version: model.version,
        missing: functions(model),
        creates: quoted(step.types_of(&Effect::Create)),
        deletes: quoted(step.types_of(&Effect::Delete)),
        fields: model
            .shared_fields()
            .map(|field| field_view(&step, field))
            .collect(),
        lifts: lifting.rows,
        state: indented(&state(model, dialect), 6),
        columns: columns::of(model, dialect),
    }
}

fn field_view(step: &Step<'_>, field: &Field) -> FieldView {
    let changes = step.changes(field).into_iter();
    FieldView {
        doc: comment(&field.doc, 8),
        name: name(&field.name),
        created: indented(&step.created(field), 14),
        changes: changes
            .map(|(event_type, value)| (step.dialect.text(&event_type), indented(&value, 14)))
            .collect(),
    }
}

/// The state as one object; null where the entity is not.
fn state(model: &Model, dialect: Dialect) -> String {
    let pairs: Vec<Pair> = model
        .shared_fields()
        .map(|field| {
            let value = name(&field.name);
            let null = dialect.json(&serde_json::Value::Null);
            Pair {
                key: field.name.clone().into_owned(),
                unless: field.optional.then(|| format!("{value} = {null}")),
                value,
            }
        })
        .collect();
    dialect.object(&pairs)
}

/// The value of a field in the state.
fn in_state(field: &Field) -> At {
    At::root("folded.value").key(&field.name)
}
