//! What the restaurant has besides orders: its tables, its people, and what was written at the end of a day.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sync_runtime::Syncable;
use uuid::Uuid;

/// A table on the floor plan. Where two move it at once, the later move counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(mode = "rows", local_first = true, conflict = "last_write_wins")]
pub struct FloorTable {
    /// Drawn by the device that puts it there.
    pub id: Uuid,
    /// As painted on it.
    #[sync(range(min = 1, max = 999))]
    pub number: i32,
    /// The room that it stands in.
    #[sync(length(min = 1, max = 40))]
    pub room: String,
    /// How many people sit at it.
    #[sync(default = 4, range(min = 1, max = 20))]
    pub seats: i32,
    /// Its column on the plan of the room.
    #[sync(default = 0, range(min = 0, max = 11))]
    pub x: i32,
    /// Its row.
    #[sync(default = 0, range(min = 0, max = 7))]
    pub y: i32,
    /// When it was put there.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// Somebody who works here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(mode = "rows", local_first = true, path = "staff")]
pub struct StaffMember {
    /// Drawn by the device that enters them.
    pub id: Uuid,
    /// What they are called.
    #[sync(length(min = 1, max = 80))]
    pub name: String,
    /// What they do.
    #[sync(length(min = 1, max = 40))]
    pub job: String,
    /// How to reach them.
    #[sync(length(max = 40))]
    pub phone: Option<String>,
    /// What whoever makes the rota has to know. Two who write it at once are asked which it is to be.
    #[sync(conflict = "manual", length(max = 500))]
    pub rota_note: Option<String>,
    /// When they were entered.
    pub created_at: DateTime<Utc>,
    /// When this last changed.
    pub updated_at: DateTime<Utc>,
}

/// What was written at the end of a day. Nobody needs it without a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(mode = "api")]
pub struct DayReport {
    /// Drawn by the device that writes it.
    pub id: Uuid,
    /// The day that it is about.
    pub day: NaiveDate,
    /// How many orders were paid.
    #[sync(range(min = 0))]
    pub orders: i32,
    /// What was taken, in cents.
    pub takings_cents: i64,
    /// What of it were tips, in cents.
    #[sync(default)]
    pub tips_cents: i64,
    /// What the next shift should know.
    #[sync(length(max = 2000))]
    pub remarks: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}
