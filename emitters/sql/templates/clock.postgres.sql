-- A hybrid logical clock for a writer that has SQL alone. Running this file again changes nothing.
--
-- The node is 8 hex digits, drawn when the clock is made. Stamps are {ms}.{counter}.{node} and order as text does.
CREATE TABLE IF NOT EXISTS sync_clock (
    one BOOLEAN PRIMARY KEY DEFAULT true CHECK (one),
    node TEXT NOT NULL DEFAULT substr(md5(gen_random_uuid()::text), 1, 8) CHECK (node ~ '^[0-9a-f]{8}$'),
    ms BIGINT NOT NULL DEFAULT 0,
    counter INTEGER NOT NULL DEFAULT 0
);
INSERT INTO sync_clock DEFAULT VALUES ON CONFLICT (one) DO NOTHING;

-- The counter carries into the milliseconds past 99999.
CREATE OR REPLACE FUNCTION sync_clock_set(to_ms bigint, to_counter integer) RETURNS text
LANGUAGE sql AS $$
  UPDATE sync_clock SET
    ms = least(CASE WHEN to_counter > 99999 THEN to_ms + 1 ELSE to_ms END, 999999999999999),
    counter = CASE WHEN to_counter > 99999 THEN 0 ELSE to_counter END
  RETURNING lpad(ms::text, 15, '0') || '.' || lpad(counter::text, 5, '0') || '.' || node
$$;

-- The next stamp, above all that this clock gave or took in. `wall`: Unix milliseconds.
CREATE OR REPLACE FUNCTION sync_clock_now(
  wall bigint DEFAULT (extract(epoch FROM clock_timestamp()) * 1000)::bigint
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  own sync_clock;
BEGIN
  SELECT * INTO STRICT own FROM sync_clock FOR UPDATE;
  IF wall > own.ms THEN
    RETURN sync_clock_set(wall, 0);
  END IF;
  RETURN sync_clock_set(own.ms, own.counter + 1);
END
$$;

-- Takes in a stamp of another node. Raises `invalid_timestamp`, or `clock_drift` where it is more than `max_drift`
-- milliseconds ahead of the wall; the clock has not changed then. A `max_drift` of null checks nothing.
CREATE OR REPLACE FUNCTION sync_clock_receive(wall bigint, remote text, max_drift bigint DEFAULT 60000) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  own sync_clock;
  their_ms bigint;
  their_counter integer;
  next_ms bigint;
BEGIN
  IF remote !~ '^[0-9]{15}\.[0-9]{5}\.[0-9a-f]{8}$' OR remote ~ '\n' THEN
    RAISE EXCEPTION 'invalid_timestamp';
  END IF;
  their_ms := substr(remote, 1, 15)::bigint;
  their_counter := substr(remote, 17, 5)::integer;
  IF their_ms > wall + max_drift THEN
    RAISE EXCEPTION 'clock_drift';
  END IF;
  SELECT * INTO STRICT own FROM sync_clock FOR UPDATE;
  next_ms := greatest(own.ms, their_ms, least(wall, 999999999999999));
  PERFORM sync_clock_set(next_ms, CASE
    WHEN next_ms = own.ms AND next_ms = their_ms THEN greatest(own.counter, their_counter) + 1
    WHEN next_ms = own.ms THEN own.counter + 1
    WHEN next_ms = their_ms THEN their_counter + 1
    ELSE 0
  END);
END
$$;
