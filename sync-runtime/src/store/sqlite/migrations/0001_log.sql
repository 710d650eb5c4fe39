-- Tables of before the versions were counted are left as they are.
CREATE TABLE IF NOT EXISTS sync_migrations (
    version INTEGER PRIMARY KEY,
    applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) STRICT;

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

INSERT INTO sync_meta (key, value) VALUES ('epoch', lower(hex(randomblob(4)))) ON CONFLICT (key) DO NOTHING;
