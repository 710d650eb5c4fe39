//! Payloads of older versions, lifted by the steps that a model declares.

use sync_runtime::{
    schema::{Effect, Lift, Model},
    semantics::upcast,
};

use super::step::Step;
use crate::sql::{
    dialect::Dialect,
    json::{self, At},
};

/// The lifting of payloads: what stands beside the event, and where the lifted payload is.
pub(super) struct Lifting {
    /// A row each, joined to the event in this order.
    pub(super) rows: Vec<String>,
    /// The expression of the lifted payload.
    pub(super) payload: String,
}

/// The lifting that a model declares. A payload from which no chain of versions leads here stays as it is.
pub(super) fn lifting(model: &Model, dialect: Dialect) -> Lifting {
    let first = (1..model.version)
        .rev()
        .take_while(|from| model.upcasts.iter().any(|upcast| upcast.from == *from))
        .last();
    let mut lifting = Lifting {
        rows: Vec::new(),
        payload: "event.payload".to_owned(),
    };
    let Some(first) = first else {
        return lifting;
    };
    for from in first..model.version {
        let upcast = model.upcasts.iter().find(|upcast| upcast.from == from);
        for step in upcast.iter().flat_map(|upcast| upcast.steps.iter()) {
            if let Some(lifted) = lifted(model, dialect, step, &lifting.payload) {
                let name = format!("lift_{}", lifting.rows.len() + 1);
                let value = format!(
                    "CASE WHEN event.schema_version BETWEEN {first} AND {from} THEN {lifted} ELSE {} END",
                    lifting.payload
                );
                lifting.rows.push(match dialect {
                    Dialect::Postgres => format!("LATERAL (SELECT {value} AS value) AS {name}"),
                    Dialect::Sqlite => format!("json_each(json_array(json({value}))) AS {name}"),
                });
                lifting.payload = format!("{name}.value");
            }
        }
    }
    lifting
}

fn lifted(model: &Model, dialect: Dialect, step: &Lift, payload: &str) -> Option<String> {
    let has = |key: &str| format!("{} IS NOT NULL", dialect.raw(&At::root(payload).key(key)));
    match step {
        Lift::Rename { from, to } => {
            let old = dialect.raw(&At::root(payload).key(from));
            let renamed = match dialect {
                Dialect::Postgres => format!(
                    "({payload} - {}) || jsonb_build_object({}, {old})",
                    dialect.text(from),
                    dialect.text(to)
                ),
                Dialect::Sqlite => format!(
                    "json_remove(json_set({payload}, {}, json({old})), {})",
                    path(to),
                    path(from)
                ),
            };
            Some(format!(
                "CASE WHEN {} AND NOT {} THEN {renamed} ELSE {payload} END",
                has(from),
                has(to)
            ))
        }
        Lift::Default { field, value } => {
            let step = Step {
                model,
                dialect,
                payload: payload.to_owned(),
            };
            let created = step.types_of(&Effect::Create);
            let value = dialect.json(&upcast::default_of(model, field, value));
            let filled = match dialect {
                Dialect::Postgres => {
                    format!(
                        "jsonb_build_object({}, {value}) || {payload}",
                        dialect.text(field)
                    )
                }
                Dialect::Sqlite => {
                    format!("json_insert({payload}, {}, json({value}))", path(field))
                }
            };
            (!created.is_empty()).then(|| {
                format!(
                    "CASE WHEN event.event_type IN ({}) THEN {filled} ELSE {payload} END",
                    dialect.texts(created.iter().map(String::as_str))
                )
            })
        }
        // A model with one has no view.
        Lift::Function { .. } => None,
    }
}

fn path(key: &str) -> String {
    json::sqlite_path(&[json::Step::Key(key.to_owned())])
}
