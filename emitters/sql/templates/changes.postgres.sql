-- The outbox of a device's rows, and where its stream stands. Running this file again changes nothing.

-- The writes of this device, in their order. A write is `pending`, then `sent`, then `confirmed` once the stream has
-- reached the position of the server's answer; or `failed`, or `conflicted` and waiting. What is not finished lies over
-- what the server has said. To roll a write back, delete its row or mark it failed.
CREATE TABLE IF NOT EXISTS _changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text NOT NULL,
    row_id text COLLATE "C" NOT NULL,
    operation text NOT NULL CHECK (operation IN ('insert', 'update', 'delete')),
    -- The changed fields, as the wire has them.
    value jsonb NOT NULL CHECK (jsonb_typeof(value) = 'object'),
    -- The transaction that each field was based on; of a delete that of the row, under "*".
    expected jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(expected) = 'object'),
    -- For each of these the earlier write of this device that it was based on, whose transaction it will be.
    based_on jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(based_on) = 'object'),
    -- The newest transaction of the row when the write was made: what a delete that takes its place is based on.
    base text,
    -- The id of the event that the write is sent as.
    write_id text NOT NULL UNIQUE DEFAULT gen_random_uuid()::text,
    -- Set in the order of this table before the write is first sent.
    transaction_id text UNIQUE,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'confirmed', 'failed', 'conflicted')),
    -- The log position in the server's answer.
    answered_seq bigint,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    conflict jsonb,
    created_at text NOT NULL DEFAULT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
);
CREATE INDEX IF NOT EXISTS _changes_row ON _changes (table_name, row_id, id);
CREATE INDEX IF NOT EXISTS _changes_status ON _changes (status, id);

-- Where the stream of a tenant stands; moved in the transaction that stores what it brought.
CREATE TABLE IF NOT EXISTS _cursor (
    tenant_id text PRIMARY KEY,
    cursor text NOT NULL,
    seq bigint NOT NULL
);

-- What later writes were based on gets its name.
CREATE OR REPLACE FUNCTION _changes_named() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE _changes SET expected = (
    SELECT jsonb_object_agg(
      entry.key, CASE WHEN based_on ->> entry.key = NEW.write_id THEN to_jsonb(NEW.transaction_id) ELSE entry.value END
    )
    FROM jsonb_each(expected) AS entry
  )
  WHERE table_name = NEW.table_name AND row_id = NEW.row_id AND id > NEW.id
    AND EXISTS (SELECT 1 FROM jsonb_each_text(based_on) AS origin WHERE origin.value = NEW.write_id);
  RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER _changes_named AFTER UPDATE OF transaction_id ON _changes
FOR EACH ROW WHEN (NEW.transaction_id IS DISTINCT FROM OLD.transaction_id) EXECUTE FUNCTION _changes_named();

-- An answer comes to where the stream is already: the write no longer lies over what it brought.
CREATE OR REPLACE FUNCTION _changes_answered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE _changes SET status = 'confirmed' WHERE id = NEW.id AND NEW.answered_seq <= (SELECT max(seq) FROM _cursor);
  RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER _changes_answered AFTER UPDATE OF answered_seq ON _changes
FOR EACH ROW WHEN (NEW.status = 'sent') EXECUTE FUNCTION _changes_answered();

-- The stream has reached an answer: the same. Of finished writes the last 1,000 stay.
CREATE OR REPLACE FUNCTION _cursor_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE _changes SET status = 'confirmed' WHERE status = 'sent' AND answered_seq <= NEW.seq;
  DELETE FROM _changes WHERE status IN ('confirmed', 'failed') AND id <= (
    SELECT id FROM _changes WHERE status IN ('confirmed', 'failed') ORDER BY id DESC LIMIT 1 OFFSET 1000
  );
  RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER _cursor_moves AFTER INSERT OR UPDATE ON _cursor
FOR EACH ROW EXECUTE FUNCTION _cursor_moves();
