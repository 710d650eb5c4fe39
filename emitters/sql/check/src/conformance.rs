//! The conformance cases through the generated SQL.

use serde_json::{Value, json};
use sync_runtime::{
    schema::{Model, Schema},
    semantics::payload,
};

use crate::{Database, Logged, log_of, state, text};

/// The result of each case, as `fixtures/conformance` wants it.
///
/// The log holds normal forms, which whoever writes it makes: here the payloads are brought into theirs before they are
/// inserted. All else is the SQL's.
///
/// # Errors
///
/// What a case lacks.
pub fn conformance(schema: &Schema, engine: &str, cases: &[Value]) -> Result<Value, String> {
    let mut database = log_of(schema, engine);
    let mut results = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let result = match case["kind"].as_str() {
            Some("hlc") => clock(database.as_mut(), case)?,
            Some("fold") => fold(database.as_mut(), schema, case, index)?,
            other => return Err(format!("unknown kind of case: {other:?}")),
        };
        results.push(json!({ "name": case["name"], "result": result }));
    }
    Ok(Value::Array(results))
}

fn clock(database: &mut dyn Database, case: &Value) -> Result<Value, String> {
    let node = case["node"].as_str().ok_or("no node")?;
    let start = case["start"].as_str().unwrap_or("000000000000000.00000.");
    database.script(&format!(
        "UPDATE sync_clock SET node = {}, ms = {}, counter = {};",
        text(node),
        start[..15].parse::<u64>().map_err(|e| e.to_string())?,
        start[16..21].parse::<u64>().map_err(|e| e.to_string())?,
    ));
    let ops = case["ops"].as_array().ok_or("no ops")?;
    let results = ops.iter().map(|op| {
        let wall = op["wall"].as_u64().unwrap_or_default();
        match op["remote"].as_str() {
            Some(remote) => receive(database, wall, remote),
            None => now(database, wall),
        }
    });
    Ok(results.collect())
}

fn now(database: &mut dyn Database, wall: u64) -> Value {
    let sql = match database.dialect() {
        "postgres" => format!("SELECT sync_clock_now({wall})"),
        _ => {
            database.script(&format!(
                "INSERT INTO sync_clock_now (wall) VALUES ({wall});"
            ));
            "SELECT stamp FROM sync_clock_now".to_owned()
        }
    };
    json!(database.query(&sql).first())
}

fn receive(database: &mut dyn Database, wall: u64, remote: &str) -> Value {
    let remote = text(remote);
    let sql = match database.dialect() {
        "postgres" => format!("SELECT sync_clock_receive({wall}, {remote})"),
        _ => format!(
            "INSERT INTO sync_clock_receive (wall, remote, max_drift) VALUES ({wall}, {remote}, 60000)"
        ),
    };
    match database.attempt(&sql) {
        Ok(()) => Value::Null,
        Err(code) => json!({ "error": code }),
    }
}

fn fold(
    database: &mut dyn Database,
    schema: &Schema,
    case: &Value,
    index: usize,
) -> Result<Value, String> {
    let entity = case["model"].as_str().ok_or("no model")?;
    let model = schema
        .models()
        .iter()
        .find(|model| model.entity == entity)
        .ok_or_else(|| format!("no model `{entity}`"))?;
    let id = case["entity_id"].as_str().ok_or("no entity_id")?;
    let tenant = format!("case-{index}");
    let events = case["deliver"].as_array().ok_or("no deliver")?;
    let mut each = Vec::new();
    for (seq, event) in (1..).zip(events) {
        let logged = logged(model, &tenant, event)?;
        database.script(&format!("{};", logged.insert(seq)));
        each.push(state(database, model, &tenant, &logged.entity_id));
    }
    let last = each.last().cloned();
    let last = last.unwrap_or_else(|| state(database, model, &tenant, id));
    Ok(json!({ "final": last, "each": each }))
}

/// An event of a case, as the log holds it. One of a type or version that nobody knows is kept as it came.
fn logged(model: &Model, tenant: &str, event: &Value) -> Result<Logged, String> {
    let field = |key: &str| {
        event[key]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| format!("an event without {key}"))
    };
    let event_type = field("event_type")?;
    let version = event["schema_version"].as_u64().unwrap_or(1);
    let declared = model
        .event_of_type(&event_type)
        .filter(|_| version == u64::from(model.version));
    let payload = match declared {
        Some(declared) => payload::normal(model, declared, event["payload"].clone())
            .map(Value::Object)
            .map_err(|invalid| format!("{event_type}: {invalid}"))?,
        None => event["payload"].clone(),
    };
    Ok(Logged {
        tenant: tenant.to_owned(),
        id: field("id")?.to_lowercase(),
        entity_type: field("entity_type")?,
        entity_id: field("entity_id")?.to_lowercase(),
        event_type,
        payload,
        timestamp: field("timestamp")?,
        schema_version: u32::try_from(version).map_err(|error| error.to_string())?,
    })
}
