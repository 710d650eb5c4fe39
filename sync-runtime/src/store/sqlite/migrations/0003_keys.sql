-- A key is null where it is the id, as it is for most: one index less to keep for each event.
CREATE TABLE sync_events_next (
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
    idempotency_key TEXT,
    received_at INTEGER NOT NULL,
    change TEXT,
    PRIMARY KEY (tenant_id, seq)
) STRICT;
INSERT INTO sync_events_next
SELECT tenant_id, seq, id, entity_type, entity_id, event_type, payload, timestamp, schema_version, user_id,
    nullif(idempotency_key, id), received_at, change
FROM sync_events;
DROP TABLE sync_events;
-- Triggers of the models write to the log by its name, which is gone for this one statement.
PRAGMA legacy_alter_table = ON;
ALTER TABLE sync_events_next RENAME TO sync_events;
PRAGMA legacy_alter_table = OFF;
CREATE UNIQUE INDEX sync_events_id ON sync_events (tenant_id, id);
CREATE UNIQUE INDEX sync_events_key ON sync_events (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX sync_events_entity ON sync_events (tenant_id, entity_type, entity_id, timestamp, id);
CREATE UNIQUE INDEX sync_events_transaction ON sync_events (tenant_id, timestamp) WHERE change IS NOT NULL;
