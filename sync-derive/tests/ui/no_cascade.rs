#![allow(unused_imports, dead_code)]

use serde::{Deserialize, Serialize};
use sync_runtime::{SyncType, Syncable};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
#[sync(nonsense)]
struct Item {
    id: Uuid,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(mode = "events", events(created, item_added, frobnicated))]
struct Order {
    id: Uuid,
    items: Vec<Item>,
}

fn uses(order: Order) -> &'static sync_runtime::schema::Model {
    let _ = OrderEvent::ItemAdded(OrderItemAdded { item: order.items[0].clone() });
    <Order as Syncable>::MODEL
}

fn main() {}
