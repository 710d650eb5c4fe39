#![allow(unused_imports, dead_code)]

use serde::{Deserialize, Serialize};
use sync_runtime::{SyncType, Syncable};
use uuid::Uuid;

type Text = String;
type Count = i32;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(mode = "events", events(created))]
struct Order {
    id: Count,
    #[sync(range(min = 1))]
    a: Text,
    #[sync(length(max = 1))]
    b: Count,
    #[sync(pattern = "x")]
    c: Count,
    #[sync(big)]
    d: Count,
    #[sync(owner_only)]
    e: Text,
    #[sync(event_time)]
    g: Text,
    #[sync(range(min = 1.5))]
    h: i32,
}

fn main() {}
