-- The time of an event, from its stamp: RFC 3339 in UTC with three decimals; years past 9999 with a sign and six digits.
CREATE OR REPLACE FUNCTION sync_event_time(stamp text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
  SELECT CASE WHEN year < 10000 THEN lpad(year::text, 4, '0') ELSE '+' || lpad(year::text, 6, '0') END
    || to_char(moment, '-MM-DD"T"HH24:MI:SS.') || substr(stamp, 13, 3) || 'Z'
  FROM (SELECT timestamp '1970-01-01' + make_interval(secs => substr(stamp, 1, 12)::bigint)) AS at (moment)
  CROSS JOIN LATERAL (SELECT extract(year FROM moment)::int) AS of (year)
);
