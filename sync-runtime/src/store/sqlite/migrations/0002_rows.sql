-- What the change of a row says beside its payload. Its stamp is its transaction's id, unique in a tenant.
ALTER TABLE sync_events ADD COLUMN change TEXT;
CREATE UNIQUE INDEX sync_events_transaction ON sync_events (tenant_id, timestamp) WHERE change IS NOT NULL;

-- The clock of changes that other programs make.
INSERT INTO sync_meta (key, value) VALUES ('node', lower(hex(randomblob(4)))) ON CONFLICT (key) DO NOTHING;
INSERT INTO sync_meta (key, value) VALUES ('newest_stamp', '000000000000000.00000.00000000') ON CONFLICT (key) DO NOTHING;
