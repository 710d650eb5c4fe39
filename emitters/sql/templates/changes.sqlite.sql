-- The outbox of a device's rows, and where its stream stands. Running this file again changes nothing.

-- The writes of this device, in their order. A write is `pending`, then `sent`, then `confirmed` once the stream has
-- reached the position of the server's answer; or `failed`, or `conflicted` and waiting. What is not finished lies over
-- what the server has said. To roll a write back, delete its row or mark it failed.
CREATE TABLE IF NOT EXISTS _changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    table_name TEXT NOT NULL,
    row_id TEXT NOT NULL,
    operation TEXT NOT NULL CHECK (operation IN ('insert', 'update', 'delete')),
    -- The changed fields, as the wire has them.
    value TEXT NOT NULL CHECK (json_type(value) = 'object'),
    -- The transaction that each field was based on; of a delete that of the row, under "*".
    expected TEXT NOT NULL DEFAULT '{}' CHECK (json_type(expected) = 'object'),
    -- For each of these the earlier write of this device that it was based on, whose transaction it will be.
    based_on TEXT NOT NULL DEFAULT '{}' CHECK (json_type(based_on) = 'object'),
    -- The newest transaction of the row when the write was made: what a delete that takes its place is based on.
    base TEXT,
    -- The id of the event that the write is sent as.
    write_id TEXT NOT NULL UNIQUE DEFAULT (
        lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
        || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))
    ),
    -- Set in the order of this table before the write is first sent.
    transaction_id TEXT UNIQUE,
    status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'confirmed', 'failed', 'conflicted')),
    -- The log position in the server's answer.
    answered_seq INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    conflict TEXT CHECK (conflict IS NULL OR json_valid(conflict)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;
CREATE INDEX IF NOT EXISTS _changes_row ON _changes (table_name, row_id, id);
CREATE INDEX IF NOT EXISTS _changes_status ON _changes (status, id);

-- Where the stream of a tenant stands; moved in the transaction that stores what it brought.
CREATE TABLE IF NOT EXISTS _cursor (
    tenant_id TEXT PRIMARY KEY,
    cursor TEXT NOT NULL,
    seq INTEGER NOT NULL
) STRICT;

-- What later writes were based on gets its name.
DROP TRIGGER IF EXISTS _changes_named;
CREATE TRIGGER _changes_named AFTER UPDATE OF transaction_id ON _changes WHEN NEW.transaction_id IS NOT OLD.transaction_id
BEGIN
  UPDATE _changes SET expected = (
    SELECT json_group_object(entry.key, iif(origin.value = NEW.write_id, NEW.transaction_id, entry.value))
    FROM json_each(_changes.expected) AS entry
    LEFT JOIN json_each(_changes.based_on) AS origin ON origin.key = entry.key
  )
  WHERE table_name = NEW.table_name AND row_id = NEW.row_id AND id > NEW.id AND based_on LIKE '%' || NEW.write_id || '%';
END;

-- An answer comes to where the stream is already: the write no longer lies over what it brought.
DROP TRIGGER IF EXISTS _changes_answered;
CREATE TRIGGER _changes_answered AFTER UPDATE OF answered_seq ON _changes
WHEN NEW.status = 'sent' AND NEW.answered_seq <= (SELECT max(seq) FROM _cursor)
BEGIN
  UPDATE _changes SET status = 'confirmed' WHERE id = NEW.id;
END;

-- The stream has reached an answer: the same. Of finished writes the last 1,000 stay.
DROP TRIGGER IF EXISTS _cursor_begins;
CREATE TRIGGER _cursor_begins AFTER INSERT ON _cursor
BEGIN
  UPDATE _changes SET status = 'confirmed' WHERE status = 'sent' AND answered_seq <= NEW.seq;
END;
DROP TRIGGER IF EXISTS _cursor_moves;
CREATE TRIGGER _cursor_moves AFTER UPDATE ON _cursor
BEGIN
  UPDATE _changes SET status = 'confirmed' WHERE status = 'sent' AND answered_seq <= NEW.seq;
  DELETE FROM _changes WHERE status IN ('confirmed', 'failed') AND id <= (
    SELECT id FROM _changes WHERE status IN ('confirmed', 'failed') ORDER BY id DESC LIMIT 1 OFFSET 1000
  );
END;
