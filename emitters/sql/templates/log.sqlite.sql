-- The log of events. It is append-only: the audit trail. Running this file again changes nothing.
{{ tables }}
