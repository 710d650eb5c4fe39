DELETE FROM {{ rows.synced }} WHERE {{ rows.id.name }} IN (SELECT value FROM json_each($1))
