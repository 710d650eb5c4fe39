INSERT INTO {{ rows.synced }} ({{ rows.id.name }}, {% for field in rows.fields %}{{ field.name }}, {% endfor %}field_tx, _seq)
SELECT
  change.id,
{% for field in rows.fields %}
  CASE WHEN json_type(change.patch, {{ field.path }}) IS NOT NULL THEN {{ field.patched }} WHEN change.whole THEN {{ field.default }} ELSE synced.{{ field.name }} END,
{% endfor %}
  iif(change.whole, change.tx, json_patch(synced.field_tx, change.tx)),
  change.seq
FROM (
  SELECT value ->> '$.id' AS id, value -> '$.patch' AS patch, value -> '$.tx' AS tx, value ->> '$.whole' AS whole, value ->> '$.seq' AS seq
  FROM json_each($1)
) AS change
LEFT JOIN {{ rows.synced }} AS synced ON synced.{{ rows.id.name }} = change.id
WHERE change.whole OR synced.{{ rows.id.name }} IS NOT NULL
ON CONFLICT ({{ rows.id.name }}) DO UPDATE SET
{% for field in rows.fields %}
  {{ field.name }} = excluded.{{ field.name }},
{% endfor %}
  field_tx = excluded.field_tx,
  _seq = excluded._seq
