use serde_json::json;

use super::*;

const COLUMNS: [Known<'static>; 7] = [
    Known {
        name: "id",
        kind: Kind::Text,
    },
    Known {
        name: "name",
        kind: Kind::Text,
    },
    Known {
        name: "Odd \"one\"",
        kind: Kind::Text,
    },
    Known {
        name: "age",
        kind: Kind::Int,
    },
    Known {
        name: "price",
        kind: Kind::Decimal,
    },
    Known {
        name: "open",
        kind: Kind::Bool,
    },
    Known {
        name: "tags",
        kind: Kind::Json,
    },
];

fn read(text: &str, params: &[&str]) -> Result<Filter, String> {
    let params = (1..)
        .zip(params.iter().map(|it| (*it).to_owned()))
        .collect();
    Filter::read(text, &params, &COLUMNS)
}

/// Of Ada, who is 36, has no price, and is open.
fn holds(text: &str, params: &[&str]) -> bool {
    let row = json!({
        "id": "a", "name": "Ada", "Odd \"one\"": "x", "age": 36, "price": null, "open": true, "tags": ["b"],
    });
    let filter = read(text, params).unwrap_or_else(|reason| panic!("{text}: {reason}"));
    filter.holds(row.as_object().unwrap())
}

#[test]
fn conditions_hold_as_in_sql() {
    for (text, params) in [
        ("name = 'Ada'", &[][..]),
        ("Name = $1", &["Ada"]),
        ("\"name\" <> 'ada' AND \"Odd \"\"one\"\"\" = 'x'", &[]),
        ("age > 35 AND age <= 36 and age != 1", &[]),
        ("age = $1", &["36"]),
        ("age = '36'", &[]),
        ("age BETWEEN 1 AND $1", &["36"]),
        ("NOT (age BETWEEN 40 AND 50)", &[]),
        ("age IN (1, 36)", &[]),
        ("name NOT IN ('Bob', 'Cy')", &[]),
        ("age = ANY($1)", &["{1,36}"]),
        ("name = ANY($1)", &["{\"Bob\",\"Ada\"}"]),
        ("name = ANY($1::text[])", &["{Ada}"]),
        ("price IS NULL", &[]),
        ("tags IS NOT NULL", &[]),
        ("open", &[]),
        ("open = true AND open IS TRUE", &[]),
        ("open = $1", &["true"]),
        ("NOT open OR true", &[]),
        ("true = true", &[]),
        (
            "name LIKE 'A%' AND name LIKE '_d_' AND name LIKE '%d%'",
            &[],
        ),
        ("name ILIKE 'aD%'", &[]),
        ("name NOT LIKE 'A\\%'", &[]),
        (
            "upper(name) = 'ADA' AND lower(name) = 'ada' AND length(name) = 3",
            &[],
        ),
        ("concat(name, '-', id) = 'Ada-a'", &[]),
        ("name || '-' || id = 'Ada-a'", &[]),
        ("coalesce(price, 3) = 3.0", &[]),
        (
            "price IS DISTINCT FROM 1 AND price IS NOT DISTINCT FROM NULL",
            &[],
        ),
        ("(price > 1) IS UNKNOWN", &[]),
        ("id = 'a'::uuid AND age = $1::int8", &["36"]),
        ("age > -1", &[]),
    ] {
        assert!(holds(text, params), "{text}");
    }
    for (text, params) in [
        ("name = 'ada'", &[][..]),
        ("price = 1", &[]),
        ("NOT price = 1", &[]),
        ("price = 1 OR price <> 1", &[]),
        ("price NOT IN (1)", &[]),
        ("age IN (1, NULL)", &[]),
        ("name = ANY($1)", &["{}"]),
        ("false OR NULL", &[]),
        ("name LIKE 'A'", &[]),
        ("name LIKE 'A\\%'", &[]),
    ] {
        assert!(!holds(text, params), "{text}");
    }
}

#[test]
fn what_is_no_condition_is_refused_with_a_reason() {
    for text in [
        "",
        "name",
        "name =",
        "name = 'Ada' garbage",
        "name = 'Ada'; DROP TABLE contacts",
        "secret = 1",
        "age = 'x'",
        "age = name",
        "tags = 'x'",
        "name = $1",
        "id IN (SELECT id FROM contacts)",
        "EXISTS (SELECT 1)",
        "pg_sleep(10) IS NULL",
        "count(*) = 1",
        "age + 1 = 2",
        "name ~ 'A'",
        "name = ANY(ARRAY['a'])",
        "open > ",
        "CASE WHEN open THEN true END",
        "contacts.name = 'x'",
        "name LIKE 3",
        "upper(age) = '1'",
    ] {
        assert!(read(text, &[]).is_err(), "{text}");
    }
    assert!(read(&format!("name = '{}'", "x".repeat(9_000)), &[]).is_err());
}

#[test]
fn neither_depth_nor_length_hurts() {
    let deep = format!("{}open{}", "(".repeat(3_000), ")".repeat(3_000));
    assert!(read(&deep, &[]).is_err());
    // What people and query builders write is far from that.
    assert!(holds("(((open AND ((age > 1 OR (name = 'Ada'))))))", &[]));
    let nots = format!("{}open", "NOT ".repeat(2_000));
    assert!(read(&nots, &[]).is_err());
    let long = format!("open{}", " AND open".repeat(900));
    assert!(holds(&long, &[]));
    let wild = "%a".repeat(300);
    assert!(!holds(&format!("name LIKE '{wild}'"), &[]));
}
