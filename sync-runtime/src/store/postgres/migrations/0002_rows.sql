-- What the change of a row says beside its payload. Its stamp is its transaction's id, unique in a tenant.
ALTER TABLE sync_events ADD COLUMN change JSON;
CREATE UNIQUE INDEX sync_events_transaction ON sync_events (tenant_id, timestamp) WHERE change IS NOT NULL;

-- The clock of changes that other programs make.
INSERT INTO sync_meta (key, value) VALUES ('node', substr(md5(gen_random_uuid()::text), 1, 8)) ON CONFLICT (key) DO NOTHING;
