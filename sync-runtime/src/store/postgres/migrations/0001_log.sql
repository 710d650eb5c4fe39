CREATE TABLE IF NOT EXISTS sync_migrations (
    version INTEGER PRIMARY KEY,
    applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS sync_meta (
    key TEXT PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);
INSERT INTO sync_meta (key, value) VALUES ('epoch', substr(md5(gen_random_uuid()::text), 1, 8)) ON CONFLICT (key) DO NOTHING;

-- Payloads are JSON, not JSONB: what comes back is what was taken, to the last digit.
CREATE TABLE IF NOT EXISTS sync_events (
    tenant_id TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    id UUID NOT NULL,
    entity_type TEXT COLLATE "C" NOT NULL,
    entity_id TEXT COLLATE "C" NOT NULL,
    event_type TEXT NOT NULL,
    payload JSON NOT NULL,
    timestamp TEXT COLLATE "C" NOT NULL,
    schema_version INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    -- Null where it is the id, as it is for most: one index less to keep.
    idempotency_key TEXT COLLATE "C",
    received_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
CREATE UNIQUE INDEX IF NOT EXISTS sync_events_id ON sync_events (tenant_id, id);
CREATE UNIQUE INDEX IF NOT EXISTS sync_events_key ON sync_events (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS sync_events_entity ON sync_events (tenant_id, entity_type, entity_id, timestamp, id);

CREATE TABLE IF NOT EXISTS sync_snapshots (
    tenant_id TEXT COLLATE "C" NOT NULL,
    entity_type TEXT COLLATE "C" NOT NULL,
    entity_id TEXT COLLATE "C" NOT NULL,
    last_hlc TEXT COLLATE "C" NOT NULL,
    last_event_id UUID NOT NULL,
    event_count BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    schema_version INTEGER NOT NULL,
    phase TEXT NOT NULL,
    state JSON,
    PRIMARY KEY (tenant_id, entity_type, entity_id, last_hlc, last_event_id)
);
