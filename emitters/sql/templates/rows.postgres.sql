{{ rows.doc }}{% if rows.doc %}
--
{% endif %}
-- On a device: read and write the view {{ rows.view }} as if it were a table.

-- What the server has said. Only what follows its stream writes here.
CREATE TABLE IF NOT EXISTS {{ rows.synced }} (
    {{ rows.id.name }} {{ rows.id.ty }} PRIMARY KEY,
{% for field in rows.fields %}
{{ field.doc }}    {{ field.name }} {{ field.ty }},
{% endfor %}
    -- The last transaction of each field.
    field_tx jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(field_tx) = 'object'),
    -- The position in the server's log up to which the row holds every change.
    _seq bigint NOT NULL DEFAULT 0
);

DROP VIEW IF EXISTS {{ rows.view }};
DROP VIEW IF EXISTS {{ rows.local }};

-- This device's unconfirmed edits, as the outbox has them: the changed columns, and for each the write that set it. What is
-- asked of one row goes down to the row's own writes.
CREATE VIEW {{ rows.local }} AS
SELECT
  touched.row_id{{ rows.id.cast }} AS {{ rows.id.name }},
{% for field in rows.fields if field.filled == "writable" %}
  {{ field.patched }} AS {{ field.name }},
{% endfor %}
  change.patch AS _patch,
  change.write_ids AS _write_ids,
  (SELECT write_id FROM _changes WHERE id = touched.last_id) AS _write_id,
  touched.deleted_at = touched.last_id AS is_deleted,
  touched.inserted_at > touched.deleted_at AS is_insert,
  touched.inserted_at > touched.deleted_at AND touched.deleted_at > 0 AS is_replaced,
  (SELECT created_at FROM _changes WHERE id = touched.inserted_at) AS _inserted_at
FROM (
  SELECT
    row_id,
    max(id) AS last_id,
    coalesce(max(id) FILTER (WHERE operation = 'delete'), 0) AS deleted_at,
    coalesce(max(id) FILTER (WHERE operation = 'insert'), 0) AS inserted_at
  FROM _changes
  WHERE table_name = {{ rows.entity }} AND status IN ('pending', 'sent', 'conflicted')
  GROUP BY row_id
) AS touched
CROSS JOIN LATERAL (
  SELECT
    coalesce(jsonb_object_agg(key, value), '{}') AS patch,
    coalesce(jsonb_object_agg(key, write_id), '{}') AS write_ids
  FROM (
    -- The newest value of each field since the row was last deleted.
    SELECT DISTINCT ON (field.key) field.key, field.value, write.write_id
    FROM _changes AS write
    CROSS JOIN LATERAL jsonb_each(write.value) AS field
    WHERE write.table_name = {{ rows.entity }} AND write.row_id = touched.row_id
      AND write.status IN ('pending', 'sent', 'conflicted') AND write.id > touched.deleted_at
    ORDER BY field.key, write.id DESC
  ) AS newest
) AS change;

CREATE VIEW {{ rows.view }} AS
SELECT
  synced.{{ rows.id.name }} AS {{ rows.id.name }},
{% for field in rows.fields %}
{% if field.filled == "writable" %}
  CASE WHEN local._patch ? {{ field.key }} THEN local.{{ field.name }} ELSE synced.{{ field.name }} END AS {{ field.name }},
{% else %}
  synced.{{ field.name }} AS {{ field.name }},
{% endif %}
{% endfor %}
  local._write_id IS NOT NULL AS _has_local_changes,
  local._write_id AS _pending_write_id
FROM {{ rows.synced }} AS synced
LEFT JOIN {{ rows.local }} AS local ON local.{{ rows.id.name }} = synced.{{ rows.id.name }}
WHERE NOT coalesce(local.is_deleted OR local.is_replaced, false)
UNION ALL
-- Rows that this device has made; what was left out is shown as it will be.
SELECT
  local.{{ rows.id.name }},
{% for field in rows.fields %}
{% if field.filled == "created_at" or field.filled == "updated_at" %}
  local._inserted_at,
{% elif field.filled == "writable" %}
  CASE WHEN local._patch ? {{ field.key }} THEN local.{{ field.name }} ELSE {{ field.default }} END,
{% else %}
  {{ field.default }},
{% endif %}
{% endfor %}
  true,
  local._write_id
FROM {{ rows.local }} AS local
WHERE local.is_insert AND NOT local.is_deleted
  AND (local.is_replaced OR NOT EXISTS (SELECT 1 FROM {{ rows.synced }} AS synced WHERE synced.{{ rows.id.name }} = local.{{ rows.id.name }}));

CREATE OR REPLACE FUNCTION {{ rows.write }}() RETURNS trigger LANGUAGE plpgsql AS $write$
DECLARE
  synced_tx jsonb;
  changed jsonb := '{}';
  wanted jsonb := '{}';
  origins jsonb := '{}';
  field record;
  earlier record;
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.{{ rows.id.name }} := coalesce(NEW.{{ rows.id.name }}, {{ rows.id.drawn }});
    IF NEW.{{ rows.id.name }} IS NULL THEN
      RAISE not_null_violation USING MESSAGE = {{ rows.id.null_message }};
    END IF;
    IF EXISTS (SELECT 1 FROM {{ rows.view }} WHERE {{ rows.id.name }} = NEW.{{ rows.id.name }}) THEN
      RAISE unique_violation USING MESSAGE = {{ rows.id.taken_message }};
    END IF;
{% for field in rows.fields if field.required %}
    IF NEW.{{ field.name }} IS NULL THEN
      RAISE not_null_violation USING MESSAGE = {{ field.null_message }};
    END IF;
{% endfor %}
{% for field in rows.fields if field.filled == "writable" %}
    IF NEW.{{ field.name }} IS NOT NULL THEN
      changed := changed || jsonb_build_object({{ field.key }}, {{ field.new }});
    END IF;
{% endfor %}
    INSERT INTO _changes (table_name, row_id, operation, value)
    VALUES ({{ rows.entity }}, NEW.{{ rows.id.name }}, 'insert', changed);
    RETURN NEW;
  END IF;

  SELECT field_tx INTO synced_tx FROM {{ rows.synced }} WHERE {{ rows.id.name }} = OLD.{{ rows.id.name }};
  IF TG_OP = 'DELETE' THEN
    SELECT jsonb_build_object('*', max(entry.value)) INTO wanted
    FROM jsonb_each_text(coalesce(synced_tx, '{}')) AS entry;
  ELSE
    IF {{ rows.id.differs }} THEN
      RAISE EXCEPTION USING MESSAGE = {{ rows.id.fixed_message }};
    END IF;
{% for field in rows.fields %}
{% if field.filled != "writable" %}
    IF {{ field.differs }} THEN
      RAISE EXCEPTION USING MESSAGE = {{ field.fixed_message }};
    END IF;
{% else %}
    IF {{ field.differs }} THEN
{% if not field.nullable %}
      IF NEW.{{ field.name }} IS NULL THEN
        RAISE not_null_violation USING MESSAGE = {{ field.null_message }};
      END IF;
{% endif %}
      changed := changed || jsonb_build_object({{ field.key }}, {{ field.new }});
      wanted := wanted || jsonb_build_object({{ field.key }}, synced_tx -> {{ field.key }});
    END IF;
{% endif %}
{% endfor %}
    IF changed = '{}' THEN
      RETURN NEW;
    END IF;
  END IF;

  -- What this device itself has written and not had confirmed is what it was based on.
  FOR field IN SELECT key FROM jsonb_each(wanted) LOOP
    SELECT write_id, transaction_id INTO earlier FROM _changes
    WHERE table_name = {{ rows.entity }} AND row_id = OLD.{{ rows.id.name }}::text AND status IN ('pending', 'sent', 'conflicted')
      AND (field.key = '*' OR operation = 'insert' OR value ? field.key)
    ORDER BY id DESC LIMIT 1;
    IF NOT FOUND THEN
      CONTINUE;
    ELSIF earlier.transaction_id IS NULL THEN
      origins := origins || jsonb_build_object(field.key, earlier.write_id);
    ELSE
      wanted := wanted || jsonb_build_object(field.key, earlier.transaction_id);
    END IF;
  END LOOP;
  INSERT INTO _changes (table_name, row_id, operation, value, expected, based_on)
  VALUES ({{ rows.entity }}, OLD.{{ rows.id.name }}, lower(TG_OP), changed, wanted, origins);
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$write$;
CREATE TRIGGER {{ rows.write }} INSTEAD OF INSERT OR UPDATE OR DELETE ON {{ rows.view }}
FOR EACH ROW EXECUTE FUNCTION {{ rows.write }}();
