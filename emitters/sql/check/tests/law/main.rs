//! The law of the views: whatever the log, the generated SQL folds it to the state that Rust folds it to.
//!
//! Each run prints its seed; `SYNC_SEED` runs one again.

mod maker;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use serde_json::{Map, Value, json};
use sql_check::{Database, Logged, log_of, state};
use sync_runtime::{
    Syncable as _,
    schema::{Effect, Lift, Mode, Model, Schema},
    semantics::{
        fold::{Folded, Occurrence, Reducer},
        upcast,
    },
};

use maker::Maker;

#[path = "../../../../../fixtures/tests/models/repair.rs"]
mod repair;

/// How many logs a model has.
const LOGS: u64 = 12;

#[test]
fn sqlite_folds_as_rust_does() {
    check("sqlite", LOGS);
}

#[test]
fn postgres_folds_as_rust_does() {
    check("postgres", LOGS);
}

#[test]
fn pglite_folds_as_rust_does() {
    check("pglite", 1);
}

fn check(engine: &str, logs: u64) {
    let schemas = schemas();
    for (name, schema) in &schemas {
        let mut database = log_of(schema, engine);
        let events = schema
            .models()
            .iter()
            .filter(|model| model.mode == Mode::Events);
        for model in events {
            for seed in seeds(logs) {
                println!("{engine} {name} {}: SYNC_SEED={seed}", model.entity);
                check_log(database.as_mut(), model, seed);
            }
        }
    }
}

fn seeds(logs: u64) -> Vec<u64> {
    match std::env::var("SYNC_SEED") {
        Ok(seed) => vec![seed.parse().expect("a seed is a number")],
        Err(_) => (0..logs).map(|_| rand::random()).collect(),
    }
}

/// Every model of the tests, without what only a function of the application's can fold.
fn schemas() -> Vec<(&'static str, Schema)> {
    let read = |json: &str| -> Vec<Model> { serde_json::from_str(json).expect("models") };
    let all = [
        ("fixtures", sync_fixtures::schema().models().to_vec()),
        ("repair", vec![repair::Repair::MODEL.clone()]),
        (
            "types",
            read(include_str!("../../../../tests/cases/types.json")),
        ),
        (
            "awkward",
            read(include_str!("../../../../tests/cases/awkward.json")),
        ),
    ];
    all.into_iter()
        .map(|(name, models)| {
            let models = models.into_iter().map(without_functions).collect();
            (name, Schema::new(models).expect("a sound schema"))
        })
        .collect()
}

fn without_functions(mut model: Model) -> Model {
    let declared =
        |event: &&sync_runtime::schema::Event| !matches!(event.effect, Effect::Custom { .. });
    model.events = model.events.iter().filter(declared).cloned().collect();
    for upcast in model.upcasts.to_mut() {
        let declared = |step: &&Lift| !matches!(step, Lift::Function { .. });
        upcast.steps = upcast.steps.iter().filter(declared).cloned().collect();
    }
    // What is checked before an event is recorded is none of the fold's business.
    let mut json = serde_json::to_value(&model).expect("a model is JSON");
    drop_rules(&mut json);
    serde_json::from_value(json).expect("a model")
}

fn drop_rules(json: &mut Value) {
    match json {
        Value::Array(items) => items.iter_mut().for_each(drop_rules),
        Value::Object(object) => {
            for (key, value) in object {
                match key.as_str() {
                    "rules" => *value = json!({ "range": null, "length": null, "pattern": null }),
                    _ => drop_rules(value),
                }
            }
        }
        _ => {}
    }
}

/// A random log of an entity, delivered in a random order, some of it twice.
fn check_log(database: &mut dyn Database, model: &Model, seed: u64) {
    let mut maker = Maker::new(seed, model);
    let (tenant, id) = (format!("t{seed}"), maker.entity_id());
    let mut events: Vec<Logged> = (0..60).map(|_| maker.event(&tenant, &id)).collect();
    let mut rng = StdRng::seed_from_u64(seed);
    events.shuffle(&mut rng);
    let mut folded: Vec<Logged> = Vec::new();
    for (seq, event) in (1..).zip(&events) {
        database.script(&format!("{};", event.insert(seq)));
        folded.push(event.clone());
        if rng.random_range(0..10) == 0 {
            database.script(&format!("{};", event.insert(seq + 1_000)));
        }
        if rng.random_range(0..15) == 0 || folded.len() == events.len() {
            let found = state(database, model, &tenant, &id);
            let wanted = fold(model, &folded);
            assert!(
                same(&wanted, &found),
                "seed {seed}, after {seq} events of `{}`\n  Rust {wanted}\n  SQL  {found}",
                model.entity
            );
        }
    }
}

/// The fold in Rust.
fn fold(model: &Model, events: &[Logged]) -> Value {
    let reducer = Reducer {
        model,
        customs: &[],
        upcasts: &[],
        faults: None,
    };
    let mut events: Vec<&Logged> = events.iter().collect();
    events.sort_by_key(|event| (&event.timestamp, &event.id));
    let mut folded = Folded::Absent;
    for event in events {
        let Some(declared) = model.event_of_type(&event.event_type) else {
            continue;
        };
        // What is newer is kept and not folded.
        if event.schema_version > model.version {
            continue;
        }
        let mut payload: Map<String, Value> = event.payload.as_object().expect("an object").clone();
        let _ = upcast::lift(reducer, declared, event.schema_version, &mut payload);
        let stamp = event.timestamp.parse().expect("a stamp");
        let meta = Occurrence::new(&event.id, &event.entity_id, stamp, None);
        reducer.apply(&mut folded, declared, &payload, &meta);
    }
    folded.into_state().map_or(Value::Null, Value::Object)
}

/// Numbers compare as numbers, whatever their spelling.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}
