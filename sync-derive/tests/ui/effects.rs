#![allow(unused_imports, dead_code)]

use serde::{Deserialize, Serialize};
use sync_runtime::{SyncType, Syncable};
use uuid::Uuid;

type Text = String;
type Labels = Vec<String>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(mode = "events", events(created, updated, added(increment(text)), split(custom(Text))))]
struct Order {
    id: Uuid,
    text: Text,
    labels: Labels,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(mode = "events", events(created, text_pushed(push(texts)), label_updated))]
struct Bill {
    id: Uuid,
    #[sync(singular = "text")]
    texts: Text,
    labels: Labels,
}

fn main() {}
