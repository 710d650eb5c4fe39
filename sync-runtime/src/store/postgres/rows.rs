//! How PostgreSQL holds what rows are made of.

use sqlx::{Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::store::rows::Columns;
pub(super) use crate::store::rows::{count, ended, event, folded_columns, head, json, snapshot};

/// The columns that [`event`] reads.
pub(super) const EVENT: &str = "tenant_id, seq, id, entity_type, entity_id, event_type, payload::text AS payload, \
     timestamp, schema_version, user_id, idempotency_key, received_at, change::text AS change";

/// The columns that [`head`] reads.
pub(super) const HEAD: &str = "_tenant_id, _id, _phase, _state::text AS _state, _last_hlc, _last_event_id, _event_count, _seq, \
     _schema_version, _snapshot_count";

/// The columns that [`snapshot`] reads.
pub(super) const SNAPSHOT: &str = "tenant_id, entity_type, entity_id, phase, state::text AS state, last_hlc, last_event_id, \
     event_count, seq, schema_version";

impl Columns for PgRow {
    fn text(&self, column: &str) -> sqlx::Result<&str> {
        self.try_get(column)
    }

    fn id(&self, column: &str) -> sqlx::Result<String> {
        Ok(self.try_get::<Uuid, _>(column)?.hyphenated().to_string())
    }

    fn key(&self, column: &str, id: &str) -> sqlx::Result<String> {
        let key: Option<String> = self.try_get(column)?;
        Ok(key.unwrap_or_else(|| id.to_owned()))
    }

    fn long(&self, column: &str) -> sqlx::Result<i64> {
        self.try_get(column)
    }

    fn int(&self, column: &str) -> sqlx::Result<i32> {
        self.try_get(column)
    }

    fn maybe_text(&self, column: &str) -> sqlx::Result<Option<&str>> {
        self.try_get(column)
    }

    fn maybe_bool(&self, column: &str) -> sqlx::Result<Option<bool>> {
        self.try_get(column)
    }

    fn maybe_long(&self, column: &str) -> sqlx::Result<Option<i64>> {
        self.try_get(column)
    }

    fn maybe_float(&self, column: &str) -> sqlx::Result<Option<f64>> {
        self.try_get(column)
    }
}

/// A version as the database has it.
pub(super) fn number(version: u32) -> i32 {
    i32::try_from(version).unwrap_or(i32::MAX)
}

/// Counts as the database has them.
pub(super) fn longs<T>(of: &[T], count: impl Fn(&T) -> u64) -> Vec<i64> {
    of.iter()
        .map(|one| i64::try_from(count(one)).unwrap_or(i64::MAX))
        .collect()
}
