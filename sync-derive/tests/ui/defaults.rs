#![allow(unused_imports, dead_code)]

use serde::{Deserialize, Serialize};
use sync_runtime::{SyncType, Syncable};
use uuid::Uuid;

use chrono::{DateTime, Utc};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
enum Size {
    Small,
    Large,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
struct Settings {
    theme: String,
    width: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(mode = "events", events(created))]
struct Order {
    id: Uuid,
    #[sync(default = "1")]
    guests: i32,
    #[sync(default = 300)]
    small: u8,
    #[sync(default = 9007199254740993)]
    wide: i64,
    #[sync(default)]
    at: DateTime<Utc>,
    #[sync(default)]
    size: Size,
    #[sync(default = { theme: "light", widht: 80 })]
    settings: Settings,
    #[sync(default = { theme: "light" })]
    others: Settings,
    #[sync(default)]
    more: Settings,
    #[sync(default = ["a", 1])]
    labels: Vec<String>,
    #[sync(default = "noon")]
    opens: DateTime<Utc>,
    #[sync(default = "1e5")]
    price: rust_decimal::Decimal,
}

fn main() {}
