//! The tables: the log's own, and one for each model.

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::columns;
use crate::schema::Model;

/// The log's own tables. `sync_events` is append-only: it is the audit trail.
const LOG: &str = "
CREATE TABLE IF NOT EXISTS sync_meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS sync_events (
    tenant_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    payload TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, seq)
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS sync_events_id ON sync_events (tenant_id, id);
CREATE UNIQUE INDEX IF NOT EXISTS sync_events_key ON sync_events (tenant_id, idempotency_key);
CREATE INDEX IF NOT EXISTS sync_events_entity ON sync_events (tenant_id, entity_type, entity_id, timestamp, id);

CREATE TABLE IF NOT EXISTS sync_snapshots (
    tenant_id TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    last_hlc TEXT NOT NULL,
    last_event_id TEXT NOT NULL,
    event_count INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    phase TEXT NOT NULL,
    state TEXT,
    PRIMARY KEY (tenant_id, entity_type, entity_id, last_hlc, last_event_id)
) STRICT, WITHOUT ROWID;
";

/// Creates the log's own tables.
pub(super) async fn create(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(LOG).execute(connection).await.map(|_| ())
}

/// Creates the table of a model, or adds the columns that it lacks.
pub(super) async fn create_projection(
    connection: &mut SqliteConnection,
    model: &Model,
) -> sqlx::Result<()> {
    let table = columns::quoted(&model.path);
    let create = format!(
        "CREATE TABLE IF NOT EXISTS {table} (
            _tenant_id TEXT NOT NULL,
            _id TEXT NOT NULL,
            _phase TEXT NOT NULL,
            _state TEXT,
            _last_hlc TEXT NOT NULL,
            _last_event_id TEXT NOT NULL,
            _event_count INTEGER NOT NULL,
            _seq INTEGER NOT NULL,
            _schema_version INTEGER NOT NULL,
            _snapshot_count INTEGER NOT NULL,
            PRIMARY KEY (_tenant_id, _id)
        )"
    );
    sqlx::query(AssertSqlSafe(create))
        .execute(&mut *connection)
        .await?;
    let there = sqlx::query(AssertSqlSafe(format!("PRAGMA table_xinfo({table})")))
        .fetch_all(&mut *connection)
        .await?
        .into_iter()
        .map(|row| row.try_get::<String, _>("name"))
        .collect::<sqlx::Result<Vec<_>>>()?;
    for field in model
        .fields
        .iter()
        .filter(|field| !there.iter().any(|name| *name == field.name))
    {
        let add = format!(
            "ALTER TABLE {table} ADD COLUMN {}",
            columns::definition(field)
        );
        sqlx::query(AssertSqlSafe(add))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
