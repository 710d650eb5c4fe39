#![allow(unused_imports, dead_code)]

use serde::{Deserialize, Serialize};
use sync_runtime::{SyncType, Syncable};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Address {
    street: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
struct Customer {
    address: Address,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(mode = "events", events(created))]
struct Order {
    id: Uuid,
    customer: Customer,
}

fn main() {}
