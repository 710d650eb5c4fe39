CREATE FUNCTION sync_lock() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $sync$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'a synced table is not truncated: its rows would be gone here and stay everywhere else; use DELETE';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('syncable'), hashtext('log'));
    RETURN NULL;
END
$sync$;

CREATE FUNCTION sync_capture() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $sync$
DECLARE
    entity text := TG_ARGV[0];
    id_column text := TG_ARGV[2];
    new_row jsonb;
    old_row jsonb;
    tenant text;
    row_id text;
    action text := CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'updated' ELSE 'deleted' END;
    field text;
    about jsonb;
    value jsonb;
    payload jsonb := '{}';
    shown jsonb := '{}';
    stamps jsonb := '{}';
    changed jsonb := '[]';
    wall bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
    newest text;
    ms bigint;
    counter integer;
    stamp text;
    place bigint;
    event_id uuid := gen_random_uuid();
    moment text;
    sets text := '';
    message jsonb;
BEGIN
    IF TG_OP = 'DELETE' THEN
        new_row := to_jsonb(OLD);
    ELSE
        new_row := to_jsonb(NEW);
    END IF;
    tenant := new_row ->> '_tenant_id';
    row_id := new_row ->> id_column;
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT 1 FROM sync_events WHERE tenant_id = tenant AND entity_type = entity AND entity_id = row_id) THEN
            RAISE EXCEPTION 'an id is created once: the log has a % of the id %', entity, row_id;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        old_row := to_jsonb(OLD);
        IF old_row -> '_tenant_id' <> new_row -> '_tenant_id' OR old_row -> id_column <> new_row -> id_column THEN
            RAISE EXCEPTION 'the id and the tenant of a row never change';
        END IF;
    ELSIF EXISTS (SELECT 1 FROM sync_events WHERE tenant_id = tenant AND entity_type = entity AND entity_id = row_id
            AND event_type = entity || '.deleted') THEN
        -- The server logs that a row ends before it takes the row away.
        RETURN NULL;
    END IF;

    SELECT sync_meta.value INTO newest FROM sync_meta WHERE key = 'newest_stamp';
    ms := coalesce(substr(newest, 1, 15)::bigint, 0);
    counter := coalesce(substr(newest, 17, 5)::integer, 0);
    IF wall > ms THEN
        ms := wall;
        counter := 0;
    ELSIF counter < 99999 THEN
        counter := counter + 1;
    ELSE
        ms := ms + 1;
        counter := 0;
    END IF;
    stamp := lpad(ms::text, 15, '0') || '.' || lpad(counter::text, 5, '0') || '.'
        || (SELECT sync_meta.value FROM sync_meta WHERE key = 'node');
    moment := to_char(to_timestamp(0) AT TIME ZONE 'UTC' + ms * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

    FOR field, about IN SELECT * FROM jsonb_each(TG_ARGV[5]::jsonb) ORDER BY 1 LOOP
        value := new_row -> field;
        IF about ->> 'kind' = 'numeric' AND jsonb_typeof(value) = 'number' THEN
            value := to_jsonb(trim_scale((value #>> '{}')::numeric)::text);
        END IF;
        IF NOT (about ->> 'hidden')::boolean THEN
            shown := shown || jsonb_build_object(field, value);
        END IF;
        IF (TG_OP = 'INSERT' AND value <> 'null') OR (TG_OP = 'UPDATE' AND old_row -> field <> new_row -> field) THEN
            payload := payload || jsonb_build_object(field, value);
            stamps := stamps || jsonb_build_object(field, stamp);
            changed := changed || to_jsonb(field);
        END IF;
    END LOOP;
    IF TG_OP = 'UPDATE' AND payload = '{}' THEN
        RETURN NULL;
    END IF;

    INSERT INTO sync_meta (key, value) VALUES ('newest_stamp', stamp) ON CONFLICT (key) DO UPDATE SET value = excluded.value;
    SELECT coalesce(max(seq), 0) + 1 INTO place FROM sync_events WHERE tenant_id = tenant;
    INSERT INTO sync_events (tenant_id, seq, id, entity_type, entity_id, event_type, payload, timestamp, schema_version,
        user_id, idempotency_key, received_at, change)
    VALUES (tenant, place, event_id, entity, row_id, entity || '.' || action, payload::json, stamp, TG_ARGV[1]::integer,
        '', stamp, wall, json_build_object('changed', changed));

    IF TG_OP <> 'DELETE' THEN
        IF TG_OP = 'INSERT' THEN
            sets := format(', _created = %L', stamp);
            IF TG_ARGV[3] <> '' THEN
                sets := sets || format(', %I = %L', TG_ARGV[3], moment);
            END IF;
        END IF;
        IF TG_ARGV[4] <> '' THEN
            sets := sets || format(', %I = %L', TG_ARGV[4], moment);
        END IF;
        EXECUTE format('UPDATE %I.%I SET tx = NULL, field_tx = (field_tx::jsonb || $1)::json, _seq = $2, _last_hlc = $3, '
            '_last_event_id = $4, _event_count = _event_count + 1, _schema_version = $5%s WHERE _tenant_id = $6 AND %I = %L',
            TG_TABLE_SCHEMA, TG_TABLE_NAME, sets, id_column, row_id)
            USING stamps, place, stamp, event_id, TG_ARGV[1]::integer, tenant;
    END IF;

    -- A notification is a hint. One that is too long, in bytes, leaves the row out: whoever hears it fetches it.
    message := jsonb_build_object('channel', 'sync:' || tenant || ':' || entity, 'type', 'changed', 'payload',
        jsonb_build_object('entity_type', entity, 'seq', place, 'entity_id', row_id, 'action',
            CASE action WHEN 'created' THEN 'create' WHEN 'updated' THEN 'update' ELSE 'delete' END, 'entity', shown));
    IF octet_length(message::text) > 7500 THEN
        message := jsonb_set(message, '{payload,entity}', 'null');
    END IF;
    IF octet_length(message::text) > 7500 THEN
        message := jsonb_build_object('channel', 'sync:' || tenant || ':' || entity, 'type', 'changed', 'payload',
            jsonb_build_object('entity_type', entity, 'seq', place));
    END IF;
    PERFORM pg_notify('sync', message::text);
    RETURN NULL;
END
$sync$;
