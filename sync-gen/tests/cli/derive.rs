//! The whole way with the real derive: a crate that has nothing but the annotated struct.

use std::path::Path;

use crate::support::{Project, manifest};

const MODELS: &str = r#"
use std::collections::BTreeMap;
use serde::{Deserialize, Serialize};
use sync_runtime::{SyncType, Syncable};
use uuid::Uuid;

type Lines = Vec<Line>;

/// An order at a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(
    mode = "events",
    events(created, line_added, line_removed, line_updated, state_changed, note_changed, tip_added(increment(tip)), archived),
    notification = "redis",
)]
pub struct Order {
    pub id: Uuid,
    #[sync(default = "open", state(open -> [sent], sent -> [paid]))]
    pub status: Status,
    #[sync(default)]
    pub lines: Lines,
    pub note: Option<String>,
    #[sync(default)]
    pub tip: i64,
    #[sync(default)]
    pub seats: BTreeMap<String, u32>,
    #[sync(owner_only)]
    pub margin: Option<i64>,
    #[sync(exclude)]
    pub secret: Option<String>,
}

/// One line, "quoted" — with a dash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
pub struct Line {
    pub id: Uuid,
    #[sync(default = 1, range(min = 1))]
    pub quantity: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, SyncType)]
#[serde(rename_all = "snake_case")]
pub enum Status { Open, Sent, Paid }

mod private {
    use super::*;

    macro_rules! model {
        ($name:ident) => {
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
            #[sync(mode = "events", events(created, title_changed, deleted))]
            pub struct $name {
                pub id: Uuid,
                pub title: String,
                #[cfg(feature = "more")]
                #[sync(default)]
                pub more: bool,
            }
        };
    }
    model!(Board);
}
"#;

/// A crate with these models, that knows this repository's crates by their paths.
fn project(name: &str) -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let runtime = root.join("sync-runtime");
    let project = Project::new();
    let dependencies = format!(
        "[features]\nmore = []\n[dependencies]\nserde = {{ version = \"1\", features = [\"derive\"] }}\nuuid = {{ version = \"1\", features = [\"serde\", \"v4\"] }}\nsync-runtime = {{ path = {:?}, default-features = false }}\n",
        runtime.display().to_string(),
    );
    project.write("Cargo.toml", manifest(name, &dependencies));
    // The versions that are on this disk already.
    project.write(
        "Cargo.lock",
        std::fs::read(root.join("Cargo.lock")).expect("a lock file"),
    );
    project
}

#[test]
fn a_crate_that_has_nothing_but_the_derive() {
    let project = project("gen-derive");
    project.write("src/lib.rs", MODELS);
    let run = project.run(&["--target", "openapi"]).ok();
    assert_eq!(
        run.stdout,
        "2 models: board, order\nopenapi → generated/openapi: 2 written, 0 unchanged\n"
    );
    let document = project.read("generated/openapi/openapi.yaml");
    for part in [
        "/api/v1/orders:",
        "OrderLineAddedPayload:",
        "description: One line, \"quoted\" — with a dash.",
        "notification: redis",
        "x-sync-exclude: true",
        "x-owner-only: true",
    ] {
        assert!(document.contains(part), "{part}");
    }
    assert!(
        !document.contains("name: more"),
        "a field behind a feature that is off"
    );

    // The same models in a binary say the same, but for where they stand.
    project
        .run(&["--target", "openapi", "--features", "more"])
        .ok();
    assert!(
        project
            .read("generated/openapi/openapi.yaml")
            .contains("name: more")
    );
    std::fs::remove_file(project.path("src/lib.rs")).expect("removed");
    project.write(
        "src/main.rs",
        format!("#![allow(dead_code)]\n{MODELS}\nfn main() {{}}"),
    );
    project.run(&["--target", "openapi"]).ok();
    assert_eq!(project.read("generated/openapi/openapi.yaml"), document);
}
