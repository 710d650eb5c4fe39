#![allow(unused_imports, dead_code)]

use serde::{Deserialize, Serialize};
use sync_runtime::{SyncType, Syncable};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Sent,
    Paid,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(mode = "events", events(created, state_changed))]
struct Order {
    id: Uuid,
    #[sync(default = "opne", state(open -> [snt], Paid -> [open]))]
    status: Status,
}

type Text = String;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(mode = "events", events(created, state_changed))]
struct Bill {
    id: Uuid,
    #[sync(default = "open", state(open -> [paid]))]
    status: Text,
}

fn main() {}
