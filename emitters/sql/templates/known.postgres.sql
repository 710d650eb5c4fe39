SELECT {{ rows.id.name }}::text AS id, _seq, field_tx::text AS field_tx
FROM {{ rows.synced }} WHERE {{ rows.id.name }} IN (SELECT value{{ rows.id.cast }} FROM jsonb_array_elements_text($1::jsonb))
