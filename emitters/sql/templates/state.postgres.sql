{{ view.doc }}{% if view.doc %}
--
{% endif %}
{% if view.missing %}
-- There is no view {{ view.name }}, because SQL alone cannot fold this model:
{% for reason in view.missing %}
-- * {{ reason }}
{% endfor %}
-- The backend and the clients fold it; the backend's table holds the states.
DROP VIEW IF EXISTS {{ view.name }};
{% else %}
-- The state of each {{ view.entity }} that lives: its events, folded in the order of (timestamp, id). To read one, give
-- its _tenant_id and _id: no other entity's events are read then.
DROP VIEW IF EXISTS {{ view.name }};
CREATE VIEW {{ view.name }} AS
SELECT
  entity.tenant_id AS _tenant_id,
  entity.entity_id AS _id,
  folded.value AS _state
{%- for column in view.columns %},
{{ column.doc }}  {{ column.value }} AS {{ column.name }}
{%- endfor %}

FROM (
  SELECT DISTINCT tenant_id, entity_id FROM sync_events WHERE entity_type = {{ view.entity }}
) AS entity
CROSS JOIN LATERAL (
    WITH RECURSIVE fold (
      _left, _at, _event, _phase
      {%- for field in view.fields %}, {{ field.name }}{% endfor %}

    ) AS (
      SELECT
        (
          SELECT count(*) FROM sync_events
          WHERE tenant_id = entity.tenant_id AND entity_type = {{ view.entity }} AND entity_id = entity.entity_id
        ),
        ''::text COLLATE "C",
        '00000000-0000-0000-0000-000000000000'::uuid,
        'absent'{% for field in view.fields %},
        NULL::jsonb{% endfor %}

      UNION ALL
      SELECT
        fold._left - 1,
        event.timestamp,
        event.id,
        CASE
          WHEN fold._phase = 'absent' AND event.event_type IN ({{ view.creates }}) THEN 'live'
          WHEN fold._phase = 'live' AND event.event_type IN ({{ view.deletes }}) THEN 'deleted'
          ELSE fold._phase
        END
{%- for field in view.fields %},
{{ field.doc }}        CASE fold._phase
          WHEN 'absent' THEN
            CASE WHEN event.event_type IN ({{ view.creates }}) THEN {{ field.created }} END
          WHEN 'live' THEN
{% if field.changes %}
            CASE event.event_type
{% for change in field.changes %}
              WHEN {{ change[0] }} THEN {{ change[1] }}
{% endfor %}
              ELSE fold.{{ field.name }}
            END
{% else %}
            fold.{{ field.name }}
{% endif %}
        END
{%- endfor %}

      FROM fold
      CROSS JOIN LATERAL (
        SELECT
          next.entity_id, next.id, next.timestamp, next.schema_version, next.payload::jsonb AS payload,
          -- What is newer than this file waits for its successor.
          CASE WHEN next.schema_version <= {{ view.version }} THEN next.event_type END AS event_type,
          sync_event_time(next.timestamp) AS time
        FROM sync_events AS next
        WHERE next.tenant_id = entity.tenant_id AND next.entity_type = {{ view.entity }} AND next.entity_id = entity.entity_id
          AND (next.timestamp, next.id) > (fold._at, fold._event)
        ORDER BY next.timestamp, next.id
        LIMIT 1
      ) AS event
{% for lift in view.lifts %}
      CROSS JOIN {{ lift }}
{% endfor %}
    )
    SELECT {{ view.state }} AS value
    FROM fold
    WHERE _left = 0 AND _phase = 'live'
  ) AS folded;
{% endif %}
