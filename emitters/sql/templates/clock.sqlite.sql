-- A hybrid logical clock for a writer that has SQL alone. Running this file again changes nothing.
--
-- The node is 8 hex digits, drawn when the clock is made. Stamps are {ms}.{counter}.{node} and order as text does.
CREATE TABLE IF NOT EXISTS sync_clock (
    one INTEGER PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    node TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)))) CHECK (length(node) = 8 AND node NOT GLOB '*[^0-9a-f]*'),
    ms INTEGER NOT NULL DEFAULT 0,
    counter INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO sync_clock (one) VALUES (1) ON CONFLICT (one) DO NOTHING;

-- The counter carries into the milliseconds past 99999.
DROP TRIGGER IF EXISTS sync_clock_carry;
CREATE TRIGGER sync_clock_carry AFTER UPDATE ON sync_clock WHEN NEW.counter > 99999
BEGIN
  UPDATE sync_clock SET ms = min(NEW.ms + 1, 999999999999999), counter = 0;
END;

-- `INSERT INTO sync_clock_now (wall) VALUES (…)` moves the clock on; `SELECT stamp FROM sync_clock_now` gives the stamp
-- that it has then reached, above all that it gave or took in. `wall`: Unix milliseconds.
DROP VIEW IF EXISTS sync_clock_now;
CREATE VIEW sync_clock_now AS
SELECT ms AS wall, printf('%015d.%05d.%s', ms, counter, node) AS stamp FROM sync_clock;
CREATE TRIGGER sync_clock_tick INSTEAD OF INSERT ON sync_clock_now
BEGIN
  UPDATE sync_clock SET
    ms = max(ms, min(NEW.wall, 999999999999999)),
    counter = iif(NEW.wall > ms, 0, counter + 1);
END;

-- `INSERT INTO sync_clock_receive (wall, remote, max_drift) VALUES (…)` takes in a stamp of another node. Fails with
-- `invalid_timestamp`, or with `clock_drift` where it is more than `max_drift` milliseconds ahead of the wall; the clock
-- has not changed then. A `max_drift` of null checks nothing.
DROP VIEW IF EXISTS sync_clock_receive;
CREATE VIEW sync_clock_receive AS
SELECT ms AS wall, '' AS remote, 60000 AS max_drift FROM sync_clock;
CREATE TRIGGER sync_clock_take INSTEAD OF INSERT ON sync_clock_receive
BEGIN
  SELECT raise(ABORT, 'invalid_timestamp')
  WHERE coalesce(length(NEW.remote), 0) <> 30
    OR NEW.remote NOT GLOB '[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9].[0-9][0-9][0-9][0-9][0-9].[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]';
  SELECT raise(ABORT, 'clock_drift')
  WHERE CAST(substr(NEW.remote, 1, 15) AS INTEGER) > NEW.wall + NEW.max_drift;
  UPDATE sync_clock SET (ms, counter) = (
    SELECT next, CASE
      WHEN next = own.ms AND next = theirs.ms THEN max(own.counter, theirs.counter) + 1
      WHEN next = own.ms THEN own.counter + 1
      WHEN next = theirs.ms THEN theirs.counter + 1
      ELSE 0
    END
    FROM (
      SELECT max(sync_clock.ms, CAST(substr(NEW.remote, 1, 15) AS INTEGER), min(NEW.wall, 999999999999999)) AS next
    )
    JOIN (SELECT sync_clock.ms AS ms, sync_clock.counter AS counter) AS own
    JOIN (
      SELECT CAST(substr(NEW.remote, 1, 15) AS INTEGER) AS ms, CAST(substr(NEW.remote, 17, 5) AS INTEGER) AS counter
    ) AS theirs
  );
END;
