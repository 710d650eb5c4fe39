//! One step of the fold: what an event makes of each field, and whether it does something.

use serde_json::Value;
use sync_runtime::{
    schema::{Effect, Event, Field, FieldKind, IntType, Model, Transition, Type},
    semantics::values::default_of,
};

use super::{complete::Completion, lists::ListStep, wide};
use crate::sql::{
    dialect::{self, Dialect, case},
    json::At,
};

/// The step from one state of a model to the next.
pub(super) struct Step<'a> {
    /// The model.
    pub(super) model: &'a Model,
    /// The dialect.
    pub(super) dialect: Dialect,
    /// The expression of the event's payload, lifted.
    pub(super) payload: String,
}

impl Step<'_> {
    /// The column of a field in the state before.
    pub(super) fn column(&self, field: &Field) -> String {
        format!("fold.{}", dialect::name(&field.name))
    }

    /// The payload.
    pub(super) fn payload(&self) -> At {
        At::root(&*self.payload)
    }

    /// JSON's null.
    pub(super) fn null(&self) -> String {
        self.dialect.json(&Value::Null)
    }

    /// What completes a payload's values.
    pub(super) fn completion(&self) -> Completion {
        Completion {
            dialect: self.dialect,
            time: self.time(),
        }
    }

    /// The event's time as JSON.
    fn time(&self) -> String {
        self.dialect
            .pick("to_jsonb(event.time)", "json_quote(event.time)")
            .to_owned()
    }

    /// The full types of the events that make the entity, or end it.
    pub(super) fn types_of(&self, wanted: &Effect) -> Vec<String> {
        let events = self.model.events.iter();
        events
            .filter(|event| event.effect == *wanted)
            .map(|event| self.event_type(event))
            .collect()
    }

    fn event_type(&self, event: &Event) -> String {
        format!("{}.{}", self.model.entity, event.name)
    }

    /// A field when a `create` is folded.
    pub(super) fn created(&self, field: &Field) -> String {
        let default = || {
            let default = default_of(field).unwrap_or(Value::Null);
            self.dialect.json(&default)
        };
        match &field.kind {
            FieldKind::Id => match field.ty.non_null() {
                Type::Int(_) => self
                    .dialect
                    .pick("to_jsonb(event.entity_id::bigint)", "event.entity_id"),
                _ => self
                    .dialect
                    .pick("to_jsonb(event.entity_id)", "json_quote(event.entity_id)"),
            }
            .to_owned(),
            FieldKind::CreatedAt | FieldKind::UpdatedAt | FieldKind::EventTime => self.time(),
            FieldKind::Machine(_) => default(),
            FieldKind::Plain => {
                let given = self.payload().key(&field.name);
                let value = self.completion().of(&field.ty, &given, 0);
                format!("coalesce({value}, {})", default())
            }
        }
    }

    /// What the events that may change a field make of it: full type and value.
    pub(super) fn changes(&self, field: &Field) -> Vec<(String, String)> {
        let is_touched = self
            .model
            .field_of_kind(&FieldKind::UpdatedAt)
            .is_some_and(|updated| updated.name == field.name);
        let events = self.model.events.iter();
        events
            .filter_map(|event| {
                let value = match is_touched {
                    true => self.touched(field, event),
                    false => self.changed(field, event),
                };
                Some((self.event_type(event), value?))
            })
            .collect()
    }

    /// `updated_at` is the time of the last event that did something.
    fn touched(&self, field: &Field, event: &Event) -> Option<String> {
        let time = self.time();
        match &event.effect {
            Effect::Create | Effect::Delete | Effect::Custom { .. } => None,
            _ => Some(match self.applies(event) {
                Some(applies) => case(&[(applies, time)], &self.column(field)),
                None => time,
            }),
        }
    }

    fn changed(&self, field: &Field, event: &Event) -> Option<String> {
        let is = |name: &str| field.name == name;
        match &event.effect {
            Effect::Set { fields } | Effect::Merge { fields } if fields.contains(&field.name) => {
                let given = self.payload().key(&field.name);
                let value = self.completion().of(&field.ty, &given, 0);
                Some(format!("coalesce({value}, {})", self.column(field)))
            }
            Effect::Push { list } if is(list) => Some(ListStep::new(self, field)?.pushed()),
            Effect::Remove { list } if is(list) => Some(ListStep::new(self, field)?.removed()),
            Effect::Update { list } if is(list) => Some(ListStep::new(self, field)?.updated()?.0),
            Effect::Increment { field: name } if is(name) => self.incremented(field),
            Effect::Transition { field: name } if is(name) => {
                let moved = self.is_moved(field);
                let new = self.dialect.raw(&self.new_state(field));
                Some(case(&[(moved, new)], &self.column(field)))
            }
            // Those of other fields; and what is more than a change of one.
            Effect::Set { .. }
            | Effect::Merge { .. }
            | Effect::Push { .. }
            | Effect::Remove { .. }
            | Effect::Update { .. }
            | Effect::Increment { .. }
            | Effect::Transition { .. }
            | Effect::Create
            | Effect::Delete
            | Effect::Custom { .. } => None,
        }
    }

    /// Whether an event does something on a living entity; `None`: always.
    fn applies(&self, event: &Event) -> Option<String> {
        let list = |name: &str| ListStep::new(self, self.model.field(name)?);
        match &event.effect {
            Effect::Push { list: name } => list(name)?.push_applies(),
            Effect::Remove { list: name } => Some(list(name)?.remove_applies()),
            Effect::Update { list: name } => Some(list(name)?.updated()?.1),
            Effect::Transition { field } => {
                let field = self.model.field(field)?;
                let new = self.dialect.raw(&self.new_state(field));
                Some(format!("{new} IS NULL OR {}", self.is_moved(field)))
            }
            Effect::Create
            | Effect::Set { .. }
            | Effect::Merge { .. }
            | Effect::Increment { .. }
            | Effect::Delete
            | Effect::Custom { .. } => None,
        }
    }

    /// Adds, and stays within the type's range.
    fn incremented(&self, field: &Field) -> Option<String> {
        let Type::Int(int) = field.ty.non_null() else {
            return None;
        };
        let by = self.payload().key("by");
        let (column, null) = (self.column(field), self.null());
        let sum = match self.dialect {
            Dialect::Postgres => self.sum_in_postgres(field, *int, &by),
            Dialect::Sqlite if is_wide(field, *int) => {
                let (min, max) = (int.min(true).to_string(), int.max(true).to_string());
                wide::sum(
                    &format!("{column} ->> '$'"),
                    &self.dialect.scalar(&by),
                    &min,
                    &max,
                )
            }
            Dialect::Sqlite => format!(
                "CAST(CAST(max({}, min({}, {column} + ({}))) AS INTEGER) AS TEXT)",
                int.min(false),
                int.max(false),
                self.dialect.scalar(&by)
            ),
        };
        let given = self.dialect.raw(&by);
        let nothing = format!("{given} IS NULL OR {column} = {null}");
        Some(case(&[(nothing, column)], &sum))
    }

    fn sum_in_postgres(&self, field: &Field, int: IntType, by: &At) -> String {
        let wide = is_wide(field, int);
        let now = self.dialect.scalar(&At::root(self.column(field)));
        let sum = format!(
            "greatest({}, least({}, ({now})::numeric + ({})::numeric))",
            int.min(wide),
            int.max(wide),
            self.dialect.scalar(by)
        );
        match wide {
            true => format!("to_jsonb(({sum})::text)"),
            false => format!("to_jsonb({sum})"),
        }
    }

    fn new_state(&self, field: &Field) -> At {
        self.payload().key(&format!("new_{}", field.name))
    }

    /// Whether a `transition` of the machine is allowed.
    fn is_moved(&self, field: &Field) -> String {
        let moves: Vec<String> = field
            .machine()
            .unwrap_or_default()
            .iter()
            .flat_map(|Transition { from, to }| {
                to.iter().map(move |to| {
                    format!("({}, {})", self.dialect.text(from), self.dialect.text(to))
                })
            })
            .collect();
        if moves.is_empty() {
            return "1 = 0".to_owned();
        }
        let now = self.dialect.scalar(&At::root(self.column(field)));
        let new = self.dialect.scalar(&self.new_state(field));
        let values = self.dialect.pick("", "VALUES ");
        format!("({now}, {new}) IN ({values}{})", moves.join(", "))
    }
}

/// Whether its integers are text on the wire.
fn is_wide(field: &Field, int: IntType) -> bool {
    field.big && int.is_wide()
}
