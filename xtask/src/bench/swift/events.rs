//! What a restaurant's feed brings.

use serde_json::{Value, json};

use crate::swift::Dice;

/// Created, six items, a tip, a guest, sent.
pub(super) const OF_AN_ORDER: usize = 10;
/// As many as a page of the feed has.
const PAGE: usize = 500;
/// So many orders are open at once.
const AT_ONCE: usize = 20;
const SEED: u64 = 0x5eed;

/// So many events of the feed in pages, an array a line; always the same.
pub(super) fn pages(count: usize) -> String {
    let mut dice = Dice::new(SEED);
    let mut events = Vec::with_capacity(count);
    while events.len() < count {
        let orders: Vec<String> = (0..AT_ONCE).map(|_| dice.uuid()).collect();
        for step in 0..OF_AN_ORDER {
            for order in &orders {
                events.push(event(&mut dice, order, step, events.len()));
            }
        }
    }
    let lines: Vec<String> = events
        .chunks(PAGE)
        .map(|page| json!(page).to_string())
        .collect();
    lines.join("\n")
}

fn event(dice: &mut Dice, order: &str, step: usize, at: usize) -> Value {
    let (name, payload) = match step {
        0 => (
            "created",
            json!({ "table_number": 7, "note": "no onions, the child is allergic" }),
        ),
        1..7 => (
            "item_added",
            json!({ "item": { "id": dice.uuid(), "name": "Burger with cheese", "price_cents": 1250, "quantity": 2 } }),
        ),
        7 => ("tip_added", json!({ "by": 200 })),
        8 => ("guest_joined", json!({ "by": 1 })),
        _ => ("state_changed", json!({ "new_status": "sent" })),
    };
    let id = dice.uuid();
    json!({
        "id": id,
        "event_type": format!("order.{name}"),
        "entity_type": "order",
        "entity_id": order,
        "payload": payload,
        "timestamp": format!("{:015}.00000.9f3c2a10", 1_763_712_000_000 + at),
        "schema_version": 1,
        "user_id": "anna",
        "idempotency_key": id,
        "seq": at + 1,
    })
}
