//! The schemas that tests write for.

#[path = "../../../fixtures/tests/models/repair.rs"]
mod repair;

use sync_runtime::{
    Syncable as _,
    schema::{Mode, Model, Schema},
};

/// By the name of their folder: what is declared in this repository, one with roles and a Rust function as an upcast,
/// one that holds a type of every kind, and one whose names and texts try to break out of the code that they are written
/// into.
pub fn cases() -> Vec<(&'static str, Schema)> {
    vec![
        ("fixtures", sync_fixtures::schema()),
        ("pos", pos()),
        ("repair", repair()),
        ("types", read(include_str!("types.json"))),
        ("awkward", read(include_str!("awkward.json"))),
    ]
}

/// Rows alone, for the targets that write them.
#[allow(dead_code, reason = "the example that emits a case has no need of it")]
pub fn rows() -> Schema {
    read(include_str!("rows.json"))
}

/// The fixtures' report as it would be in another mode: what changes of it must change no component.
#[allow(dead_code, reason = "for the example that emits a case")]
pub fn report_in(mode: Mode) -> Schema {
    let fixtures = sync_fixtures::schema();
    let report = fixtures.models().iter().find(|it| it.entity == "report");
    let mut report = report.expect("the report").clone();
    report.mode = mode;
    Schema::new(vec![report]).expect("a sound schema")
}

/// The example's, whose client is generated and not committed: this is where it is reviewed.
fn pos() -> Schema {
    let models = [
        &pos::Order::MODEL,
        &pos::FloorTable::MODEL,
        &pos::StaffMember::MODEL,
        &pos::DayReport::MODEL,
    ];
    Schema::new(models.map(|model| (*model).clone()).to_vec()).expect("a sound schema")
}

fn repair() -> Schema {
    Schema::new(vec![repair::Repair::MODEL.clone()]).expect("a sound schema")
}

fn read(json: &str) -> Schema {
    let models: Vec<Model> = serde_json::from_str(json).expect("models");
    Schema::new(models).expect("a sound schema")
}
