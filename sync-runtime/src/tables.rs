//! The tables of a backend's database, as SQL: the one source for the stores, which apply it, and for the SQL target,
//! which prints it.

use crate::sql;

/// The versions of the log's own tables on PostgreSQL, each applied once and in this order. `sync_events` is
/// append-only: it is the audit trail.
pub const POSTGRES_LOG: [&str; 3] = [
    include_str!("store/postgres/migrations/0001_log.sql"),
    include_str!("store/postgres/migrations/0002_rows.sql"),
    sql::postgres::FUNCTIONS,
];

/// The same on SQLite.
pub const SQLITE_LOG: [&str; 3] = [
    include_str!("store/sqlite/migrations/0001_log.sql"),
    include_str!("store/sqlite/migrations/0002_rows.sql"),
    include_str!("store/sqlite/migrations/0003_keys.sql"),
];
