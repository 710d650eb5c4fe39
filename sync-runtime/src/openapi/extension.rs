//! `x-sync`: the schema inside the document.
//!
//! On the path of each model: what the model is. At the root, under `x-sync-types`: the structs, enums and unions that
//! models hold, by name, because many hold the same. Inside, a named type is written by its name alone
//! (`{"struct": "OrderItem"}`), and a key of a field that has its usual value is left out. What is left is the JSON of
//! the schema as serde writes it, so a key that the schema gains is in the document without a change here.

use std::collections::BTreeMap;

use openapiv3::{OpenAPI, PathItem, ReferenceOr};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Error;
use crate::schema::{
    Conflict, Effect, Event, FieldGroup, Mode, Model, Notification, Role, Schema, SnapshotPolicy,
    Upcast,
};

pub(super) const MODEL: &str = "x-sync";
pub(super) const RBAC: &str = "x-rbac";
pub(super) const TYPES: &str = "x-sync-types";
pub(super) const EXCLUDE: &str = "x-sync-exclude";
pub(super) const OWNER_ONLY: &str = "x-owner-only";

/// The deepest nesting of types that is read: a document could name itself in a circle.
const MAX_DEPTH: usize = 64;

/// A model on its path.
#[derive(Debug, Serialize, Deserialize)]
struct XSync {
    mode: Mode,
    entity: String,
    name: String,
    module: String,
    path: String,
    #[serde(default)]
    doc: String,
    schema_version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    notification: Option<Notification>,
    tenant: bool,
    snapshot: Snapshot,
    local_first: bool,
    conflict: Conflict,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    upcasts: Vec<Upcast>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    field_groups: Vec<FieldGroup>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<Role>,
    fields: Value,
    /// In the order of the declaration, which a map would lose.
    events: Vec<String>,
    event_definitions: BTreeMap<String, EventDefinition>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Snapshot {
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    events_per_snapshot: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_events: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
struct EventDefinition {
    effect: Value,
    /// For readers of the document, where it is sent as such; the effect says it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload: Option<Value>,
}

/// The extension for a model; `payloads` are the component keys of its events' payloads, in the events' order, empty for one
/// that is not sent.
pub(super) fn model(model: &Model, payloads: &[String]) -> Value {
    let definitions = model.events.iter().zip(payloads).map(|(event, payload)| {
        let definition = EventDefinition {
            effect: compact(&event.effect),
            payload: (!payload.is_empty())
                .then(|| json!({ "$ref": format!("#/components/schemas/{payload}") })),
        };
        (event.name.to_string(), definition)
    });
    let extension = XSync {
        mode: model.mode,
        entity: model.entity.to_string(),
        name: model.name.to_string(),
        module: model.module.to_string(),
        path: model.path.to_string(),
        doc: model.doc.to_string(),
        schema_version: model.version,
        notification: model.notification,
        tenant: model.tenant,
        snapshot: Snapshot {
            enabled: model.snapshot.is_some(),
            events_per_snapshot: model.snapshot.map(|policy| policy.every),
            max_events: model.snapshot.map(|policy| policy.max),
        },
        local_first: model.local_first,
        conflict: model.conflict,
        upcasts: model.upcasts.to_vec(),
        field_groups: model.field_groups.to_vec(),
        roles: model.roles.to_vec(),
        fields: compact(&model.fields),
        events: model
            .events
            .iter()
            .map(|event| event.name.to_string())
            .collect(),
        event_definitions: definitions.collect(),
    };
    sorted(to_value(&extension))
}

/// What each role may write, where a model declares roles: for readers of the document, by names. `x-sync` has the same in
/// the order of the declaration.
pub(super) fn rbac(model: &Model) -> Option<Value> {
    let groups = |group: &FieldGroup| (group.name.to_string(), json!(group.fields));
    let roles = |role: &Role| (role.name.to_string(), json!(role.groups));
    (!model.roles.is_empty()).then(|| {
        json!({
            "field_groups": model.field_groups.iter().map(groups).collect::<Map<_, _>>(),
            "role_permissions": model.roles.iter().map(roles).collect::<Map<_, _>>(),
        })
    })
}

/// The named types of all models, by name.
pub(super) fn types(schema: &Schema) -> Value {
    let mut named = BTreeMap::new();
    for model in schema.models() {
        fold(&mut to_value(model), &mut named);
    }
    sorted(Value::Object(named.into_iter().collect()))
}

/// Reads all models of a document.
pub(super) fn read(document: &OpenAPI) -> Result<Schema, Error> {
    let types = document.extensions.get(TYPES).cloned().unwrap_or(json!({}));
    let mut models = Vec::new();
    for (path, item) in &document.paths.paths {
        if let ReferenceOr::Item(PathItem { extensions, .. }) = item
            && let Some(extension) = extensions.get(MODEL)
        {
            let model = read_model(extension, &types)
                .map_err(|error| Error(format!("{MODEL} of {path}: {error}")))?;
            models.push(model);
        }
    }
    Schema::new(models).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Error(lines.join("; "))
    })
}

fn read_model(extension: &Value, types: &Value) -> Result<Model, Error> {
    let mut extension: XSync = from_value(extension.clone())?;
    unfold(&mut extension.fields, types, 0)?;
    let mut events = Vec::new();
    for name in &extension.events {
        let Some(mut definition) = extension.event_definitions.remove(name) else {
            return Err(Error(format!("event {name:?} is not in event_definitions")));
        };
        unfold(&mut definition.effect, types, 0)?;
        let effect: Effect = from_value(definition.effect)?;
        let name = name.clone().into();
        events.push(Event { name, effect });
    }
    Ok(Model {
        name: extension.name.into(),
        module: extension.module.into(),
        entity: extension.entity.into(),
        path: extension.path.into(),
        doc: extension.doc.into(),
        mode: extension.mode,
        version: extension.schema_version,
        tenant: extension.tenant,
        fields: from_value(extension.fields)?,
        events: events.into(),
        snapshot: read_snapshot(&extension.snapshot)?,
        notification: extension.notification,
        local_first: extension.local_first,
        conflict: extension.conflict,
        upcasts: extension.upcasts.into(),
        field_groups: extension.field_groups.into(),
        roles: extension.roles.into(),
    })
}

fn read_snapshot(snapshot: &Snapshot) -> Result<Option<SnapshotPolicy>, Error> {
    match (
        snapshot.enabled,
        snapshot.events_per_snapshot,
        snapshot.max_events,
    ) {
        (false, ..) => Ok(None),
        (true, Some(every), Some(max)) => Ok(Some(SnapshotPolicy { every, max })),
        (true, ..) => Err(Error(
            "snapshot is enabled and lacks events_per_snapshot or max_events".to_owned(),
        )),
    }
}

fn compact(part: &impl Serialize) -> Value {
    let mut value = to_value(part);
    fold(&mut value, &mut BTreeMap::new());
    value
}

/// The key and body of a named type: `{"struct": {"name": …}}`.
fn named_type(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (key, body) = object.iter().next().filter(|_| object.len() == 1)?;
    matches!(&**key, "struct" | "enum" | "union").then_some((key, body))
}

/// Replaces named types by their names, innermost first, and takes the usual out of fields.
fn fold(value: &mut Value, types: &mut BTreeMap<String, Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| fold(item, types)),
        Value::Object(object) => {
            object.values_mut().for_each(|item| fold(item, types));
            if is_field(object) {
                let usual = usual_field();
                object.retain(|key, value| usual.get(key) != Some(value));
            }
            let named = named_type(object).and_then(|(key, body)| {
                let name = body.get("name")?.as_str()?;
                Some((key.to_owned(), name.to_owned()))
            });
            if let Some((key, name)) = named {
                types.insert(name.clone(), value.clone());
                *value = json!({ key: name });
            }
        }
        _ => {}
    }
}

/// The reverse of [`fold`].
fn unfold(value: &mut Value, types: &Value, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error(format!("{TYPES} holds a type that contains itself")));
    }
    match value {
        Value::Array(items) => {
            for item in items {
                unfold(item, types, depth + 1)?;
            }
        }
        Value::Object(object) => {
            if let Some((key, Value::String(name))) = named_type(object) {
                let body = types.get(name).filter(|body| body.get(key).is_some());
                let Some(body) = body else {
                    return Err(Error(format!("{TYPES} has no {key} {name:?}")));
                };
                *value = body.clone();
                return unfold_parts(value, types, depth);
            }
            unfold_parts(value, types, depth)?;
        }
        _ => {}
    }
    Ok(())
}

fn unfold_parts(value: &mut Value, types: &Value, depth: usize) -> Result<(), Error> {
    let Value::Object(object) = value else {
        return Ok(());
    };
    for item in object.values_mut() {
        unfold(item, types, depth + 1)?;
    }
    if is_field(object) {
        for (key, usual) in usual_field() {
            object.entry(key).or_insert(usual);
        }
    }
    Ok(())
}

fn is_field(object: &Map<String, Value>) -> bool {
    object.contains_key("ty") && object.contains_key("name")
}

/// What most fields are.
fn usual_field() -> Map<String, Value> {
    let usual = json!({
        "doc": "",
        "default": null,
        "kind": "plain",
        "visibility": "public",
        "rules": { "range": null, "length": null, "pattern": null },
        "big": false,
        "optional": false,
        "singular": "",
        "aliases": [],
        "conflict_manual": false,
    });
    match usual {
        Value::Object(usual) => usual,
        _ => Map::new(),
    }
}

/// With keys in order, whatever map serde_json was built with.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Object(object) => {
            let ordered: BTreeMap<String, Value> = object.into_iter().collect();
            Value::Object(
                ordered
                    .into_iter()
                    .map(|(key, value)| (key, sorted(value)))
                    .collect(),
            )
        }
        other => other,
    }
}

fn to_value(part: &(impl Serialize + ?Sized)) -> Value {
    // The schema is strings, numbers, lists and maps with string keys: there is nothing that could fail.
    serde_json::to_value(part).unwrap_or_default()
}

fn from_value<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|error| {
        Error(format!(
            "{error}; it may have been written by another version"
        ))
    })
}
