//! Documents of schemas made here by hand and at random.

mod property;

use openapiv3::{PathItem, ReferenceOr};
use serde_json::{Value, json};

use super::*;
use crate::schema::{Model, Schema};

/// A model from the JSON of its parts; what is left out is what it usually is.
fn model(over: Value) -> Model {
    let mut model = json!({
        "name": "Order", "module": "shop::models", "entity": "order", "path": "orders", "doc": "An order.",
        "mode": "events", "version": 1, "tenant": true, "fields": [], "events": [],
        "snapshot": { "every": 50, "max": 100 }, "notification": null, "local_first": false, "conflict": "reject",
        "upcasts": [], "field_groups": [], "roles": [],
    });
    let (Value::Object(model_keys), Value::Object(over)) = (&mut model, over) else {
        unreachable!("both are objects");
    };
    model_keys.extend(over);
    serde_json::from_value(model).expect("a model")
}

fn field(name: &str, ty: Value, over: Value) -> Value {
    let mut field = json!({
        "name": name, "doc": "", "ty": ty, "default": null, "kind": "plain", "visibility": "public",
        "rules": { "range": null, "length": null, "pattern": null }, "big": false, "optional": false,
        "singular": "", "aliases": [], "conflict_manual": false,
    });
    if let (Value::Object(field), Value::Object(over)) = (&mut field, over) {
        field.extend(over);
    }
    field
}

fn order() -> Schema {
    let status = json!({ "enum": { "name": "OrderStatus", "doc": "", "default": null, "variants": [
        { "name": "open", "doc": "Being written.", "aliases": [] }, { "name": "paid", "doc": "", "aliases": ["done"] },
    ] } });
    let item = json!({ "struct": { "name": "OrderItem", "doc": "One line.", "fields": [
        field("id", json!("uuid"), json!({ "kind": "id" })),
        field("quantity", json!({ "int": "i32" }), json!({ "default": { "literal": "1" }, "rules": { "range": { "min": "1", "max": null }, "length": null, "pattern": null } })),
        field("added_at", json!("date_time"), json!({ "kind": "event_time" })),
    ] } });
    let transitions = json!({ "machine": [{ "from": "open", "to": ["paid"] }] });
    let order = model(json!({
        "fields": [
            field("id", json!("uuid"), json!({ "kind": "id" })),
            field("status", status, json!({ "kind": transitions, "default": { "literal": "\"open\"" }, "doc": "Where it stands." })),
            field("items", json!({ "list": item }), json!({ "default": "of_type", "singular": "item" })),
            field("note", json!({ "option": "string" }), json!({ "optional": true })),
            field("badge", json!({ "int": "i64" }), json!({ "big": true, "default": { "literal": "\"0\"" } })),
            field("margin", json!({ "option": { "int": "i64" } }), json!({ "visibility": "owner_only" })),
            field("secret", json!({ "option": "string" }), json!({ "visibility": "excluded" })),
            field("updated_at", json!("date_time"), json!({ "kind": "updated_at" })),
        ],
        "events": [
            { "name": "created", "effect": "create" },
            { "name": "item_added", "effect": { "push": { "list": "items" } } },
            { "name": "item_removed", "effect": { "remove": { "list": "items" } } },
            { "name": "item_updated", "effect": { "update": { "list": "items" } } },
            { "name": "state_changed", "effect": { "transition": { "field": "status" } } },
            { "name": "updated", "effect": { "merge": { "fields": ["note"] } } },
            { "name": "archived", "effect": "delete" },
        ],
    }));
    Schema::new(vec![order]).expect("a sound schema")
}

fn as_json(schema: &Schema) -> Value {
    serde_json::to_value(document(schema, &Options::default())).expect("a document")
}

#[test]
fn a_schema_comes_back_from_its_document() {
    let schema = order();
    let document = document(&schema, &Options::default());
    assert_eq!(from_document(&document).unwrap(), schema);
    let through_json = parse(&to_json(&document)).unwrap();
    assert_eq!(through_json, document);
    let through_yaml = parse(&to_yaml(&document)).unwrap();
    assert_eq!(through_yaml, document);
    assert_eq!(from_document(&through_yaml).unwrap(), schema);
}

#[test]
fn every_route_is_there_under_its_prefix() {
    let paths: Vec<String> = document(
        &order(),
        &Options {
            prefix: "/v2".to_owned(),
            ..Options::default()
        },
    )
    .paths
    .paths
    .keys()
    .cloned()
    .collect();
    assert_eq!(
        paths,
        [
            "/v2/events/batch",
            "/v2/events/since",
            "/v2/events/snapshots",
            "/v2/events/history/{entity_type}/{entity_id}",
            "/v2/events/stream",
            "/v2/events/live",
            "/v2/live",
            "/v2/organizations/{tenant}/live",
            "/v1/shape",
            "/health",
            "/health/live",
            "/health/ready",
            "/openapi.json",
            "/openapi.yaml",
            "/v2/orders",
            "/v2/orders/{id}",
        ]
    );
}

#[test]
fn x_sync_says_what_the_model_is() {
    let document = as_json(&order());
    let x_sync = &document["paths"]["/api/v1/orders"]["x-sync"];
    assert_eq!(x_sync["mode"], "events");
    assert_eq!(x_sync["entity"], "order");
    assert_eq!(x_sync["events"][1], "item_added");
    assert_eq!(
        x_sync["snapshot"],
        json!({ "enabled": true, "events_per_snapshot": 50, "max_events": 100 })
    );
    assert_eq!(x_sync["schema_version"], 1);
    assert_eq!(
        x_sync["event_definitions"]["item_added"],
        json!({ "effect": { "push": { "list": "items" } }, "payload": { "$ref": "#/components/schemas/OrderItemAddedPayload" } })
    );
}

#[test]
fn states_require_what_everyone_gets() {
    let document = as_json(&order());
    let order = &document["components"]["schemas"]["Order"];
    assert_eq!(
        order["required"],
        json!(["id", "status", "items", "badge", "updated_at"])
    );
    let of = |name: &str| order["properties"][name].clone();
    assert_eq!(of("note"), json!({ "type": "string", "nullable": true }));
    assert_eq!(
        of("secret"),
        json!({ "type": "string", "nullable": true, "x-sync-exclude": true })
    );
    assert_eq!(of("margin")["x-owner-only"], true);
    assert_eq!(of("badge")["type"], "string");
    // A reference has no siblings.
    assert_eq!(
        of("status"),
        json!({ "allOf": [{ "$ref": "#/components/schemas/OrderStatus" }], "description": "Where it stands." })
    );
    assert_eq!(
        of("items"),
        json!({ "type": "array", "items": { "$ref": "#/components/schemas/OrderItem" } })
    );
}

#[test]
fn payloads_take_what_may_be_written() {
    let document = as_json(&order());
    let of = |name: &str| document["components"]["schemas"][name].clone();
    let keys = |name: &str| -> Vec<String> {
        let shape = of(name);
        assert_eq!(shape["additionalProperties"], false, "{name}");
        shape["properties"]
            .as_object()
            .map(|p| p.keys().cloned().collect())
            .unwrap_or_default()
    };
    assert_eq!(
        keys("OrderCreatedPayload"),
        ["badge", "items", "margin", "note"]
    );
    assert_eq!(of("OrderCreatedPayload").get("required"), None);
    assert_eq!(keys("OrderItemInput"), ["id", "quantity"]);
    assert_eq!(of("OrderItemInput")["required"], json!(["id"]));
    assert_eq!(of("OrderItemInput")["properties"]["quantity"]["minimum"], 1);
    assert_eq!(keys("OrderItemPatch"), ["quantity"]);
    assert_eq!(keys("OrderItemUpdatedPayload"), ["item", "item_id"]);
    assert_eq!(keys("OrderStateChangedPayload"), ["new_status"]);
    assert_eq!(keys("OrderArchivedPayload"), [""; 0]);
    assert_eq!(
        of("OrderEvent")["discriminator"]["mapping"]["order.created"],
        "#/components/schemas/OrderCreatedEvent"
    );
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    match value {
                        Value::String(to) if key == "$ref" => into.push(to),
                        value => references(value, into),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, into)),
            _ => {}
        }
    }
    for schema in [order(), Schema::new(vec![]).unwrap()] {
        let document = as_json(&schema);
        let mut all = Vec::new();
        references(&document, &mut all);
        for to in all {
            let pointer = to.strip_prefix('#').expect("local");
            assert!(document.pointer(pointer).is_some(), "{to}");
        }
    }
}

#[test]
fn two_models_may_want_one_name() {
    let order = order().models()[0].clone();
    let other = model(json!({
        "name": "OrderItemAdded", "entity": "order_item_added", "path": "added",
        "fields": [field("id", json!("uuid"), json!({ "kind": "id" }))],
        "events": [{ "name": "payload", "effect": "create" }],
    }));
    let problem = model(json!({
        "name": "Problem", "entity": "problem", "path": "problems",
        "fields": [field("id", json!("string"), json!({ "kind": "id" }))],
        "events": [{ "name": "created", "effect": "create" }],
    }));
    let schema = Schema::new(vec![order, other, problem]).unwrap();
    let document = document(&schema, &Options::default());
    assert_eq!(from_document(&document).unwrap(), schema);
    let schemas = &document.components.as_ref().unwrap().schemas;
    assert!(schemas.contains_key("Problem2"));
}

#[test]
fn a_damaged_extension_is_an_error_that_says_where() {
    let good = document(&order(), &Options::default());
    let with = |change: &dyn Fn(&mut Value)| {
        let mut bad = good.clone();
        if let Some(ReferenceOr::Item(PathItem { extensions, .. })) =
            bad.paths.paths.get_mut("/api/v1/orders")
        {
            change(extensions.get_mut("x-sync").unwrap());
        }
        from_document(&bad).unwrap_err().to_string()
    };
    let error = with(&|x| x["mode"] = json!("telepathy"));
    assert!(
        error.contains("/api/v1/orders") && error.contains("telepathy"),
        "{error}"
    );
    let error = with(&|x| x["events"] = json!(["vanished"]));
    assert!(error.contains("vanished"), "{error}");
    let error = with(&|x| x["fields"][1]["ty"] = json!({ "enum": "Nothing" }));
    assert!(error.contains("no enum \"Nothing\""), "{error}");
    let mut circle = good.clone();
    let types = circle.extensions.get_mut("x-sync-types").unwrap();
    types["OrderItem"]["struct"]["fields"][1]["ty"] = json!({ "struct": "OrderItem" });
    let error = from_document(&circle).unwrap_err().to_string();
    assert!(error.contains("contains itself"), "{error}");
}

#[test]
fn another_version_of_openapi_is_refused() {
    assert!(
        parse("openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {}")
            .unwrap_err()
            .to_string()
            .contains("3.1.0")
    );
    assert!(parse("a: [").is_err());
    let empty = parse("openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {}").unwrap();
    assert!(from_document(&empty).unwrap().models().is_empty());
}

#[test]
fn a_server_says_what_it_does_beyond_the_defaults() {
    let text = |options: &Options| to_json(&document(&order(), options));
    let plain = text(&Options::default());
    assert!(!plain.contains("429") && !plain.contains("TooManyRequests"));
    assert!(plain.contains("\"maxItems\": 500"));
    let limited = text(&Options {
        rate_limited: true,
        max_batch_events: 40,
        ..Options::default()
    });
    // On every route that asks who it is.
    assert_eq!(limited.matches("\"429\"").count(), 10);
    assert!(limited.contains("\"maxItems\": 40"));
}
