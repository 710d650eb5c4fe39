DELETE FROM {{ rows.synced }} WHERE {{ rows.id.name }} IN (SELECT value{{ rows.id.cast }} FROM jsonb_array_elements_text($1::jsonb))
