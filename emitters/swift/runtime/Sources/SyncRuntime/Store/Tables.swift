/// The tables of the local store. Every change of them is a step of its own behind the last one.
enum Tables {
  /// What brings a database from one version to the next.
  static let migrations: [String] = [
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE events (
      id TEXT PRIMARY KEY,
      entity_type TEXT NOT NULL,
      entity_id TEXT NOT NULL,
      name TEXT NOT NULL,
      payload TEXT NOT NULL,
      stamp TEXT NOT NULL,
      schema_version INTEGER NOT NULL,
      user_id TEXT,
      seq INTEGER,
      -- 0 synced, 1 pending, 2 rejected, 3 blocked
      status INTEGER NOT NULL,
      -- whether it ever left the device
      sent INTEGER NOT NULL DEFAULT 0,
      code TEXT,
      reason TEXT,
      recorded INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX events_by_place ON events (entity_type, entity_id, stamp, id);
    CREATE INDEX events_unsynced ON events (stamp, id) WHERE status <> 0;
    CREATE TABLE states (
      entity_type TEXT NOT NULL,
      entity_id TEXT NOT NULL,
      state TEXT,
      deleted INTEGER NOT NULL,
      stamp TEXT NOT NULL,
      event_id TEXT NOT NULL,
      folded INTEGER NOT NULL,
      schema_version INTEGER NOT NULL,
      PRIMARY KEY (entity_type, entity_id)
    ) WITHOUT ROWID;
    CREATE TABLE snapshots (
      entity_type TEXT NOT NULL,
      entity_id TEXT NOT NULL,
      stamp TEXT NOT NULL,
      event_id TEXT NOT NULL,
      state TEXT,
      deleted INTEGER NOT NULL,
      folded INTEGER NOT NULL,
      schema_version INTEGER NOT NULL,
      -- set on what the server sent: events at or below are in it
      seq INTEGER,
      PRIMARY KEY (entity_type, entity_id, stamp, event_id)
    ) WITHOUT ROWID;
    """
  ]
}
