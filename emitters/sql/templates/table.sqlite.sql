{{ table.doc }}{{ table.table }}
{% if table.triggers %}

-- What other programs write is captured in the same transaction.
{% endif %}
{% for trigger in table.triggers %}
DROP TRIGGER IF EXISTS {{ trigger.name }};
{{ trigger.sql }};
{% endfor %}
