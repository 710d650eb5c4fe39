//! Payloads, and the envelopes they travel in.

use openapiv3::{Discriminator, ReferenceOr, Schema as Shape, SchemaKind};

use super::{
    names::pascal,
    parts::{
        Slot, all_of, amount, array, closed_object_of, constant, decorated, described, integer,
        nullable, object_of, reference, shape,
    },
    shapes::{Place, Shapes},
};
use crate::schema::{
    Conflict, Effect, ElementKind, Event, Field, IntType, Key, KeyShape, Mode, Model, PayloadShape,
    Rules, Type,
};

/// Components that `routes.yaml` refers to and that depend on the models: any event, any snapshot.
pub(super) const UNIONS: [&str; 2] = ["Event", "Snapshot"];

/// Adds payloads, envelopes and the snapshot of a model; gives the payloads' keys, in the events' order. A model without a
/// log has one payload, its update's: the other keys are empty.
pub(super) fn add_model(shapes: &mut Shapes, model: &Model) -> Vec<String> {
    let mut payloads = Vec::new();
    let mut envelopes = Vec::new();
    for event in model.events.iter() {
        let is_sent = model.is_logged() || matches!(event.effect, Effect::Merge { .. });
        let payload = match is_sent {
            true => add_payload(shapes, model, event),
            false => String::new(),
        };
        if model.is_logged() {
            envelopes.push(add_envelope(shapes, model, event, &payload));
        }
        payloads.push(payload);
    }
    if !envelopes.is_empty() {
        let union = one_of("event_type", &envelopes, |i| {
            format!("{}.{}", model.entity, model.events[i].name)
        });
        let union = described(union, &format!("Any event of `{}`.", model.entity));
        let events = shapes.add(&format!("{}Event", model.name), union);
        let snapshot = add_snapshot(shapes, model);
        shapes.of_models.push(OfModel {
            entity: model.entity.to_string(),
            events,
            snapshot,
        });
    }
    payloads
}

/// A row that is made, with its id, which only a server without a log draws.
pub(super) fn add_whole(shapes: &mut Shapes, model: &Model) -> String {
    let id = model.id_field();
    let id_required = model.mode == Mode::Rows;
    let writable = model.fields.iter().filter(|field| field.is_writable());
    let fields: Vec<(&Field, bool)> = id
        .map(|id| (id, id_required))
        .into_iter()
        .chain(writable.map(|field| (field, !field.has_default())))
        .collect();
    let slots = fields
        .into_iter()
        .map(|(field, required)| (&*field.name, shapes.field(field, Place::Input), required))
        .collect();
    let body = described(
        closed_object_of(slots),
        &format!("A new `{}`.", model.entity),
    );
    shapes.add(&format!("{}Create", model.name), body)
}

/// What the write of a row is answered with.
pub(super) fn add_written(shapes: &mut Shapes, model: &Model) -> String {
    if model.mode != Mode::Rows {
        return String::new();
    }
    let number = || {
        ReferenceOr::Item(shape(SchemaKind::Type(integer(
            IntType::I64,
            &Rules::default(),
        ))))
    };
    let data = nullable(reference(shapes.model_key(model)), Some("object"));
    let tx = object_of(vec![("transaction_id", reference("Stamp"), true)]);
    let dropped = shape(SchemaKind::Type(array(
        shapes.plain(&Type::String, Place::State),
        &Rules::default(),
        false,
    )));
    let dropped = described(
        dropped,
        "The fields that were not written, because a later write was there.",
    );
    let mut slots = vec![
        ("data", data, true),
        ("tx", ReferenceOr::Item(tx), true),
        ("txid", number(), true),
        ("seq", number(), true),
    ];
    if model.conflict == Conflict::LastWriteWins {
        slots.push(("dropped", ReferenceOr::Item(dropped), false));
    }
    let body = described(
        object_of(slots),
        &format!("A `{}` as it stands after a write.", model.entity),
    );
    shapes.add(&format!("{}Written", model.name), body)
}

/// The components of one model that the unions over all models refer to.
#[derive(Debug)]
pub(super) struct OfModel {
    entity: String,
    events: String,
    snapshot: String,
}

/// Adds what [`UNIONS`] promises.
pub(super) fn add_unions(shapes: &mut Shapes) {
    let of_models = std::mem::take(&mut shapes.of_models);
    let events: Vec<String> = of_models.iter().map(|of| of.events.clone()).collect();
    let snapshots: Vec<String> = of_models.iter().map(|of| of.snapshot.clone()).collect();
    let [event, snapshot] = UNIONS;
    let any_event = match events.is_empty() {
        true => all_of(vec![reference("EventEnvelope")]),
        // No discriminator: the members are unions themselves, each with its own.
        false => shape(SchemaKind::OneOf {
            one_of: events.iter().map(|key| reference(key)).collect(),
        }),
    };
    let any_snapshot = match snapshots.is_empty() {
        true => all_of(vec![reference("SnapshotEnvelope")]),
        false => one_of("entity_type", &snapshots, |i| of_models[i].entity.clone()),
    };
    shapes.put(
        event.to_owned(),
        described(any_event, "Any event, as a client sends it."),
    );
    shapes.put(
        snapshot.to_owned(),
        described(any_snapshot, "The state of any entity."),
    );
}

fn add_snapshot(shapes: &mut Shapes, model: &Model) -> String {
    let state = nullable(reference(shapes.model_key(model)), Some("object"));
    let state = decorated(state, |data| {
        data.description = Some("Null when the entity was deleted.".to_owned());
    });
    let own = object_of(vec![
        ("entity_type", constant(&model.entity), true),
        ("state", state, true),
    ]);
    let body = all_of(vec![reference("SnapshotEnvelope"), ReferenceOr::Item(own)]);
    shapes.add(&format!("{}Snapshot", model.name), body)
}

/// One of these components, told apart by a property.
fn one_of(property: &str, keys: &[String], value: impl Fn(usize) -> String) -> Shape {
    let mut union = shape(SchemaKind::OneOf {
        one_of: keys.iter().map(|key| reference(key)).collect(),
    });
    let mapping = keys
        .iter()
        .enumerate()
        .map(|(i, key)| (value(i), format!("#/components/schemas/{key}")));
    union.schema_data.discriminator = Some(Discriminator {
        property_name: property.to_owned(),
        mapping: mapping.collect(),
        ..Discriminator::default()
    });
    union
}

fn add_payload(shapes: &mut Shapes, model: &Model, event: &Event) -> String {
    let keys = match PayloadShape::of(model, event) {
        PayloadShape::Struct(payload) => return shapes.struct_key(payload, Place::Input),
        PayloadShape::Keys(keys) => keys,
    };
    let slots = keys
        .iter()
        .map(|key| (&*key.name, slot(shapes, key), key.required))
        .collect();
    let body = described(
        closed_object_of(slots),
        &format!("Payload of `{}.{}`.", model.entity, event.name),
    );
    shapes.add(
        &format!("{}{}Payload", model.name, pascal(&event.name)),
        body,
    )
}

fn slot(shapes: &mut Shapes, key: &Key<'_>) -> Slot {
    match &key.shape {
        KeyShape::Field(field) => shapes.field(field, Place::Input),
        KeyShape::Element(part) => match (part.kind, part.item) {
            (ElementKind::Partial, Type::Struct(item)) => {
                reference(&shapes.struct_key(item, Place::Patch))
            }
            _ => shapes.plain(part.item, Place::Input),
        },
        KeyShape::ElementId(id) => shapes.field(id, Place::Input),
        KeyShape::Amount => amount(),
        KeyShape::State(field) => shapes.plain(&field.ty, Place::Input),
    }
}

fn add_envelope(shapes: &mut Shapes, model: &Model, event: &Event, payload: &str) -> String {
    let event_type = format!("{}.{}", model.entity, event.name);
    let own = object_of(vec![
        ("event_type", constant(&event_type), true),
        ("entity_type", constant(&model.entity), true),
        ("payload", reference(payload), true),
    ]);
    let body = all_of(vec![reference("EventEnvelope"), ReferenceOr::Item(own)]);
    shapes.add(&format!("{}{}Event", model.name, pascal(&event.name)), body)
}
