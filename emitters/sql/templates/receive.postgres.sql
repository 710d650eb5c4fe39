INSERT INTO {{ rows.synced }} ({{ rows.id.name }}, {% for field in rows.fields %}{{ field.name }}, {% endfor %}field_tx, _seq)
SELECT
  change.id,
{% for field in rows.fields %}
  CASE WHEN change.patch ? {{ field.key }} THEN {{ field.patched }} WHEN change.whole THEN {{ field.default }} ELSE synced.{{ field.name }} END,
{% endfor %}
  CASE WHEN change.whole THEN change.tx ELSE synced.field_tx || change.tx END,
  change.seq
FROM (
  SELECT (value ->> 'id'){{ rows.id.cast }} AS id, value -> 'patch' AS patch, value -> 'tx' AS tx, (value -> 'whole')::boolean AS whole, (value ->> 'seq')::bigint AS seq
  FROM jsonb_array_elements($1::jsonb)
) AS change
LEFT JOIN {{ rows.synced }} AS synced ON synced.{{ rows.id.name }} = change.id
WHERE change.whole OR synced.{{ rows.id.name }} IS NOT NULL
ON CONFLICT ({{ rows.id.name }}) DO UPDATE SET
{% for field in rows.fields %}
  {{ field.name }} = excluded.{{ field.name }},
{% endfor %}
  field_tx = excluded.field_tx,
  _seq = excluded._seq
