//! Forms of types: what the compiler resolves and the text does not show.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sync_runtime::{SyncType, Syncable, schema::Type};
use uuid::Uuid;

fn json(ty: &Type) -> String {
    serde_json::to_string(ty).unwrap()
}

#[test]
fn standard_types() {
    macro_rules! all {
        ($($ty:ty),* $(,)?) => { [$(format!("{} {}", stringify!($ty), json(<$ty>::TYPE))),*].join("\n") };
    }
    insta::assert_snapshot!(all![
        bool, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64, String, Box<str>, char, Uuid,
        DateTime<Utc>, DateTime<FixedOffset>, NaiveDateTime, NaiveDate, NaiveTime, Decimal, serde_json::Value,
        Option<i32>, Vec<Option<bool>>, BTreeSet<String>, HashSet<Uuid>, BTreeMap<String, i32>, HashMap<i64, bool>,
        Box<i32>, Arc<Vec<i32>>, [u8; 4], (i32,), (i32, String, bool, i8, i16, u8, u16, f64),
    ], @r#"
    bool "bool"
    i8 {"int":"i8"}
    i16 {"int":"i16"}
    i32 {"int":"i32"}
    i64 {"int":"i64"}
    i128 {"int":"i128"}
    isize {"int":"i64"}
    u8 {"int":"u8"}
    u16 {"int":"u16"}
    u32 {"int":"u32"}
    u64 {"int":"u64"}
    u128 {"int":"u128"}
    usize {"int":"u64"}
    f32 "float32"
    f64 "float64"
    String "string"
    Box<str> "string"
    char "char"
    Uuid "uuid"
    DateTime<Utc> "date_time"
    DateTime<FixedOffset> "date_time"
    NaiveDateTime "local_date_time"
    NaiveDate "date"
    NaiveTime "time"
    Decimal "decimal"
    serde_json::Value "json"
    Option<i32> {"option":{"int":"i32"}}
    Vec<Option<bool>> {"list":{"option":"bool"}}
    BTreeSet<String> {"set":"string"}
    HashSet<Uuid> {"set":"uuid"}
    BTreeMap<String, i32> {"map":{"key":"string","value":{"int":"i32"}}}
    HashMap<i64, bool> {"map":{"key":{"int":"i64"},"value":"bool"}}
    Box<i32> {"int":"i32"}
    Arc<Vec<i32>> {"list":{"int":"i32"}}
    [u8; 4] {"array":{"item":{"int":"u8"},"len":4}}
    (i32,) {"tuple":[{"int":"i32"}]}
    (i32, String, bool, i8, i16, u8, u16, f64) {"tuple":[{"int":"i32"},"string","bool",{"int":"i8"},{"int":"i16"},{"int":"u8"},{"int":"u16"},"float64"]}
    "#);
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, SyncType)]
struct Code(String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
#[serde(transparent)]
struct Grams {
    value: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
struct Point(f64, f64);

/// One page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
struct Page<T> {
    id: Uuid,
    #[sync(default)]
    rows: Vec<T>,
    next: Option<T>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, SyncType)]
enum Size {
    /// The least.
    #[serde(alias = "xs")]
    Small,
    #[default]
    Medium,
    #[serde(skip)]
    #[expect(dead_code, reason = "that it is on no wire is what is tested")]
    Secret,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
struct Card {
    number: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
enum Payment {
    Cash,
    ByCard(Card),
    Voucher {
        #[sync(length(max = 8), pattern = "[A-Z]+")]
        voucher_code: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    One(i32),
    None,
}

#[test]
fn derived_types() {
    let all = [
        Code::TYPE,
        Grams::TYPE,
        Point::TYPE,
        Page::<Code>::TYPE,
        Page::<Option<Vec<Page<i32>>>>::TYPE,
        Size::TYPE,
        Payment::TYPE,
        Adjacent::TYPE,
        BTreeMap::<Code, Size>::TYPE,
    ];
    insta::assert_snapshot!(all.map(json).join("\n"), @r#"
    "string"
    "float64"
    {"tuple":["float64","float64"]}
    {"struct":{"name":"PageString","doc":"One page.","fields":[{"name":"id","doc":"","ty":"uuid","default":null,"kind":"id","visibility":"public","rules":{"range":null,"length":null,"pattern":null},"big":false,"optional":false,"singular":"","aliases":[],"conflict_manual":false},{"name":"rows","doc":"","ty":{"list":"string"},"default":"of_type","kind":"plain","visibility":"public","rules":{"range":null,"length":null,"pattern":null},"big":false,"optional":false,"singular":"row","aliases":[],"conflict_manual":false},{"name":"next","doc":"","ty":{"option":"string"},"default":null,"kind":"plain","visibility":"public","rules":{"range":null,"length":null,"pattern":null},"big":false,"optional":false,"singular":"","aliases":[],"conflict_manual":false}]}}
    {"struct":{"name":"PageOptionalListOfPageI32","doc":"One page.","fields":[{"name":"id","doc":"","ty":"uuid","default":null,"kind":"id","visibility":"public","rules":{"range":null,"length":null,"pattern":null},"big":false,"optional":false,"singular":"","aliases":[],"conflict_manual":false},{"name":"rows","doc":"","ty":{"list":{"option":{"list":{"struct":{"name":"PageI32","doc":"One page.","fields":[{"name":"id","doc":"","ty":"uuid","default":null,"kind":"id","visibility":"public","rules":{"range":null,"length":null,"pattern":null},"big":false,"optional":false,"singular":"","aliases":[],"conflict_manual":false},{"name":"rows","doc":"","ty":{"list":{"int":"i32"}},"default":"of_type","kind":"plain","visibility":"public","rules":{"range":null,"length":null,"pattern":null},"big":false,"optional":false,"singular":"row","aliases":[],"conflict_manual":false},{"name":"next","doc":"","ty":{"option":{"int":"i32"}},"default":null,"kind":"plain","visibility":"public","rules":{"range":null,"length":null,"pattern":null},"big":false,"optional":false,"singular":"","aliases":[],"conflict_manual":false}]}}}}},"default":"of_type","kind":"plain","visibility":"public","rules":{"range":null,"length":null,"pattern":null},"big":false,"optional":false,"singular":"row","aliases":[],"conflict_manual":false},{"name":"next","doc":"","ty":{"option":{"option":{"list":{"struct":{"name":"PageI32","doc":"One page.","fields":[{"name":"id","doc":"","ty":"uuid","default":null,"kind":"id","visibility":"public","rules":{"range":null,"length":null,"pattern":null},"big":false,"optional":false,"singular":"","aliases":[],"conflict_manual":false},{"name":"rows","doc":"","ty":{"list":{"int":"i32"}},"default":"of_type","kind":"plain","visibility":"public","rules":{"range":null,"length":null,"pattern":null},"big":false,"optional":false,"singular":"row","aliases":[],"conflict_manual":false},{"name":"next","doc":"","ty":{"option":{"int":"i32"}},"default":null,"kind":"plain","visibility":"public","rules":{"range":null,"length":null,"pattern":null},"big":false,"optional":false,"singular":"","aliases":[],"conflict_manual":false}]}}}}},"default":null,"kind":"plain","visibility":"public","rules":{"range":null,"length":null,"pattern":null},"big":false,"optional":false,"singular":"","aliases":[],"conflict_manual":false}]}}
    {"enum":{"name":"Size","doc":"","variants":[{"name":"Small","doc":"The least.","aliases":["xs"]},{"name":"Medium","doc":"","aliases":[]}],"default":"Medium"}}
    {"union":{"name":"Payment","doc":"","tagging":{"internal":{"tag":"kind"}},"variants":[{"name":"cash","doc":"","aliases":[],"body":"unit"},{"name":"by_card","doc":"","aliases":[],"body":{"newtype":{"struct":{"name":"Card","doc":"","fields":[{"name":"number","doc":"","ty":"string","default":null,"kind":"plain","visibility":"public","rules":{"range":null,"length":null,"pattern":null},"big":false,"optional":false,"singular":"","aliases":[],"conflict_manual":false}]}}}},{"name":"voucher","doc":"","aliases":[],"body":{"struct":[{"name":"voucherCode","doc":"","ty":"string","default":null,"kind":"plain","visibility":"public","rules":{"range":null,"length":{"min":null,"max":8},"pattern":"[A-Z]+"},"big":false,"optional":false,"singular":"","aliases":[],"conflict_manual":false},{"name":"note","doc":"","ty":{"option":"string"},"default":null,"kind":"plain","visibility":"public","rules":{"range":null,"length":null,"pattern":null},"big":false,"optional":true,"singular":"","aliases":[],"conflict_manual":false}]}}]}}
    {"union":{"name":"Adjacent","doc":"","tagging":{"adjacent":{"tag":"t","content":"c"}},"variants":[{"name":"One","doc":"","aliases":[],"body":{"newtype":{"int":"i32"}}},{"name":"None","doc":"","aliases":[],"body":"unit"}]}}
    {"map":{"key":"string","value":{"enum":{"name":"Size","doc":"","variants":[{"name":"Small","doc":"The least.","aliases":["xs"]},{"name":"Medium","doc":"","aliases":[]}],"default":"Medium"}}}}
    "#);
}

type Id = Uuid;
type Tags = Vec<String>;
type Maybe = Option<Tags>;
type Moment = DateTime<Utc>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
#[serde(rename_all = "camelCase")]
struct LineItem {
    #[sync(id)]
    line_no: i32,
    id: String,
    #[serde(default)]
    unit_price: i64,
}

macro_rules! model {
    ($name:ident { $($field:ident: $ty:ty),* }) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
        #[sync(mode = "events", events(created, tag_added, tag_removed), snapshot(off))]
        struct $name { $($field: $ty),* }
    };
}

model!(Made {
    id: Id,
    tags: Tags,
    more: Maybe,
    created_at: Moment
});

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
#[sync(
    mode = "events",
    entity = "basket",
    events(created, line_item_added, line_item_removed, line_item_updated, size_changed, updated(merge(size, all))),
    field_groups(lines = [line_items]),
    roles(editor = [lines], viewer = []),
    version = 3,
    upcast(2 -> 3: rename(colour -> shade)),
    upcast(1 -> 2: rename(old -> line_items), default(size = "Small")),
)]
#[serde(rename_all = "camelCase")]
pub struct Cart {
    #[sync(id)]
    cart_code: CartCode,
    #[sync(default)]
    line_items: Vec<LineItem>,
    #[sync(default)]
    size: Size,
    #[serde(skip_serializing_if = "Option::is_none", alias = "everything")]
    all: Option<Page<Code>>,
    #[cfg(any())]
    gone: std::time::Duration,
    #[serde(skip)]
    #[allow(dead_code)]
    cache: i32,
    #[sync(created_at)]
    opened_at: Moment,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, SyncType)]
pub struct CartCode(Uuid);

#[test]
fn models() {
    for model in [Made::MODEL, Cart::MODEL] {
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
fn events_of_what_hides_behind_names() {
    use sync_runtime::ModelEvent;
    let events = [
        MadeEvent::TagAdded(MadeTagAdded {
            tag: "a".to_owned(),
        }),
        MadeEvent::TagRemoved(MadeTagRemoved {
            tag_id: "a".to_owned(),
        }),
    ];
    for event in events {
        let payload = event.to_payload().unwrap();
        assert_eq!(payload, serde_json::json!({ "tag": "a" }));
        assert_eq!(
            MadeEvent::from_payload(event.name(), &payload, Utc::now()).unwrap(),
            event
        );
    }
    let item = LineItemPatch {
        unit_price: Some(5),
        ..LineItemPatch::default()
    };
    let event = CartEvent::LineItemUpdated(CartLineItemUpdated {
        line_item_id: 3,
        line_item: item,
    });
    let payload = event.to_payload().unwrap();
    assert_eq!(
        payload,
        serde_json::json!({ "lineItem_id": 3, "lineItem": { "unitPrice": 5 } })
    );
    assert_eq!(
        CartEvent::from_payload(event.name(), &payload, Utc::now()).unwrap(),
        event
    );
}
