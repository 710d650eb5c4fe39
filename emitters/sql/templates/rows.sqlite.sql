{{ rows.doc }}{% if rows.doc %}
--
{% endif %}
-- On a device: read and write the view {{ rows.view }} as if it were a table.

-- What the server has said. Only what follows its stream writes here.
CREATE TABLE IF NOT EXISTS {{ rows.synced }} (
    {{ rows.id.name }} {{ rows.id.ty }} PRIMARY KEY NOT NULL,
{% for field in rows.fields %}
{{ field.doc }}    {{ field.name }} {{ field.ty }},
{% endfor %}
    -- The last transaction of each field.
    field_tx TEXT NOT NULL DEFAULT '{}' CHECK (json_type(field_tx) = 'object'),
    -- The position in the server's log up to which the row holds every change.
    _seq INTEGER NOT NULL DEFAULT 0
) STRICT;

DROP VIEW IF EXISTS {{ rows.view }};
DROP VIEW IF EXISTS {{ rows.local }};

-- This device's unconfirmed edits, as the outbox has them: the changed columns, and for each the write that set it.
CREATE VIEW {{ rows.local }} AS
WITH active AS (
  SELECT * FROM _changes WHERE table_name = {{ rows.entity }} AND status IN ('pending', 'sent', 'conflicted')
),
touched AS (
  SELECT
    row_id,
    max(id) AS last_id,
    max(iif(operation = 'delete', id, 0)) AS deleted_at,
    max(iif(operation = 'insert', id, 0)) AS inserted_at
  FROM active
  GROUP BY row_id
),
-- The newest value of each field since the row was last deleted; SQLite takes all of it from the row of the maximum.
newest AS (
  SELECT active.row_id, field.key, active.value -> field.fullkey AS value, active.write_id, max(active.id) AS id
  FROM active
  JOIN touched ON touched.row_id = active.row_id AND active.id > touched.deleted_at
  JOIN json_each(active.value) AS field
  GROUP BY active.row_id, field.key
),
change AS (
  SELECT
    touched.row_id,
    coalesce(
      (SELECT json_group_object(key, json(value)) FROM newest WHERE newest.row_id = touched.row_id), '{}'
    ) AS patch,
    coalesce(
      (SELECT json_group_object(key, write_id) FROM newest WHERE newest.row_id = touched.row_id), '{}'
    ) AS write_ids,
    touched.deleted_at = touched.last_id AS is_deleted,
    touched.inserted_at > touched.deleted_at AS is_insert,
    touched.inserted_at > touched.deleted_at AND touched.deleted_at > 0 AS is_replaced,
    (SELECT write_id FROM _changes WHERE id = touched.last_id) AS write_id,
    (SELECT created_at FROM _changes WHERE id = touched.inserted_at) AS inserted_at
  FROM touched
)
SELECT
  row_id AS {{ rows.id.name }},
{% for field in rows.fields if field.filled == "writable" %}
  {{ field.patched }} AS {{ field.name }},
{% endfor %}
  patch AS _patch,
  write_ids AS _write_ids,
  write_id AS _write_id,
  is_deleted,
  is_insert,
  is_replaced,
  inserted_at AS _inserted_at
FROM change;

CREATE VIEW {{ rows.view }} AS
SELECT
  synced.{{ rows.id.name }} AS {{ rows.id.name }},
{% for field in rows.fields %}
{% if field.filled == "writable" %}
  iif(json_type(local._patch, {{ field.path }}) IS NULL, synced.{{ field.name }}, local.{{ field.name }}) AS {{ field.name }},
{% else %}
  synced.{{ field.name }} AS {{ field.name }},
{% endif %}
{% endfor %}
  local._write_id IS NOT NULL AS _has_local_changes,
  local._write_id AS _pending_write_id
FROM {{ rows.synced }} AS synced
LEFT JOIN {{ rows.local }} AS local ON local.{{ rows.id.name }} = synced.{{ rows.id.name }}
WHERE NOT coalesce(local.is_deleted OR local.is_replaced, 0)
UNION ALL
-- Rows that this device has made; what was left out is shown as it will be.
SELECT
  local.{{ rows.id.name }},
{% for field in rows.fields %}
{% if field.filled == "created_at" or field.filled == "updated_at" %}
  local._inserted_at,
{% elif field.filled == "writable" %}
  iif(json_type(local._patch, {{ field.path }}) IS NULL, {{ field.default }}, local.{{ field.name }}),
{% else %}
  {{ field.default }},
{% endif %}
{% endfor %}
  1,
  local._write_id
FROM {{ rows.local }} AS local
WHERE local.is_insert AND NOT local.is_deleted
  AND (local.is_replaced OR NOT EXISTS (SELECT 1 FROM {{ rows.synced }} AS synced WHERE synced.{{ rows.id.name }} = local.{{ rows.id.name }}));

CREATE TRIGGER {{ rows.insert }} INSTEAD OF INSERT ON {{ rows.view }}
BEGIN
{% if rows.id.drawn == "NULL" %}
  SELECT raise(ABORT, {{ rows.id.null_message }}) WHERE NEW.{{ rows.id.name }} IS NULL;
{% endif %}
  SELECT raise(ABORT, {{ rows.id.taken_message }})
  WHERE EXISTS (SELECT 1 FROM {{ rows.view }} WHERE {{ rows.id.name }} = NEW.{{ rows.id.name }});
{% for field in rows.fields if field.required %}
  SELECT raise(ABORT, {{ field.null_message }}) WHERE NEW.{{ field.name }} IS NULL;
{% endfor %}
  INSERT INTO _changes (table_name, row_id, operation, value)
  SELECT {{ rows.entity }}, coalesce(NEW.{{ rows.id.name }}, {{ rows.id.drawn }}), 'insert', json_group_object(key, json(value))
  FROM (
{% for field in rows.fields if field.filled == "writable" %}
    {{ "UNION ALL " if not loop.first else "" }}SELECT {{ field.key }} AS key, {{ field.new }} AS value WHERE NEW.{{ field.name }} IS NOT NULL
{% endfor %}
  );
END;

CREATE TRIGGER {{ rows.update }} INSTEAD OF UPDATE ON {{ rows.view }}
BEGIN
  SELECT raise(ABORT, {{ rows.id.fixed_message }}) WHERE {{ rows.id.differs }};
{% for field in rows.fields %}
{% if field.filled != "writable" %}
  SELECT raise(ABORT, {{ field.fixed_message }}) WHERE {{ field.differs }};
{% elif not field.nullable %}
  SELECT raise(ABORT, {{ field.null_message }}) WHERE NEW.{{ field.name }} IS NULL AND OLD.{{ field.name }} IS NOT NULL;
{% endif %}
{% endfor %}
  INSERT INTO _changes (table_name, row_id, operation, value, expected, based_on)
  SELECT {{ rows.entity }}, OLD.{{ rows.id.name }}, 'update', value, expected, based_on
  FROM (
    SELECT
      count(*) AS count,
      json_group_object(changed.key, json(changed.value)) AS value,
      json_group_object(changed.key, coalesce(
        earlier.transaction_id,
        (SELECT field_tx ->> changed.path FROM {{ rows.synced }} WHERE {{ rows.id.name }} = OLD.{{ rows.id.name }})
      )) AS expected,
      json_group_object(changed.key, earlier.write_id)
        FILTER (WHERE earlier.id IS NOT NULL AND earlier.transaction_id IS NULL) AS based_on
    FROM (
{% for field in rows.fields if field.filled == "writable" %}
      {{ "UNION ALL " if not loop.first else "" }}SELECT {{ field.key }} AS key, {{ field.path }} AS path, {{ field.new }} AS value WHERE {{ field.differs }}
{% endfor %}
    ) AS changed
    -- The newest of this device's own writes that set the field.
    LEFT JOIN _changes AS earlier ON earlier.id = (
      SELECT max(id) FROM _changes
      WHERE table_name = {{ rows.entity }} AND row_id = OLD.{{ rows.id.name }} AND status IN ('pending', 'sent', 'conflicted')
        AND (operation = 'insert' OR json_type(value, changed.path) IS NOT NULL)
    )
  )
  WHERE count > 0;
END;

CREATE TRIGGER {{ rows.delete }} INSTEAD OF DELETE ON {{ rows.view }}
BEGIN
  INSERT INTO _changes (table_name, row_id, operation, value, expected, based_on)
  SELECT
    {{ rows.entity }}, OLD.{{ rows.id.name }}, 'delete', '{}',
    json_object('*', coalesce(
      earlier.transaction_id,
      (
        SELECT max(field.value) FROM {{ rows.synced }} AS synced
        JOIN json_each(synced.field_tx) AS field
        WHERE synced.{{ rows.id.name }} = OLD.{{ rows.id.name }}
      )
    )),
    iif(earlier.id IS NOT NULL AND earlier.transaction_id IS NULL, json_object('*', earlier.write_id), '{}')
  FROM (SELECT 1)
  LEFT JOIN _changes AS earlier ON earlier.id = (
    SELECT max(id) FROM _changes
    WHERE table_name = {{ rows.entity }} AND row_id = OLD.{{ rows.id.name }} AND status IN ('pending', 'sent', 'conflicted')
  );
END;
