//! What goes wrong in a store, and what may be done about it.

use std::io;

/// A store failed. The message is for the server's log, not for clients.
#[derive(Debug, thiserror::Error)]
#[error("{context}: {source}")]
pub struct StoreError {
    /// What was being done.
    pub context: &'static str,
    /// What the database said.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// What may be done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The database is away or full: nobody fares better now.
    Away,
    /// Other transactions were in the way: the same may succeed when it is tried again.
    Conflict,
    /// Something in what was written: without it the rest may succeed.
    Data,
}

impl StoreError {
    /// For `map_err`.
    pub fn during<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        context: &'static str,
    ) -> impl Fn(E) -> Self {
        move |source| Self {
            context,
            source: source.into(),
        }
    }

    /// For `map_err`, where a write cannot begin: it has waited for as long as it may, and nobody fares better now.
    pub(super) fn away<E: std::error::Error + Send + Sync + 'static>(
        context: &'static str,
    ) -> impl Fn(E) -> Self {
        move |error| Self {
            context,
            source: sqlx::Error::Io(io::Error::other(error)).into(),
        }
    }

    /// What may be done about it.
    pub fn failure(&self) -> Failure {
        match self.source.downcast_ref::<sqlx::Error>() {
            Some(sqlx::Error::Database(error)) => {
                of_code(&error.code().unwrap_or_default(), error.as_ref())
            }
            Some(
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Configuration(_),
            ) => Failure::Away,
            Some(_) | None => Failure::Data,
        }
    }
}

/// By SQLSTATE, or by SQLite's number.
fn of_code(code: &str, error: &dyn sqlx::error::DatabaseError) -> Failure {
    #[cfg(feature = "postgres")]
    if error
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        .is_some()
    {
        return match (code, code.get(..2).unwrap_or_default()) {
            // Serialization failure, deadlock, lock not available.
            ("40001" | "40P01" | "55P03", _) => Failure::Conflict,
            // Connections, resources, operator intervention but a statement's own timeout, system errors, and a
            // database that only reads.
            ("25006", _) | (_, "08" | "53" | "58" | "XX") => Failure::Away,
            ("57014", _) => Failure::Data,
            (_, "57") => Failure::Away,
            _ => Failure::Data,
        };
    }
    let _ = error;
    // The low byte is the primary code.
    match code.parse::<u32>().map(|code| code & 0xff) {
        // Busy, locked.
        Ok(5 | 6) => Failure::Conflict,
        // No permission, read-only, input or output, corrupt, full, cannot open, no database.
        Ok(3 | 8 | 10 | 11 | 13 | 14 | 26) => Failure::Away,
        _ => Failure::Data,
    }
}
