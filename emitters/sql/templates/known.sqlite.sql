SELECT CAST({{ rows.id.name }} AS TEXT) AS id, _seq, field_tx
FROM {{ rows.synced }} WHERE {{ rows.id.name }} IN (SELECT value FROM json_each($1))
