//! SQLite's dialect.

use serde_json::Value;

use super::{Filled, Kind, captured, filled, has_number_id, id_column, literal, quoted};
use crate::schema::{Field, FieldKind, Mode, Model};

/// A UUID of version 4.
const UUID: &str = "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || \
     '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))";
/// The time of the statement as the wire has times.
const NOW: &str = "(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))";
/// Unix milliseconds of the statement. The triggers run in whatever version of SQLite the other program has.
const MILLIS: &str = "CAST((julianday('now') - 2440587.5) * 86400000.0 + 0.5 AS INTEGER)";
/// The stamp that the trigger has just drawn.
const STAMP: &str = "(SELECT value FROM sync_meta WHERE key = 'newest_stamp')";

/// The type of a column.
pub fn column_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool | Kind::Int => "INTEGER",
        Kind::Float => "REAL",
        Kind::Wide | Kind::Decimal | Kind::Text | Kind::Json => "TEXT",
    }
}

/// The table of a model.
pub fn create_table(model: &Model) -> String {
    let mut lines = vec!["_tenant_id TEXT NOT NULL".to_owned()];
    lines.extend(model.fields.iter().map(|field| definition(field, false)));
    if model.mode == Mode::Rows {
        lines.extend(
            [
                "tx TEXT",
                "field_tx TEXT NOT NULL DEFAULT '{}'",
                "_created TEXT NOT NULL DEFAULT ''",
                "_last_hlc TEXT NOT NULL DEFAULT ''",
                "_last_event_id TEXT NOT NULL DEFAULT ''",
                "_event_count INTEGER NOT NULL DEFAULT 0",
                "_seq INTEGER NOT NULL DEFAULT 0",
                "_schema_version INTEGER NOT NULL DEFAULT 1",
            ]
            .map(str::to_owned),
        );
    }
    lines.push(format!(
        "PRIMARY KEY (_tenant_id, {})",
        quoted(id_column(model))
    ));
    format!(
        "CREATE TABLE {} (\n    {}\n);",
        quoted(&model.path),
        lines.join(",\n    ")
    )
}

/// Adds the column of a field that was declared later.
pub fn add_column(model: &Model, field: &Field) -> String {
    format!(
        "ALTER TABLE {} ADD COLUMN {};",
        quoted(&model.path),
        definition(field, true)
    )
}

/// Gives a column its name of today, also where a row says which transaction wrote it.
pub fn rename_column(model: &Model, from: &str, to: &str) -> String {
    let table = quoted(&model.path);
    let mut sql = format!(
        "ALTER TABLE {table} RENAME COLUMN {} TO {};",
        quoted(from),
        quoted(to)
    );
    if model.mode == Mode::Rows {
        let path = |name: &str| literal(&format!("$.\"{name}\""));
        let (old, new) = (path(from), path(to));
        sql.push_str(&format!(
            "\nUPDATE {table} SET field_tx = json_remove(json_set(field_tx, {new}, json_extract(field_tx, {old})), {old}) \
             WHERE json_type(field_tx, {old}) IS NOT NULL;\n\
             UPDATE {table} SET tx = json_set(tx, '$.changed_field', {}) WHERE json_extract(tx, '$.changed_field') = {};",
            literal(to),
            literal(from)
        ));
    }
    sql
}

fn definition(field: &Field, later: bool) -> String {
    let (fill, nullable) = filled(field);
    let kind = Kind::of(field);
    let default = match fill {
        Some(Filled::Uuid) if !later => format!(" DEFAULT {UUID}"),
        Some(Filled::Now) if !later => format!(" DEFAULT {NOW}"),
        Some(Filled::Value(value)) => format!(" DEFAULT {}", constant(kind, &value)),
        _ => String::new(),
    };
    // Rows that are there already have nothing else to hold.
    let not_null = match nullable || (later && default.is_empty()) {
        true => "",
        false => " NOT NULL",
    };
    let name = quoted(&field.name);
    format!("{name} {}{not_null}{default}", column_type(kind))
}

fn constant(kind: Kind, value: &Value) -> String {
    match (kind, value) {
        (Kind::Bool, Value::Bool(flag)) => i32::from(*flag).to_string(),
        (Kind::Int | Kind::Float, Value::Number(number)) => number.to_string(),
        (Kind::Json, value) => literal(&value.to_string()),
        (_, Value::String(text)) => literal(text),
        (_, other) => literal(&other.to_string()),
    }
}

/// The triggers of a rows model, each with its name: they capture what other programs write.
pub fn triggers(model: &Model) -> Vec<(String, String)> {
    if model.mode != Mode::Rows {
        return Vec::new();
    }
    ["insert", "update", "delete"]
        .into_iter()
        .map(|word| {
            let name = format!("{}_foreign_{word}", model.path);
            let body = match word {
                "insert" => on_insert(model),
                "update" => on_update(model),
                _ => on_delete(model),
            };
            let sql = format!(
                "CREATE TRIGGER {} AFTER {} ON {} {body}",
                quoted(&name),
                word.to_uppercase(),
                quoted(&model.path)
            );
            (name, sql)
        })
        .collect()
}

/// The server gives a position to each row that it writes; another program does not know it.
fn on_insert(model: &Model) -> String {
    let changes = changes(model, None);
    let created = model
        .field_of_kind(&FieldKind::CreatedAt)
        .map_or(String::new(), |field| {
            format!(", {} = {}", quoted(&field.name), time_of_stamp())
        });
    format!(
        "WHEN NEW._seq = 0\nBEGIN\n    \
         SELECT RAISE(ABORT, 'an id is created once: the log has one of this id') WHERE EXISTS (SELECT 1 FROM sync_events \
         WHERE tenant_id = NEW._tenant_id AND entity_type = {entity} AND entity_id = CAST(NEW.{id} AS TEXT));\n    \
         {draw}\n    {log}\n    {mark}\nEND",
        entity = literal(&model.entity),
        id = quoted(id_column(model)),
        draw = draw(),
        log = log(model, "created", "NEW", &changes),
        mark = mark(model, &changes, &format!(", _created = {STAMP}{created}")),
    )
}

fn on_update(model: &Model) -> String {
    let id = quoted(id_column(model));
    let changes = changes(model, Some("OLD"));
    let differs: Vec<String> = captured(model)
        .map(|(field, _)| quoted(&field.name))
        .chain([id.clone(), "_tenant_id".to_owned()])
        .map(|name| format!("NEW.{name} IS NOT OLD.{name}"))
        .collect();
    format!(
        "WHEN NEW._seq = OLD._seq AND ({})\nBEGIN\n    \
         SELECT RAISE(ABORT, 'the id and the tenant of a row never change') WHERE NEW.{id} IS NOT OLD.{id} \
         OR NEW._tenant_id IS NOT OLD._tenant_id;\n    {}\n    {}\n    {}\nEND",
        differs.join(" OR "),
        draw(),
        log(model, "updated", "NEW", &changes),
        mark(model, &changes, "")
    )
}

/// The server logs that a row ends before it takes the row away.
fn on_delete(model: &Model) -> String {
    let nothing = Changes {
        payload: "'{}'".to_owned(),
        keys: "'[]'".to_owned(),
        stamps: "'{}'".to_owned(),
    };
    format!(
        "WHEN NOT EXISTS (SELECT 1 FROM sync_events WHERE tenant_id = OLD._tenant_id AND entity_type = {} \
         AND entity_id = CAST(OLD.{} AS TEXT) AND event_type = {})\nBEGIN\n    {}\n    {}\nEND",
        literal(&model.entity),
        quoted(id_column(model)),
        literal(&format!("{}.deleted", model.entity)),
        draw(),
        log(model, "deleted", "OLD", &nothing)
    )
}

/// Draws a stamp of the server's clock: after all that the log has.
fn draw() -> String {
    let (ms, counter) = (
        "CAST(substr(value, 1, 15) AS INTEGER)",
        "CAST(substr(value, 17, 5) AS INTEGER)",
    );
    format!(
        "UPDATE sync_meta SET value = CASE WHEN {MILLIS} > {ms} THEN printf('%015d.%05d.', {MILLIS}, 0) \
         WHEN {counter} < 99999 THEN printf('%015d.%05d.', {ms}, {counter} + 1) ELSE printf('%015d.%05d.', {ms} + 1, 0) \
         END || (SELECT value FROM sync_meta WHERE key = 'node') WHERE key = 'newest_stamp';"
    )
}

/// What a statement has changed, as expressions of JSON text.
struct Changes {
    payload: String,
    keys: String,
    stamps: String,
}

/// Against the row before, or all that is not null of a new one.
fn changes(model: &Model, before: Option<&str>) -> Changes {
    let parts: Vec<String> = captured(model)
        .map(|(field, kind)| {
            let name = quoted(&field.name);
            let value = json(kind, &format!("NEW.{name}"));
            let against = before.map_or("NULL".to_owned(), |before| format!("{before}.{name}"));
            format!(
                "SELECT {} AS k, {value} AS v WHERE NEW.{name} IS NOT {against}",
                literal(&field.name)
            )
        })
        .collect();
    let of = |what: &str| {
        format!(
            "(SELECT {what} FROM ({} ORDER BY k))",
            parts.join(" UNION ALL ")
        )
    };
    if parts.is_empty() {
        return Changes {
            payload: "'{}'".to_owned(),
            keys: "'[]'".to_owned(),
            stamps: "'{}'".to_owned(),
        };
    }
    Changes {
        payload: of("json_group_object(k, json(v))"),
        keys: of("json_group_array(k)"),
        stamps: of(&format!("json_group_object(k, {STAMP})")),
    }
}

/// A column's value as JSON text.
fn json(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Bool => format!(
            "CASE WHEN {value} IS NULL THEN 'null' WHEN {value} THEN 'true' ELSE 'false' END"
        ),
        Kind::Json => format!("coalesce({value}, 'null')"),
        Kind::Int | Kind::Float => format!("json_quote({value})"),
        // Without zeros at the end, as the wire has decimals.
        Kind::Decimal => format!(
            "json_quote(CASE WHEN instr({value}, '.') > 0 THEN rtrim(rtrim({value}, '0'), '.') ELSE CAST({value} AS TEXT) END)"
        ),
        Kind::Wide | Kind::Text => {
            format!("json_quote(CAST({value} AS TEXT))")
        }
    }
}

/// Puts the change into the log, under the stamp that was drawn.
fn log(model: &Model, event: &str, row: &str, changes: &Changes) -> String {
    format!(
        "INSERT INTO sync_events (tenant_id, seq, id, entity_type, entity_id, event_type, payload, timestamp, \
         schema_version, user_id, idempotency_key, received_at, change) SELECT {row}._tenant_id, \
         (SELECT coalesce(max(seq), 0) + 1 FROM sync_events WHERE tenant_id = {row}._tenant_id), {UUID}, {entity}, \
         CAST({row}.{id} AS TEXT), {event}, {payload}, {STAMP}, {version}, '', {STAMP}, {MILLIS}, \
         json_object('changed', json({keys}));",
        entity = literal(&model.entity),
        id = quoted(id_column(model)),
        event = literal(&format!("{}.{event}", model.entity)),
        payload = changes.payload,
        version = model.version,
        keys = changes.keys,
    )
}

/// Writes down at the row what has written it.
fn mark(model: &Model, changes: &Changes, more: &str) -> String {
    let updated = model
        .field_of_kind(&FieldKind::UpdatedAt)
        .map_or(String::new(), |field| {
            format!(", {} = {}", quoted(&field.name), time_of_stamp())
        });
    let last = "SELECT max(seq) FROM sync_events WHERE tenant_id = NEW._tenant_id";
    format!(
        "UPDATE {table} SET tx = NULL, field_tx = json_patch(field_tx, {stamps}), _seq = ({last}), _last_hlc = {STAMP}, \
         _last_event_id = (SELECT id FROM sync_events WHERE tenant_id = NEW._tenant_id AND seq = ({last})), \
         _event_count = _event_count + 1, _schema_version = {version}{updated}{more} \
         WHERE _tenant_id = NEW._tenant_id AND {id} = NEW.{id};",
        table = quoted(&model.path),
        stamps = changes.stamps,
        version = model.version,
        id = quoted(id_column(model)),
    )
}

/// The time in the stamp that was drawn.
fn time_of_stamp() -> String {
    let ms = format!("CAST(substr({STAMP}, 1, 15) AS INTEGER)");
    format!(
        "strftime('%Y-%m-%dT%H:%M:%S', {ms} / 1000, 'unixepoch') || printf('.%03dZ', {ms} % 1000)"
    )
}

/// An id as a statement compares it with the text of an entity's id.
pub fn id_from_text(model: &Model, text: &str) -> String {
    match has_number_id(model) {
        true => format!("CAST({text} AS INTEGER)"),
        false => text.to_owned(),
    }
}
