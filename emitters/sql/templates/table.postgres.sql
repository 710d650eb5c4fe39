{{ table.doc }}{{ table.table }}
{% if table.triggers %}

-- What other programs write is captured in the same transaction. By the comment the server knows which trigger it is.
{% endif %}
{% for trigger in table.triggers %}
DROP TRIGGER IF EXISTS {{ trigger.name }} ON {{ trigger.table }};
{{ trigger.sql }};
COMMENT ON TRIGGER {{ trigger.name }} ON {{ trigger.table }} IS {{ trigger.text }};
{% endfor %}
