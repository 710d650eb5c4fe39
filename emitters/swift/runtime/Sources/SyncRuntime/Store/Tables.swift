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
      -- of an accepted one: its position is at most this
      head INTEGER,
      -- 0 synced, 1 accepted, 2 pending, 3 rejected, 4 blocked
      status INTEGER NOT NULL,
      -- whether it ever left the device
      sent INTEGER NOT NULL DEFAULT 0,
      -- what was added to this device's clock when it was stamped, in milliseconds
      clock_offset INTEGER NOT NULL DEFAULT 0,
      code TEXT,
      reason TEXT,
      recorded INTEGER NOT NULL,
      -- recorded here, and whether it did something then
      own INTEGER NOT NULL DEFAULT 0,
      did INTEGER NOT NULL DEFAULT 0,
      -- whether it does something now, and whether this version can read it
      applied INTEGER NOT NULL DEFAULT 0,
      readable INTEGER NOT NULL DEFAULT 1
    ) WITHOUT ROWID;
    CREATE INDEX events_by_place ON events (entity_type, entity_id, stamp, id);
    CREATE INDEX events_pending ON events (stamp, id, recorded) WHERE status = 2;
    CREATE INDEX events_rejected ON events (stamp, id) WHERE status = 3;
    CREATE INDEX events_overtaken ON events (stamp, id)
      WHERE own = 1 AND did = 1 AND applied = 0 AND readable = 1 AND status < 3;
    CREATE INDEX events_unreadable ON events (entity_type) WHERE readable = 0;
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
    -- entities whose snapshot the server has yet to be asked for
    CREATE TABLE stale (
      entity_type TEXT NOT NULL,
      entity_id TEXT NOT NULL,
      PRIMARY KEY (entity_type, entity_id)
    ) WITHOUT ROWID;
    """,
    """
    -- 1: what it holds was dropped from the log, so that it is no cache any more
    ALTER TABLE snapshots ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;
    """,
  ]
}
