//! Declarations and what the derives make of them.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use sync_runtime::{EventMeta, SyncType, Syncable};
use uuid::Uuid;

/// An order at a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(
    mode = "events",
    events(
        created,
        item_added,
        item_removed,
        item_updated,
        state_changed,
        note_changed,
        tip_added(increment(tip_cents)),
        guest_joined(increment(guests)),
        updated(merge(table_number, note, guests)),
        archived,
    ),
    snapshot(50, 100),
    notification = "redis"
)]
pub struct Order {
    pub id: Uuid,
    pub table_number: i32,
    #[sync(default = "open", state(open -> [sent, cancelled], sent -> [paid, cancelled]))]
    pub status: OrderStatus,
    #[sync(default)]
    pub items: Vec<OrderItem>,
    pub note: Option<String>,
    #[sync(default)]
    pub tip_cents: i64,
    #[sync(default = 1)]
    pub guests: i32,
    #[sync(owner_only)]
    pub margin_cents: Option<i64>,
    #[sync(exclude)]
    pub internal_notes: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
pub struct OrderItem {
    pub id: Uuid,
    pub name: String,
    #[sync(default = 1, range(min = 1))]
    pub quantity: i32,
    pub price_cents: i64,
    #[sync(event_time)]
    pub added_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, SyncType)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    Open,
    Sent,
    Paid,
    Cancelled,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(
    mode = "events",
    events(
        created,
        title_changed,
        label_added,
        label_removed,
        watcher_added,
        watcher_removed,
        moved(set(position)),
        settings_changed,
        deleted
    )
)]
pub struct Board {
    pub id: Uuid,
    pub title: String,
    #[sync(default)]
    pub labels: Vec<String>,
    #[sync(default)]
    pub watchers: BTreeSet<String>,
    #[sync(default)]
    pub position: f64,
    #[sync(default = { theme: "light", width: 80 })]
    pub settings: BoardSettings,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
pub struct BoardSettings {
    pub theme: String,
    pub width: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(
    mode = "events",
    version = 2,
    upcast(1 -> 2: rename(name -> waiter)),
    events(
        created,
        takings_changed,
        table_added,
        table_removed,
        margin_cents_changed,
        stage_changed,
        tips_split(custom(TipsSplit)),
    ),
)]
pub struct Shift {
    pub id: Uuid,
    pub waiter: String,
    pub opened_on: NaiveDate,
    #[sync(default = "0")]
    pub takings: Decimal,
    #[sync(default)]
    pub tables: BTreeSet<i32>,
    #[sync(default, big)]
    pub badge: i64,
    #[sync(owner_only)]
    pub margin_cents: Option<i64>,
    #[sync(exclude)]
    pub secret: Option<String>,
    #[sync(default = "open", state(open -> [closed]))]
    pub stage: ShiftStage,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, SyncType)]
#[serde(rename_all = "snake_case")]
pub enum ShiftStage {
    Open,
    Closed,
}

/// Tips shared among waiters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SyncType)]
pub struct TipsSplit {
    pub shares: i32,
}

impl Shift {
    fn tips_split(&mut self, split: &TipsSplit, _meta: &EventMeta) {
        self.takings = (self.takings / Decimal::from(split.shares)).trunc_with_scale(2);
    }
}

#[test]
fn the_fixture_models() {
    println!("{}", serde_json::to_string_pretty(Order::MODEL).unwrap());
    for model in [Order::MODEL, Board::MODEL, Shift::MODEL] {
        assert!(!model.fields.is_empty());
    }
}
