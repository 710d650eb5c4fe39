//! What the restaurant syncs.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sync_runtime::{SyncType, Syncable};
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
        updated(merge(table_number, note)),
        archived,
    ),
    snapshot(50, 100)
)]
pub struct Order {
    /// Drawn by the device that creates it.
    pub id: Uuid,
    /// The table's number, as painted on it.
    pub table_number: i32,
    /// Where it stands.
    #[sync(default = "open", state(open -> [sent, cancelled], sent -> [paid, cancelled]))]
    pub status: OrderStatus,
    /// What was ordered, in the order of ordering.
    #[sync(default)]
    pub items: Vec<OrderItem>,
    /// For the kitchen.
    pub note: Option<String>,
    /// In cents.
    #[sync(default)]
    pub tip_cents: i64,
    /// What the house earns on it; the owner's business alone.
    #[sync(owner_only)]
    pub margin_cents: Option<i64>,
    /// Never leaves the server.
    #[sync(exclude)]
    pub internal_notes: Option<String>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
pub struct OrderItem {
    /// Drawn by the device that adds it.
    pub id: Uuid,
    /// As on the menu.
    pub name: String,
    /// How many of it.
    #[sync(default = 1, range(min = 1))]
    pub quantity: i32,
    /// For one, in cents.
    pub price_cents: i64,
    /// When it was ordered.
    #[sync(event_time)]
    pub added_at: DateTime<Utc>,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, SyncType)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Being taken.
    Open,
    /// In the kitchen.
    Sent,
    /// Done.
    Paid,
    /// Given up.
    Cancelled,
}
