//! PostgreSQL's dialect.

use serde_json::{Map, Value, json};

use super::{Filled, Kind, captured, filled, has_number_id, id_column, literal, quoted};
use crate::schema::{Field, FieldKind, Mode, Model, Visibility};

/// The time of the statement as the wire has times.
const NOW: &str = "to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";

/// The type of a column, as `format_type` gives it back.
pub fn column_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "boolean",
        Kind::Int => "bigint",
        Kind::Float => "double precision",
        Kind::Wide | Kind::Decimal => "numeric",
        Kind::Text => "text",
        // Not JSONB: what comes back is what was taken, to the last digit.
        Kind::Json => "json",
    }
}

/// The table of a model.
pub fn create_table(model: &Model) -> String {
    let mut lines = vec!["_tenant_id text COLLATE \"C\" NOT NULL".to_owned()];
    lines.extend(model.fields.iter().map(|field| definition(field, false)));
    if model.mode == Mode::Rows {
        lines.extend(
            [
                "tx json",
                "field_tx json NOT NULL DEFAULT '{}'",
                "_created text COLLATE \"C\" NOT NULL DEFAULT ''",
                "_last_hlc text COLLATE \"C\" NOT NULL DEFAULT ''",
                "_last_event_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'",
                "_event_count bigint NOT NULL DEFAULT 0",
                "_seq bigint NOT NULL DEFAULT 0",
                "_schema_version integer NOT NULL DEFAULT 1",
            ]
            .map(str::to_owned),
        );
    }
    lines.push(format!(
        "PRIMARY KEY (_tenant_id, {})",
        quoted(id_column(model))
    ));
    format!(
        "CREATE TABLE {} (\n    {}\n) WITH (fillfactor = 80);",
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
    let rename = format!(
        "ALTER TABLE {table} RENAME COLUMN {} TO {};",
        quoted(from),
        quoted(to)
    );
    if model.mode != Mode::Rows {
        return rename;
    }
    let (old, new) = (literal(from), literal(to));
    format!(
        // Before the table's own lock, in the order in which writers take the two.
        "SELECT pg_advisory_xact_lock(hashtext('syncable'), hashtext('log'));\n{rename}\n\
         UPDATE {table} SET field_tx = ((field_tx::jsonb - {old}) || jsonb_build_object({new}, field_tx -> {old}))::json \
         WHERE field_tx -> {old} IS NOT NULL;\n\
         UPDATE {table} SET tx = jsonb_set(tx::jsonb, '{{changed_field}}', to_jsonb({new}::text))::json \
         WHERE tx ->> 'changed_field' = {old};"
    )
}

fn definition(field: &Field, later: bool) -> String {
    let (fill, nullable) = filled(field);
    let kind = Kind::of(field);
    let default = match fill {
        Some(Filled::Uuid) => " DEFAULT gen_random_uuid()::text".to_owned(),
        Some(Filled::Now) => format!(" DEFAULT {NOW}"),
        Some(Filled::Value(value)) => format!(" DEFAULT {}", constant(kind, &value)),
        None => String::new(),
    };
    // Rows that are there already have nothing else to hold.
    let not_null = match nullable || (later && default.is_empty()) {
        true => "",
        false => " NOT NULL",
    };
    // Text is ordered by code point, as everywhere.
    let collation = match kind {
        Kind::Text => " COLLATE \"C\"",
        _ => "",
    };
    let (name, ty) = (quoted(&field.name), column_type(kind));
    format!("{name} {ty}{collation}{not_null}{default}")
}

fn constant(kind: Kind, value: &Value) -> String {
    match (kind, value) {
        (Kind::Bool, Value::Bool(flag)) => flag.to_string(),
        (Kind::Int | Kind::Float, Value::Number(number)) => number.to_string(),
        (Kind::Json, value) => literal(&value.to_string()),
        (_, Value::String(text)) => literal(text),
        (_, other) => literal(&other.to_string()),
    }
}

/// What the triggers of a rows model do the work with. `{prefix}` of `{prefix}:{tenant}:{entity}` is the server's setting
/// `notification_prefix`, as long as that is `sync`.
///
/// `sync_capture(entity, version, id column, created_at column, updated_at column, kinds by field)` puts what another
/// program wrote into the log, under a stamp of the server's clock, and writes it down at the row. `sync_lock()` makes
/// whoever writes a row wait for its turn in the log first, so that positions become visible in their order.
pub const FUNCTIONS: &str = include_str!("capture.sql");

/// The triggers of a rows model, each with its name: they capture what other programs write.
pub fn triggers(model: &Model) -> Vec<(String, String)> {
    if model.mode != Mode::Rows {
        return Vec::new();
    }
    let table = quoted(&model.path);
    let capture = |word: &str, when: &str| {
        let name = format!("sync_capture_{word}");
        let sql = format!(
            "CREATE TRIGGER {name} AFTER {} ON {table} FOR EACH ROW{when} EXECUTE FUNCTION sync_capture({});",
            word.to_uppercase(),
            arguments(model)
        );
        (name, sql)
    };
    vec![
        (
            "sync_lock".to_owned(),
            format!(
                "CREATE TRIGGER sync_lock BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT \
                 EXECUTE FUNCTION sync_lock();"
            ),
        ),
        // The server gives a position to each row that it writes; another program does not know it.
        capture("insert", " WHEN (NEW._seq = 0)"),
        capture("update", " WHEN (NEW._seq = OLD._seq)"),
        capture("delete", ""),
    ]
}

fn arguments(model: &Model) -> String {
    let column = |kind: &FieldKind| {
        model
            .field_of_kind(kind)
            .map_or(String::new(), |field| field.name.to_string())
    };
    let kinds: Map<String, Value> = captured(model)
        .map(|(field, kind)| {
            let word = match kind {
                Kind::Wide | Kind::Decimal => "numeric",
                _ => "plain",
            };
            let hidden = field.visibility != Visibility::Public;
            (
                field.name.to_string(),
                json!({ "kind": word, "hidden": hidden }),
            )
        })
        .collect();
    [
        model.entity.to_string(),
        model.version.to_string(),
        id_column(model).to_owned(),
        column(&FieldKind::CreatedAt),
        column(&FieldKind::UpdatedAt),
        Value::Object(kinds).to_string(),
    ]
    .iter()
    .map(|argument| literal(argument))
    .collect::<Vec<_>>()
    .join(", ")
}

/// An id as a statement compares it with the text of an entity's id.
pub fn id_from_text(model: &Model, text: &str) -> String {
    match has_number_id(model) {
        true => format!("{text}::bigint"),
        false => text.to_owned(),
    }
}
