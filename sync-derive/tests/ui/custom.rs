#![allow(unused_imports, dead_code)]

use serde::{Deserialize, Serialize};
use sync_runtime::{SyncType, Syncable};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
struct Split {
    shares: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(mode = "events", events(created, split(custom(Split)), joined(custom(Split))))]
struct Order {
    id: Uuid,
}

impl Order {
    fn joined(&mut self, _split: Split) {}
}

fn main() {}
