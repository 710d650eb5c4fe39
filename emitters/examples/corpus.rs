//! Random payloads and folds with what the semantics make of them, as JSON: `cargo run -p sync-emitters --example corpus`.
//!
//! Generated clients must come to the same normal forms and the same states. The numbers are drawn from a fixed seed.

use std::error::Error;

use serde_json::{Map, Value, json};
use sync_runtime::{
    schema::{
        Effect, ElementKind, Event, Field, FieldKind, KeyShape, Mode, Model, PayloadShape, Tagging,
        Type, UnionBody, UnionType,
    },
    semantics::{
        access::Rights,
        fold::{Folded, Occurrence, Reducer},
        hlc::Stamp,
        payload,
    },
};

#[path = "../tests/cases/mod.rs"]
mod cases;

const PAYLOADS_PER_EVENT: usize = 60;
const FOLDS_PER_MODEL: usize = 40;

fn main() -> Result<(), Box<dyn Error>> {
    let mut dice = Dice(0x5eed);
    let mut out = Vec::new();
    for (case, schema) in cases::cases() {
        // Clients are written for events models so far.
        let models = schema.models().iter();
        for model in models.filter(|model| model.mode == Mode::Events) {
            let lax = without_rules(model)?;
            let payloads: Vec<Value> = model
                .events
                .iter()
                .flat_map(|event| vec![event; PAYLOADS_PER_EVENT])
                .map(|event| one_payload(&mut dice, model, &lax, event))
                .collect();
            let folds: Vec<Value> = (0..FOLDS_PER_MODEL)
                .map(|_| one_fold(&mut dice, model))
                .collect::<Result<_, _>>()?;
            let writes = writes(&mut dice, model);
            out.push(json!({
                "case": case, "entity": model.entity, "payloads": payloads, "folds": folds, "writes": writes,
            }));
        }
    }
    println!("{}", Value::Array(out));
    Ok(())
}

/// Who may write what, where the model declares roles: each set of roles with some payloads of each event.
fn writes(dice: &mut Dice, model: &Model) -> Vec<Value> {
    let mut names: Vec<String> = model
        .roles
        .iter()
        .map(|role| role.name.to_string())
        .collect();
    if names.is_empty() {
        return Vec::new();
    }
    names.push("stranger".to_owned());
    let mut writes = Vec::new();
    for set in 0..1_usize << names.len() {
        let chosen = names.iter().enumerate();
        let roles: Vec<String> = chosen
            .filter(|(at, _)| set >> at & 1 == 1)
            .map(|(_, name)| name.clone())
            .collect();
        let rights = Rights::of_roles(&roles);
        for event in model.events.iter().flat_map(|event| vec![event; 3]) {
            let Value::Object(payload) = payload_of(dice, model, event) else {
                continue;
            };
            let may = rights.check_write(model, event, &payload).is_ok();
            writes.push(json!({
                "roles": roles, "event": full_type(model, event), "payload": payload, "may": may,
            }));
        }
    }
    writes
}

/// The model as it would be without `range`, `length` and `pattern`, wherever they stand.
fn without_rules(model: &Model) -> Result<Model, serde_json::Error> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(object) => {
                if let Some(rules) = object.get_mut("rules") {
                    *rules = json!({ "range": null, "length": null, "pattern": null });
                }
                object.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(model)?;
    strip(&mut value);
    serde_json::from_value(value)
}

/// A payload, mostly right, and its normal form, once as it is recorded and once as it is read: without the rules. Null
/// where it is refused.
fn one_payload(dice: &mut Dice, model: &Model, lax: &Model, event: &Event) -> Value {
    let mut sent = payload_of(dice, model, event);
    if dice.one_in(4) {
        spoil(dice, &mut sent);
    }
    let normal = payload::normal(model, event, sent.clone()).ok();
    let read = lax.event(&event.name);
    let read = read.and_then(|event| payload::normal(lax, event, sent.clone()).ok());
    json!({ "event": full_type(model, event), "sent": sent, "normal": normal, "read": read })
}

/// Some events of one entity in order, and its state after each.
fn one_fold(dice: &mut Dice, model: &Model) -> Result<Value, Box<dyn Error>> {
    let id = "0a0a0a0a-0000-4000-8000-00000000000a";
    let reducer = Reducer {
        model,
        customs: &[],
        upcasts: &[],
        faults: None,
    };
    let mut folded = Folded::default();
    let mut steps = Vec::new();
    for at in 0..25 {
        let event = if at == 0 {
            &model.events[0]
        } else {
            dice.of(&model.events)
        };
        // The application's functions are its own affair, and most entities should live for a while.
        let skipped = matches!(event.effect, Effect::Custom { .. })
            || (event.effect == Effect::Delete && !dice.one_in(5));
        let tries = if at == 0 { 50 } else { 3 };
        let normal = (0..tries)
            .find_map(|_| payload::normal(model, event, payload_of(dice, model, event)).ok());
        let Some(normal) = normal.filter(|_| !skipped) else {
            continue;
        };
        let timestamp = format!("{:015}.00000.0badcafe", 1_763_712_000_000_u64 + at * 1001);
        let stamp: Stamp = timestamp.parse().map_err(|error| format!("{error:?}"))?;
        let applied = reducer.apply(
            &mut folded,
            event,
            &normal,
            &Occurrence::new(id, id, stamp, None),
        );
        steps.push(json!({
            "event": full_type(model, event), "payload": normal, "timestamp": timestamp,
            "applied": applied, "state": folded.state(),
        }));
    }
    Ok(json!({ "id": id, "steps": steps }))
}

fn full_type(model: &Model, event: &Event) -> String {
    format!("{}.{}", model.entity, event.name)
}

fn payload_of(dice: &mut Dice, model: &Model, event: &Event) -> Value {
    match PayloadShape::of(model, event) {
        PayloadShape::Struct(shape) => Value::Object(fields(
            dice,
            &shape.input_fields().collect::<Vec<_>>(),
            false,
        )),
        PayloadShape::Keys(keys) => {
            let mut out = Map::new();
            for key in &keys {
                if !key.required && dice.one_in(2) {
                    continue;
                }
                let value = match &key.shape {
                    KeyShape::Field(field) | KeyShape::ElementId(field) => {
                        value(dice, &field.ty, field.big)
                    }
                    KeyShape::State(field) => value(dice, &field.ty, false),
                    KeyShape::Amount => {
                        json!(dice.of(&[1_i64, -1, 7, -100_000, 9_007_199_254_740_991]))
                    }
                    KeyShape::Element(part) => match (part.kind, part.item) {
                        (ElementKind::Partial, Type::Struct(shape)) => {
                            let shape: Vec<&Field> = shape.patch_fields().collect();
                            Value::Object(fields(dice, &shape, true))
                        }
                        (_, item) => value(dice, item, part.list.big),
                    },
                };
                out.insert(key.name.to_string(), value);
            }
            Value::Object(out)
        }
    }
}

fn fields(dice: &mut Dice, fields: &[&Field], all_may: bool) -> Map<String, Value> {
    let mut out = Map::new();
    for field in fields {
        if (all_may || field.has_default()) && dice.one_in(2) {
            continue;
        }
        let name = match field.aliases.first() {
            Some(alias) if dice.one_in(3) => alias,
            _ => &field.name,
        };
        out.insert(name.to_string(), value(dice, &field.ty, field.big));
    }
    out
}

fn value(dice: &mut Dice, ty: &Type, big: bool) -> Value {
    match ty {
        Type::Bool => json!(dice.one_in(2)),
        Type::Int(int) if big && int.is_wide() => {
            let (min, max) = (int.min(true).to_string(), int.max(true).to_string());
            dice.pick(
                &["0", "007", "5", "-0", &min, &max],
                &["-5", "99999999999999999999", "1.0", ""],
            )
        }
        Type::Int(int) => {
            let [min, max] =
                [int.min(false), int.max(false)].map(|bound| bound.to_i64().unwrap_or(0));
            let bounds = [min, max, 0, 1, 2, 3, 80];
            match dice.below(9) {
                0 => json!(max as f64),
                1 => json!(3.0),
                _ => json!(dice.of(&bounds)),
            }
        }
        Type::Float32 | Type::Float64 => {
            json!(dice.of(&[0.0, -0.0, 0.1, 1.5, -2.25, 1e21, 1e-9, 123_456.789, 1e300]))
        }
        Type::String => dice.pick(
            &[
                "AB-1",
                "ZZ/-77 x",
                "a",
                "b",
                "é",
                "𝒳",
                "\u{ffff}",
                "line\nbreak",
                "__proto__",
                "",
            ],
            &["\u{0}", "AB-1\n", "AB-١"],
        ),
        Type::Char => dice.pick(&["a", "é", "𝒳"], &["", "ab", "e\u{301}"]),
        Type::Uuid => dice.pick(
            &[
                "67e55044-10b1-426f-9247-bb680e5fe0c8",
                "67E55044-10B1-426F-9247-BB680E5FE0C8",
                "00000000-0000-4000-8000-000000000001",
                "00000000-0000-4000-8000-000000000002",
            ],
            &[
                "67e5504410b1426f9247bb680e5fe0c8",
                "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
            ],
        ),
        Type::DateTime => dice.pick(
            &[
                "2026-11-21T08:00:00Z",
                "2026-11-21t09:00:00.98765+01:00",
                "1969-12-31T23:59:59.9999Z",
                "2026-11-21T08:00:00-23:59",
                "0000-01-01T00:00:00z",
            ],
            &[
                "2026-02-30T08:00:00Z",
                "2026-11-21 08:00:00Z",
                "2026-11-21T08:00:60Z",
                "2026-11-21T08:00:00",
                "0000-01-01T00:00:00+01:00",
                "2026-11-21T08:00Z",
                "2026-11-21T08:00:00.Z",
                "2026-11-21T08:00:00+24:00",
            ],
        ),
        Type::LocalDateTime => dice.pick(
            &["2026-11-21T08:00:00", "2026-11-21T08:00:00.5"],
            &[
                "2026-11-21T08:00:00Z",
                "2026-11-21",
                "2026-11-21t08:00:00",
                "T08:00:00",
            ],
        ),
        Type::Date => dice.pick(
            &["2026-11-21", "2024-02-29", "0000-01-01"],
            &["2025-02-29", "26-1-1", "2026-11-00"],
        ),
        Type::Time => dice.pick(
            &["08:00:00", "08:00:00.1239", "23:59:59.9"],
            &["24:00:00", "08:00", "08:00:00.", "08:00:60", "8:00:00"],
        ),
        Type::Decimal => dice.pick(
            &[
                "0",
                "-0.0",
                "19.90",
                "+1",
                "007.5",
                "0.1",
                "1000",
                "79228162514264337593543950335",
                "-3.14159",
            ],
            &[
                "1e3",
                ".5",
                "1.",
                "",
                "+",
                "1_0",
                "79228162514264337593543950336",
                "0.10000000000000000000000000001",
                "1.00000000000000000000000000000",
            ],
        ),
        Type::Json => match dice.below(7) {
            0 => Value::Null,
            1 => json!({ "b": [1, 2.5, "x"], "a": { "n": null } }),
            2 => json!(9_007_199_254_740_991_i64),
            3 => json!("text"),
            4 => json!(1e300),
            5 if dice.one_in(4) => json!([9_007_199_254_740_993_i64]),
            _ => json!([true, -0.0]),
        },
        Type::Option(inner) => {
            if dice.one_in(3) {
                Value::Null
            } else {
                value(dice, inner, big)
            }
        }
        Type::List(item) | Type::Set(item) => {
            (0..dice.below(4)).map(|_| value(dice, item, big)).collect()
        }
        Type::Array { item, len } => (0..*len).map(|_| value(dice, item, big)).collect(),
        Type::Tuple(items) => items.iter().map(|item| value(dice, item, big)).collect(),
        Type::Map { key, value: inner } => {
            let mut out = Map::new();
            for _ in 0..dice.below(4) {
                let name = match value(dice, key, false) {
                    Value::String(name) => name,
                    other => other.to_string(),
                };
                out.insert(name, value(dice, inner, big));
            }
            Value::Object(out)
        }
        Type::Struct(shape) => Value::Object(fields(
            dice,
            &shape.input_fields().collect::<Vec<_>>(),
            false,
        )),
        Type::Enum(shape) => {
            let variant = dice.of(&shape.variants);
            match variant.aliases.first() {
                Some(alias) if dice.one_in(2) => json!(alias),
                _ => json!(variant.name),
            }
        }
        Type::Union(shape) => union(dice, shape),
    }
}

fn union(dice: &mut Dice, shape: &UnionType) -> Value {
    let variant = dice.of(&shape.variants);
    let name = match variant.aliases.first() {
        Some(alias) if dice.one_in(2) => alias.to_string(),
        _ => variant.name.to_string(),
    };
    let body = match &variant.body {
        UnionBody::Unit => None,
        UnionBody::Newtype(ty) => Some(value(dice, ty, false)),
        UnionBody::Struct(list) => {
            let list: Vec<&Field> = list
                .iter()
                .filter(|field| field.kind != FieldKind::EventTime)
                .collect();
            Some(Value::Object(fields(dice, &list, false)))
        }
    };
    match (&shape.tagging, body) {
        (Tagging::External, None) => json!(name),
        (Tagging::External, Some(body)) => json!({ name: body }),
        (Tagging::Internal { tag }, body) => {
            let mut out = match body {
                Some(Value::Object(object)) => object,
                _ => Map::new(),
            };
            out.insert(tag.to_string(), json!(name));
            Value::Object(out)
        }
        (Tagging::Adjacent { tag, .. }, None) => json!({ &**tag: name }),
        (Tagging::Adjacent { tag, content }, Some(body)) => {
            json!({ &**tag: name, &**content: body })
        }
    }
}

/// Makes one thing wrong somewhere.
fn spoil(dice: &mut Dice, value: &mut Value) {
    match value {
        Value::Object(object) if !object.is_empty() && !dice.one_in(4) => {
            let at = dice.below(object.len());
            if let Some(inner) = object.values_mut().nth(at) {
                spoil(dice, inner);
            }
        }
        Value::Object(object) => {
            object.insert("unknown".to_owned(), Value::Null);
        }
        Value::Array(items) if !items.is_empty() && !dice.one_in(3) => {
            let at = dice.below(items.len());
            spoil(dice, &mut items[at]);
        }
        other => {
            *other = match dice.below(7) {
                0 => Value::Null,
                1 => json!(true),
                2 => json!(1.5),
                3 => json!("?"),
                4 => json!([]),
                5 => json!({}),
                _ => json!(-1),
            };
        }
    }
}

/// Numbers that a seed repeats.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// A text that is fine, or once in a while one that is not.
    fn pick(&mut self, good: &[&str], bad: &[&str]) -> Value {
        json!(if self.one_in(40) {
            self.of(bad)
        } else {
            self.of(good)
        })
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}
