{#- What is not finished of one row, as an array of one object; nothing where all is. `names`: with the write of each field. -#}
{%- macro overlay(row, names=false) -%}
(
  SELECT json_array(json_object(
    'patch', json(coalesce((
      SELECT json_group_object(key, json(value)) FROM (
        -- The newest value since the row was last deleted; SQLite takes all of it from the row of the maximum.
        SELECT field.key, write.value -> field.fullkey AS value, max(write.id)
        FROM _changes AS write JOIN json_each(write.value) AS field
        WHERE write.table_name = {{ rows.entity }} AND write.row_id = {{ row }}
          AND write.status IN ('pending', 'sent', 'conflicted') AND write.id > last.deleted_at
        GROUP BY field.key
      )
    ), '{}')),
{% if names %}
    'write_ids', json(coalesce((
      SELECT json_group_object(key, write_id) FROM (
        SELECT field.key, write.write_id, max(write.id)
        FROM _changes AS write JOIN json_each(write.value) AS field
        WHERE write.table_name = {{ rows.entity }} AND write.row_id = {{ row }}
          AND write.status IN ('pending', 'sent', 'conflicted') AND write.id > last.deleted_at
        GROUP BY field.key
      )
    ), '{}')),
{% endif %}
    'write_id', (SELECT write_id FROM _changes WHERE id = last.id),
    'is_deleted', last.deleted_at = last.id,
    'is_insert', last.inserted_at > last.deleted_at,
    'is_replaced', last.inserted_at > last.deleted_at AND last.deleted_at > 0,
    'inserted_at', (SELECT created_at FROM _changes WHERE id = last.inserted_at)
  ))
  FROM (
    SELECT
      max(id) AS id,
      max(iif(operation = 'delete', id, 0)) AS deleted_at,
      max(iif(operation = 'insert', id, 0)) AS inserted_at
    FROM _changes
    WHERE table_name = {{ rows.entity }} AND row_id = {{ row }} AND status IN ('pending', 'sent', 'conflicted')
  ) AS last
  WHERE last.id IS NOT NULL
)
{%- endmacro -%}
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
SELECT
  touched.row_id AS {{ rows.id.name }},
{% for field in rows.fields if field.filled == "writable" %}
  {{ field.overlaid }} AS {{ field.name }},
{% endfor %}
  change.value -> '$.patch' AS _patch,
  change.value -> '$.write_ids' AS _write_ids,
  change.value ->> '$.write_id' AS _write_id,
  change.value ->> '$.is_deleted' AS is_deleted,
  change.value ->> '$.is_insert' AS is_insert,
  change.value ->> '$.is_replaced' AS is_replaced,
  change.value ->> '$.inserted_at' AS _inserted_at
FROM (
  SELECT DISTINCT row_id FROM _changes WHERE table_name = {{ rows.entity }} AND status IN ('pending', 'sent', 'conflicted')
) AS touched
JOIN json_each({{ overlay("touched.row_id", names=true) }}) AS change;

-- Each row is asked for its own edits alone, so that to read one does not cost what all that wait do.
CREATE VIEW {{ rows.view }} AS
SELECT
  synced.{{ rows.id.name }} AS {{ rows.id.name }},
{% for field in rows.fields %}
{% if field.filled == "writable" %}
  iif(json_type(change.value -> '$.patch', {{ field.path }}) IS NULL, synced.{{ field.name }}, {{ field.overlaid }}) AS {{ field.name }},
{% else %}
  synced.{{ field.name }} AS {{ field.name }},
{% endif %}
{% endfor %}
  change.value IS NOT NULL AS _has_local_changes,
  change.value ->> '$.write_id' AS _pending_write_id
FROM {{ rows.synced }} AS synced
LEFT JOIN json_each({{ overlay("CAST(synced." ~ rows.id.name ~ " AS TEXT)") }}) AS change
WHERE NOT coalesce(change.value ->> '$.is_deleted' OR change.value ->> '$.is_replaced', 0)
UNION ALL
-- Rows that this device has made; what was left out is shown as it will be. Both parts say of what type a column is:
-- else a query's order and limit do not reach the table's index.
SELECT
  made.row_id,
{% for field in rows.fields %}
{% if field.filled == "created_at" or field.filled == "updated_at" %}
  CAST(change.value ->> '$.inserted_at' AS TEXT),
{% elif field.filled == "writable" %}
  iif(json_type(change.value -> '$.patch', {{ field.path }}) IS NULL, {{ field.default }}, {{ field.overlaid }}),
{% else %}
  {{ field.default }},
{% endif %}
{% endfor %}
  1,
  change.value ->> '$.write_id'
FROM (
  SELECT DISTINCT row_id FROM _changes
  WHERE table_name = {{ rows.entity }} AND status IN ('pending', 'sent', 'conflicted') AND operation = 'insert'
) AS made
JOIN json_each({{ overlay("made.row_id") }}) AS change
WHERE change.value ->> '$.is_insert' AND NOT change.value ->> '$.is_deleted'
  AND (
    change.value ->> '$.is_replaced'
    OR NOT EXISTS (SELECT 1 FROM {{ rows.synced }} AS synced WHERE synced.{{ rows.id.name }} = made.row_id)
  );

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
