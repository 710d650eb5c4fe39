//! How long the fold takes in Rust: `cargo run --release -p sync-runtime --no-default-features --example fold -- PAGES`.
//!
//! PAGES holds a JSON array of a feed's events in each line. Prints, in milliseconds, each round's time from the text to the
//! states and of the fold alone, and what came of it; `cargo xtask bench swift` holds the clients against that.

use std::{collections::HashMap, error::Error, time::Instant};

use serde_json::{Map, Value, json};
use sync_runtime::{
    schema::{Event, Model},
    semantics::{
        fold::{Folded, Occurrence, Reducer},
        hlc::Stamp,
    },
};

/// How often each is measured in a run.
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: fold PAGES")?;
    let text = std::fs::read_to_string(path)?;
    let models: Vec<Model> =
        serde_json::from_str(include_str!("../../emitters/tests/cases/types.json"))?;
    let model = models.iter().find(|model| model.entity == "order");
    let reducer = Reducer {
        model: model.ok_or("the test cases have no order")?,
        customs: &[],
        upcasts: &[],
        faults: None,
    };
    let (mut from_text, mut fold_alone) = (Vec::new(), Vec::new());
    let mut came = Value::Null;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let wire = read(&text)?;
        let happened = happened(reducer.model, &wire)?;
        let middle = Instant::now();
        let states = fold(reducer, &happened);
        let end = Instant::now();
        came = came_of(&states);
        from_text.push((end - start).as_secs_f64() * 1e3);
        fold_alone.push((end - middle).as_secs_f64() * 1e3);
    }
    println!(
        "{}",
        json!({ "text_ms": from_text, "fold_ms": fold_alone, "came": came })
    );
    Ok(())
}

/// An event with what the fold asks of it.
type Happened<'a> = (&'a str, &'a Event, &'a Map<String, Value>, Occurrence<'a>);

fn read(text: &str) -> Result<Vec<Value>, Box<dyn Error>> {
    let mut events = Vec::new();
    for page in text.lines() {
        events.append(&mut serde_json::from_str(page)?);
    }
    Ok(events)
}

fn happened<'a>(model: &'a Model, wire: &'a [Value]) -> Result<Vec<Happened<'a>>, Box<dyn Error>> {
    let mut events = Vec::with_capacity(wire.len());
    for event in wire {
        let text = |key: &str| event[key].as_str().ok_or_else(|| format!("no {key}"));
        let (_, name) = text("event_type")?.split_once('.').ok_or("no event")?;
        let stamp: Stamp = text("timestamp")?.parse()?;
        let entity = text("entity_id")?;
        events.push((
            entity,
            model.event(name).ok_or("unknown event")?,
            event["payload"].as_object().ok_or("no payload")?,
            Occurrence::new(text("id")?, entity, stamp, event["user_id"].as_str()),
        ));
    }
    Ok(events)
}

fn fold<'a>(reducer: Reducer<'_>, events: &[Happened<'a>]) -> HashMap<&'a str, Folded> {
    let mut states: HashMap<&str, Folded> = HashMap::new();
    for (entity, event, payload, meta) in events {
        reducer.apply(states.entry(entity).or_default(), event, payload, meta);
    }
    states
}

/// What all runtimes have to come to.
fn came_of(states: &HashMap<&str, Folded>) -> Value {
    let live = || states.values().filter_map(Folded::state);
    let tips: i64 = live().filter_map(|state| state["tip_cents"].as_i64()).sum();
    let items: usize = live()
        .filter_map(|state| Some(state["items"].as_array()?.len()))
        .sum();
    json!({ "orders": live().count(), "items": items, "tips": tips })
}
