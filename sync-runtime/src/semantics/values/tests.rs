use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{rules::check_rules, *};
use crate::schema::*;

fn of(ty: &Type, value: Value) -> Option<Value> {
    normal(ty, false, Form::Input, value).ok()
}

fn big(value: Value) -> Option<Value> {
    normal(&Type::Int(IntType::I64), true, Form::Input, value).ok()
}

#[test]
fn decimals() {
    for (text, wanted) in [
        ("0", "0"),
        ("-0", "0"),
        ("+0.000", "0"),
        ("19.90", "19.9"),
        ("+19.9", "19.9"),
        ("007.50", "7.5"),
        ("100", "100"),
        ("1.00000000000000000000000000000000000000", "1"),
        (
            "-79228162514264337593543950335",
            "-79228162514264337593543950335",
        ),
        (
            "0.0000000000000000000000000001",
            "0.0000000000000000000000000001",
        ),
    ] {
        assert_eq!(
            of(&Type::Decimal, json!(text)),
            Some(json!(wanted)),
            "{text}"
        );
    }
    for text in [
        "",
        "-",
        "+",
        ".",
        ".5",
        "5.",
        "1e3",
        "1E3",
        " 1",
        "1 ",
        "--1",
        "+-1",
        "1.2.3",
        "0x1",
        "NaN",
        "Infinity",
        "1,5",
        "１",
        "79228162514264337593543950336",
        "0.00000000000000000000000000001",
    ] {
        assert_eq!(of(&Type::Decimal, json!(text)), None, "{text}");
    }
    assert_eq!(of(&Type::Decimal, json!(1)), None);
}

#[test]
fn integers() {
    let max = MAX_SAFE_INTEGER;
    for (value, wanted) in [
        (json!(1.0), Some(1)),
        (json!(-0.0), Some(0)),
        (json!(max), Some(max)),
        (json!(-max), Some(-max)),
        (json!(max + 1), None),
        (json!(1.5), None),
        (json!("1"), None),
        (json!(u64::MAX), None),
        (json!(true), None),
        (json!(null), None),
    ] {
        let wanted = wanted.map(Value::from);
        assert_eq!(
            of(&Type::Int(IntType::I64), value.clone()),
            wanted,
            "{value}"
        );
    }
    assert_eq!(of(&Type::Int(IntType::U8), json!(255)), Some(json!(255)));
    assert_eq!(of(&Type::Int(IntType::U8), json!(256)), None);
    assert_eq!(of(&Type::Int(IntType::U8), json!(-1)), None);
    assert_eq!(
        big(json!("-9223372036854775808")),
        Some(json!("-9223372036854775808"))
    );
    assert_eq!(big(json!("007")), Some(json!("7")));
    assert_eq!(big(json!("-0")), Some(json!("0")));
    for wrong in [
        json!(7),
        json!("9223372036854775808"),
        json!("+7"),
        json!("7.0"),
        json!("1e3"),
        json!(""),
        json!("-"),
    ] {
        assert_eq!(big(wrong.clone()), None, "{wrong}");
    }
}

#[test]
fn strings_and_sets() {
    assert_eq!(of(&Type::String, json!("a\u{0}")), None);
    assert_eq!(of(&Type::Char, json!("é")), Some(json!("é")));
    assert_eq!(of(&Type::Char, json!("e\u{301}")), None);
    assert_eq!(of(&Type::Char, json!("")), None);
    let upper = "67E55044-10B1-426F-9247-BB680E5FE0C8";
    assert_eq!(
        of(&Type::Uuid, json!(upper)),
        Some(json!(upper.to_lowercase()))
    );
    for wrong in [
        "67e5504410b1426f9247bb680e5fe0c8",
        "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
        "urn:uuid:67e55044-10b1-426f-9247-bb680e5fe0c8",
        "",
    ] {
        assert_eq!(of(&Type::Uuid, json!(wrong)), None, "{wrong}");
    }
    let strings = Type::Set(crate::schema::Ref::Static(&Type::String));
    // By code point, not by UTF-16 unit, and never by canonical equivalence.
    assert_eq!(
        of(
            &strings,
            json!(["😀", "\u{ffee}", "é", "e\u{301}", "b", "b", "B"])
        ),
        Some(json!(["B", "b", "e\u{301}", "é", "\u{ffee}", "😀"]))
    );
    let numbers = Type::Set(crate::schema::Ref::Static(&Type::Int(IntType::I32)));
    assert_eq!(
        of(&numbers, json!([10, 9, -1, 1e1])),
        Some(json!([-1, 9, 10]))
    );
}

#[test]
fn any_json() {
    assert_eq!(
        of(&Type::Json, json!({ "a": [1.0, -0.0, 1.5], "b": null })),
        Some(json!({ "a": [1, 0, 1.5], "b": null }))
    );
    for wrong in [
        json!({ "a\u{0}": 1 }),
        json!(["\u{0}"]),
        json!([MAX_SAFE_INTEGER + 1]),
    ] {
        assert_eq!(of(&Type::Json, wrong.clone()), None, "{wrong}");
    }
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[-+0-9.eE]{0,12}".prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
        "[0-9A-Fa-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}".prop_map(Value::from),
        "[0-9]{4}-[01][0-9]-[0-3][0-9]([Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,10})?([Zz]|[+-][01][0-9]:[0-5][0-9])?)?".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c]{0,2}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// A normal form is its own, in whatever state it was written and read again.
    #[test]
    fn normal_forms_are_final(value in anything()) {
        let types = [
            Type::Bool, Type::Int(IntType::I32), Type::Int(IntType::I64), Type::Int(IntType::U64), Type::Float32, Type::Float64, Type::String, Type::Char,
            Type::Uuid, Type::DateTime, Type::LocalDateTime, Type::Date, Type::Time, Type::Decimal, Type::Json,
        ];
        for ty in &types {
            for is_big in [false, true] {
                if let Ok(once) = normal(ty, is_big, Form::Input, value.clone()) {
                    let stored: Value = serde_json::from_str(&once.to_string()).unwrap();
                    prop_assert_eq!(&stored, &once);
                    let twice = normal(ty, is_big, Form::Input, stored).unwrap();
                    prop_assert_eq!(twice.to_string(), once.to_string(), "{:?}", ty);
                }
            }
        }
    }
}

#[test]
fn the_lengths_of_text_are_those_of_its_scalars() {
    let rules = Rules {
        length: Some(crate::schema::Length {
            min: Some(2),
            max: Some(3),
        }),
        pattern: Some(Cow::Borrowed("[a-z😀]+")),
        range: None,
    };
    assert!(check_rules(&rules, &json!("😀😀")).is_ok());
    assert!(check_rules(&rules, &json!("😀😀😀😀")).is_err());
    assert!(check_rules(&rules, &json!("a")).is_err());
    assert!(check_rules(&rules, &json!("ab\n")).is_err());
    assert!(check_rules(&rules, &json!("xab1")).is_err());
    assert!(check_rules(&rules, &Value::Null).is_ok());
}

#[test]
fn an_event_time_is_no_key_of_a_payload_inside_a_union_either() {
    let field = |name: &'static str, kind| Field {
        name: name.into(),
        doc: "".into(),
        ty: Ref::Static(&Type::String),
        default: None,
        kind,
        visibility: Visibility::Public,
        rules: Rules::NONE,
        big: false,
        optional: false,
        singular: "".into(),
        aliases: Vec::new().into(),
        conflict_manual: false,
    };
    let union = Type::Union(Ref::Boxed(Box::new(UnionType {
        name: "Mark".into(),
        doc: "".into(),
        tagging: Tagging::Internal { tag: "kind".into() },
        variants: vec![UnionVariant {
            name: "note".into(),
            doc: "".into(),
            aliases: Vec::new().into(),
            body: UnionBody::Struct(
                vec![
                    field("text", FieldKind::Plain),
                    field("at", FieldKind::EventTime),
                ]
                .into(),
            ),
        }]
        .into(),
    })));
    let given = json!({ "kind": "note", "text": "hot" });
    let payload = normal(&union, false, Form::Input, given.clone()).unwrap();
    assert_eq!(payload, given);
    let time = "2026-11-21T08:00:00.000Z";
    assert_eq!(
        complete(&union, false, payload, time),
        json!({ "kind": "note", "text": "hot", "at": time })
    );
    let forged = json!({ "kind": "note", "text": "hot", "at": time });
    assert!(normal(&union, false, Form::Input, forged).is_err());
}
