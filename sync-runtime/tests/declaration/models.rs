//! The models of `events.md`, declared for real.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use sync_runtime::{Entity, Event, EventMeta, EventModel, ModelEvent, SyncType, Syncable};
use uuid::Uuid;

/// An order at a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(
    mode = "events",
    events(
        created,
        item_added,
        item_removed,
        item_updated,
        state_changed,
        note_changed,
        tip_added(increment(tip_cents)),
        guest_joined(increment(guests)),
        updated(merge(table_number, note, guests)),
        archived,
    ),
    snapshot(50, 100),
    notification = "redis"
)]
pub struct Order {
    pub id: Uuid,
    pub table_number: i32,
    #[sync(default = "open", state(open -> [sent, cancelled], sent -> [paid, cancelled]))]
    pub status: OrderStatus,
    #[sync(default)]
    pub items: Vec<OrderItem>,
    pub note: Option<String>,
    #[sync(default)]
    pub tip_cents: i64,
    #[sync(default = 1)]
    pub guests: i32,
    #[sync(owner_only)]
    pub margin_cents: Option<i64>,
    #[sync(exclude)]
    pub internal_notes: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
pub struct OrderItem {
    pub id: Uuid,
    pub name: String,
    #[sync(default = 1, range(min = 1))]
    pub quantity: i32,
    pub price_cents: i64,
    #[sync(event_time)]
    pub added_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, SyncType)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    Open,
    Sent,
    Paid,
    Cancelled,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(
    mode = "events",
    events(
        created,
        title_changed,
        label_added,
        label_removed,
        watcher_added,
        watcher_removed,
        moved(set(position)),
        settings_changed,
        deleted
    )
)]
pub struct Board {
    pub id: Uuid,
    pub title: String,
    #[sync(default)]
    pub labels: Vec<String>,
    #[sync(default)]
    pub watchers: BTreeSet<String>,
    #[sync(default)]
    pub position: f64,
    #[sync(default = { theme: "light", width: 80 })]
    pub settings: BoardSettings,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
pub struct BoardSettings {
    pub theme: String,
    pub width: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(
    mode = "events",
    version = 2,
    upcast(1 -> 2: rename(name -> waiter)),
    events(
        created,
        takings_changed,
        table_added,
        table_removed,
        margin_cents_changed,
        stage_changed,
        tips_split(custom(TipsSplit)),
    ),
)]
pub struct Shift {
    pub id: Uuid,
    pub waiter: String,
    pub opened_on: NaiveDate,
    #[sync(default = "0")]
    pub takings: Decimal,
    #[sync(default)]
    pub tables: BTreeSet<i32>,
    #[sync(default, big)]
    pub badge: i64,
    #[sync(owner_only)]
    pub margin_cents: Option<i64>,
    #[sync(exclude)]
    pub secret: Option<String>,
    #[sync(default = "open", state(open -> [closed]))]
    pub stage: ShiftStage,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, SyncType)]
#[serde(rename_all = "snake_case")]
pub enum ShiftStage {
    Open,
    Closed,
}

/// Tips shared among waiters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SyncType)]
pub struct TipsSplit {
    pub shares: i32,
}

impl Shift {
    fn tips_split(&mut self, split: &TipsSplit, _meta: &EventMeta) {
        self.takings = (self.takings / Decimal::from(split.shares)).trunc_with_scale(2);
    }
}

const ID: &str = "77aa0000-0000-4000-8000-000000000001";
const ITEM: &str = "77aa0000-0000-4000-8000-000000000002";

#[test]
fn schemas() {
    for model in [Order::MODEL, Board::MODEL, Shift::MODEL] {
        insta::with_settings!({
            snapshot_path => "../../../snapshots/schema",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(&*model.entity, serde_json::to_string_pretty(model).unwrap());
        });
    }
}

#[test]
fn the_section_holds_what_serde_writes() {
    const FRAME: [u8; sync_runtime::embed::len(Order::MODEL)] =
        sync_runtime::embed::bytes(Order::MODEL);
    assert_eq!(
        sync_runtime::embed::read_section(&FRAME).unwrap(),
        std::slice::from_ref(Order::MODEL)
    );
    assert!(FRAME.ends_with(serde_json::to_string(Order::MODEL).unwrap().as_bytes()));
}

fn at(second: u64) -> EventMeta {
    let ms = 1_763_712_000_000 + second * 1000;
    EventMeta {
        id: Uuid::from_u128(second.into()),
        entity_id: ID.to_owned(),
        timestamp: format!("{ms:015}.00000.00000001"),
        time: DateTime::from_timestamp_millis(ms.try_into().unwrap()).unwrap(),
        user_id: None,
    }
}

fn fold<M: EventModel>(
    apply: impl Fn(Entity<M>, &Event<M::Event>) -> Entity<M>,
    events: impl IntoIterator<Item = M::Event>,
) -> Entity<M> {
    let events = events.into_iter().zip(0..);
    events.fold(Entity::Absent, |state, (event, second)| {
        apply(
            state,
            &Event {
                meta: at(second),
                event,
            },
        )
    })
}

fn new_order() -> OrderEvent {
    OrderEvent::Created(OrderCreated {
        table_number: 7,
        items: None,
        note: Some("no onions".to_owned()),
        tip_cents: None,
        guests: Some(2),
        margin_cents: Some(5),
    })
}

fn burger() -> OrderItem {
    OrderItem {
        id: ITEM.parse().unwrap(),
        name: "Burger".to_owned(),
        quantity: 1,
        price_cents: 1250,
        added_at: DateTime::UNIX_EPOCH,
    }
}

#[test]
fn typed_events_fold_into_typed_states() {
    let order = fold(
        Order::apply,
        [
            new_order(),
            OrderEvent::ItemAdded(OrderItemAdded { item: burger() }),
            OrderEvent::ItemUpdated(OrderItemUpdated {
                item_id: burger().id,
                item: OrderItemPatch {
                    quantity: Some(3),
                    ..OrderItemPatch::default()
                },
            }),
            OrderEvent::StateChanged(OrderStateChanged {
                new_status: OrderStatus::Sent,
            }),
            OrderEvent::StateChanged(OrderStateChanged {
                new_status: OrderStatus::Open,
            }),
            OrderEvent::TipAdded(OrderTipAdded { by: 200 }),
            OrderEvent::GuestJoined(OrderGuestJoined { by: 1 }),
            OrderEvent::Updated(OrderUpdated {
                note: Some(None),
                ..OrderUpdated::default()
            }),
        ],
    )
    .live()
    .unwrap();
    assert_eq!(
        order.items,
        [OrderItem {
            quantity: 3,
            added_at: at(1).time,
            ..burger()
        }]
    );
    assert_eq!(
        (order.status, order.tip_cents, order.guests, order.note),
        (OrderStatus::Sent, 200, 3, None)
    );
    assert_eq!(
        (order.table_number, order.margin_cents, order.internal_notes),
        (7, Some(5), None)
    );
    assert_eq!(
        (order.created_at, order.updated_at),
        (at(0).time, at(7).time)
    );
    assert_eq!(order.id, ID.parse::<Uuid>().unwrap());
}

#[test]
fn an_end_is_an_end() {
    let item = OrderEvent::ItemAdded(OrderItemAdded { item: burger() });
    assert_eq!(fold(Order::apply, [item.clone()]), Entity::Absent);
    let archived = OrderEvent::Archived(OrderArchived {});
    assert_eq!(
        fold(Order::apply, [new_order(), archived, item]),
        Entity::Deleted
    );
}

#[test]
fn an_excluded_field_stays() {
    let Entity::Live(order) = fold(Order::apply, [new_order()]) else {
        panic!("created")
    };
    let order = Order {
        internal_notes: Some("regular".to_owned()),
        ..order
    };
    let event = OrderEvent::TipAdded(OrderTipAdded { by: 1 });
    let after = Order::apply(Entity::Live(order), &Event { meta: at(9), event })
        .live()
        .unwrap();
    assert_eq!(after.internal_notes.as_deref(), Some("regular"));
}

#[test]
fn a_custom_effect_is_the_function_of_the_model() {
    let shift = fold(
        Shift::apply,
        [
            ShiftEvent::Created(ShiftCreated {
                waiter: "Ana".to_owned(),
                opened_on: NaiveDate::from_ymd_opt(2026, 11, 21).unwrap(),
                takings: Some("100".parse().unwrap()),
                tables: None,
                badge: Some(i64::MAX),
                margin_cents: None,
            }),
            ShiftEvent::TipsSplit(TipsSplit { shares: 3 }),
            // A division by zero panics: the event does nothing.
            ShiftEvent::TipsSplit(TipsSplit { shares: 0 }),
            ShiftEvent::TableAdded(ShiftTableAdded { table: 4 }),
            ShiftEvent::TableRemoved(ShiftTableRemoved { table: 5 }),
        ],
    )
    .live()
    .unwrap();
    assert_eq!(shift.takings, "33.33".parse::<Decimal>().unwrap());
    assert_eq!((shift.badge, shift.tables), (i64::MAX, BTreeSet::from([4])));
}

/// The payload as it travels, and back.
fn there_and_back<E: ModelEvent + PartialEq>(event: E) -> String {
    let payload = event.to_payload().unwrap();
    assert_eq!(
        E::from_payload(event.name(), &payload, DateTime::UNIX_EPOCH).unwrap(),
        event
    );
    format!("{} {payload}", event.name())
}

#[test]
fn payloads_as_they_travel() {
    let patch = OrderItemPatch {
        price_cents: Some(1),
        ..OrderItemPatch::default()
    };
    let lines = [
        there_and_back(new_order()),
        there_and_back(OrderEvent::ItemAdded(OrderItemAdded { item: burger() })),
        there_and_back(OrderEvent::ItemRemoved(OrderItemRemoved {
            item_id: burger().id,
        })),
        there_and_back(OrderEvent::ItemUpdated(OrderItemUpdated {
            item_id: burger().id,
            item: patch,
        })),
        there_and_back(OrderEvent::StateChanged(OrderStateChanged {
            new_status: OrderStatus::Sent,
        })),
        there_and_back(OrderEvent::NoteChanged(OrderNoteChanged { note: None })),
        there_and_back(OrderEvent::TipAdded(OrderTipAdded { by: -5 })),
        there_and_back(OrderEvent::Updated(OrderUpdated {
            note: Some(None),
            ..OrderUpdated::default()
        })),
        there_and_back(OrderEvent::Updated(OrderUpdated::default())),
        there_and_back(OrderEvent::Archived(OrderArchived {})),
        there_and_back(BoardEvent::LabelAdded(BoardLabelAdded {
            label: "a".to_owned(),
        })),
        there_and_back(BoardEvent::LabelRemoved(BoardLabelRemoved {
            label: "a".to_owned(),
        })),
        there_and_back(BoardEvent::WatcherAdded(BoardWatcherAdded {
            watcher: "w".to_owned(),
        })),
        there_and_back(BoardEvent::SettingsChanged(BoardSettingsChanged {
            settings: BoardSettings {
                theme: "dark".to_owned(),
                width: 1,
            },
        })),
        there_and_back(ShiftEvent::TakingsChanged(ShiftTakingsChanged {
            takings: "19.9".parse().unwrap(),
        })),
        there_and_back(ShiftEvent::TipsSplit(TipsSplit { shares: 3 })),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r#"
    created {"guests":2,"margin_cents":5,"note":"no onions","table_number":7}
    item_added {"item":{"id":"77aa0000-0000-4000-8000-000000000002","name":"Burger","price_cents":1250,"quantity":1}}
    item_removed {"item_id":"77aa0000-0000-4000-8000-000000000002"}
    item_updated {"item":{"price_cents":1},"item_id":"77aa0000-0000-4000-8000-000000000002"}
    state_changed {"new_status":"sent"}
    note_changed {"note":null}
    tip_added {"by":-5}
    updated {"note":null}
    updated {}
    archived {}
    label_added {"label":"a"}
    label_removed {"label":"a"}
    watcher_added {"watcher":"w"}
    settings_changed {"settings":{"theme":"dark","width":1}}
    takings_changed {"takings":"19.9"}
    tips_split {"shares":3}
    "#);
}

#[test]
fn what_a_payload_leaves_out_is_filled_in() {
    let payload =
        serde_json::json!({ "item": { "id": ITEM, "name": "Burger", "price_cents": 1250 } });
    let event = OrderEvent::from_payload("item_added", &payload, at(3).time).unwrap();
    assert_eq!(
        event,
        OrderEvent::ItemAdded(OrderItemAdded {
            item: OrderItem {
                added_at: at(3).time,
                ..burger()
            }
        })
    );
}

#[test]
fn payloads_that_do_not_fit() {
    let error = |name: &str, payload: serde_json::Value| {
        OrderEvent::from_payload(name, &payload, at(0).time)
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(error("item_aded", serde_json::json!({})), @r#"payload of `item_aded`: the model has no event of that name"#);
    insta::assert_snapshot!(error("tip_added", serde_json::json!({})), @r#"payload of `tip_added`: missing field `by`"#);
    insta::assert_snapshot!(error("state_changed", serde_json::json!({ "new_status": "opne" })), @r#"
    payload of `state_changed`: unknown variant `opne`, expected one of `open`, `sent`, `paid`, `cancelled`
    "#);
    let too_much = OrderEvent::TipAdded(OrderTipAdded { by: i64::MAX });
    insta::assert_snapshot!(too_much.to_payload().unwrap_err(), @r#"
    payload of `tip_added`: /by: expected an integer from -9007199254740991 to 9007199254740991
    "#);
}
