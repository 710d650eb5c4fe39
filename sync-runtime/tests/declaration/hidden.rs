//! What a fold makes of fields that a reader may not see: their values are in no payload, and the state lacks them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sync_runtime::{
    Syncable,
    semantics::fold::{Folded, Occurrence, Reducer},
};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(
    mode = "events",
    events(created, mark_added, mark_removed, row_added, row_removed, row_updated)
)]
struct Ledger {
    id: Uuid,
    #[sync(owner_only, default)]
    marks: Vec<String>,
    #[sync(owner_only, default)]
    rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, sync_runtime::SyncType)]
struct Row {
    id: Uuid,
    #[sync(default)]
    note: String,
}

fn folded(payload: Value, name: &str) -> (Folded, bool) {
    let model = Ledger::MODEL;
    let reducer = Reducer {
        model,
        customs: &[],
        upcasts: &[],
        faults: None,
    };
    let id = Uuid::nil().to_string();
    let stamp = "001763712000000.00000.00000001".parse().unwrap();
    let mut state = Map::new();
    state.insert("id".to_owned(), json!(id));
    let mut folded = Folded::Live(state);
    let applied = reducer.apply(
        &mut folded,
        model.event(name).unwrap(),
        payload.as_object().unwrap(),
        &Occurrence::new(&id, &id, stamp, None),
    );
    (folded, applied)
}

#[test]
fn taking_out_of_a_list_that_is_not_there_does_nothing() {
    let id = Uuid::nil();
    for (name, payload) in [
        ("mark_removed", json!({ "mark": "x" })),
        ("row_removed", json!({ "row_id": id })),
        (
            "row_updated",
            json!({ "row_id": id, "row": { "note": "y" } }),
        ),
    ] {
        let (after, applied) = folded(payload, name);
        assert!(!applied, "{name}");
        assert_eq!(after.state(), json!({ "id": id }).as_object(), "{name}");
    }
}

#[test]
fn adding_to_it_begins_it() {
    let (after, applied) = folded(json!({ "mark": "x" }), "mark_added");
    assert!(applied);
    assert_eq!(after.state().unwrap()["marks"], json!(["x"]));
}
