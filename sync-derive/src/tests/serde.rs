//! Serde's attributes: the closed list, and what the rest are told.

use insta::assert_snapshot;

use super::{errors_with, model_errors, type_errors};

#[test]
fn of_a_field() {
    assert_snapshot!(errors_with("events(created)", r#"
        #[serde(with = "x")] a: i32,
        #[serde(flatten)] b: Inner,
        #[serde(serialize_with = "x", deserialize_with = "y")] c: i32,
        #[serde(skip_serializing)] d: i32,
        #[serde(skip_serializing_if = "Vec::is_empty")] e: Vec<i32>,
        #[serde(skip_serializing_if = "Option::is_none")] f: i32,
        #[serde(default = "path")] g: i32,
        #[serde(rename(serialize = "x", deserialize = "y"))] h: i32,
        #[serde(borrow)] i: i32,
        #[serde(alais = "x")] j: i32,
    "#), @r#"
    [with = "x"] serde's 'with' cannot be carried to every target: what Rust code does to a value no other target can repeat; write a newtype with the JSON that you want
    [flatten] serde's 'flatten' cannot be carried to every target: write the fields where they belong, or give the inner struct a field of its own
    [serialize_with = "x"] serde's 'serialize_with' cannot be carried to every target: what Rust code does to a value no other target can repeat; write a newtype with the JSON that you want
    [deserialize_with = "y"] serde's 'deserialize_with' cannot be carried to every target: what Rust code does to a value no other target can repeat; write a newtype with the JSON that you want
    [skip_serializing] serde's 'skip_serializing' cannot be carried to every target: a field is carried both ways or, with `skip`, not at all
    [skip_serializing_if = "Vec::is_empty"] only `skip_serializing_if = "Option::is_none"` can be carried to every target
    [default = "path"] only running code knows this default: write the value too, `#[sync(default = ...)]`
    [rename(serialize = "x", deserialize = "y")] a name that differs between reading and writing cannot be carried to every target
    [borrow] serde's 'borrow' cannot be carried to every target; those that can are rename, alias, skip, default, skip_serializing_if
    [alais = "x"] serde's 'alais' cannot be carried to every target, did you mean 'alias'?
    [e] no rule gives the singular of 'e', which events and payloads are named after: write `#[sync(singular = "...")]`
    [skip_serializing_if] `Option::is_none` needs an `Option`, and 'f' is an integer
    "#);
}

#[test]
fn of_a_field_and_right() {
    assert_snapshot!(errors_with("events(created)", r#"
        #[serde(rename = "x", alias = "y", alias = "z")] a: i32,
        #[serde(rename(serialize = "w", deserialize = "w"))] b: i32,
        #[serde(skip, default = "path")] c: i32,
        #[serde(default, skip_serializing_if = "std::option::Option::is_none")] d: Option<i32>,
        #[serde(default = "path")] #[sync(default = 1)] e: i32,
    "#), @r#"no errors"#);
}

#[test]
fn of_a_container() {
    assert_snapshot!(model_errors(
        "#[sync(mode = \"events\", events(created))]
         #[serde(deny_unknown_fields, tag = \"t\", rename_all = \"camelcase\", default)] #[serde(crate = \"s\")]
         struct Order { id: Uuid, a: i32, b: Option<i32>, #[sync(default = 1)] c: i32 }"
    ), @r#"
    [deny_unknown_fields] serde's 'deny_unknown_fields' cannot be carried to every target: unknown keys of a payload are refused in any case, so leave it out
    [rename_all = "camelcase"] unknown rename rule 'camelcase', did you mean 'camelCase'?
    [tag] a tag is for enums: on a struct it cannot be carried to every target
    [a] serde takes this field's default from the struct's, which only running code knows: write the value too, `#[sync(default = ...)]`
    "#);
    assert_snapshot!(type_errors("#[serde(untagged)] enum Either { A(i32), B(String) }"), @r#"
    [untagged] serde's 'untagged' cannot be carried to every target: without a tag the targets cannot tell the members apart; use `tag`, or no attribute
    "#);
    assert_snapshot!(type_errors("#[serde(from = \"X\", remote = \"Y\")] struct A { a: i32 }"), @r#"
    [from = "X"] serde's 'from' cannot be carried to every target: what Rust code does to a value no other target can repeat; write a newtype with the JSON that you want
    [remote = "Y"] serde's 'remote' cannot be carried to every target: what Rust code does to a value no other target can repeat; write a newtype with the JSON that you want
    "#);
}

#[test]
fn names_that_collide() {
    assert_snapshot!(errors_with("events(created)", "#[serde(rename = \"b\")] a: i32, #[serde(alias = \"id\")] b: i32"), @r#"
    [b] two fields are called 'b' on the wire: 'a' and 'b'
    [b] two fields are called 'id' on the wire: 'id' and 'b'
    "#);
    assert_snapshot!(type_errors("enum Status { #[serde(rename = \"B\")] A, B }"), @r#"[B] two members are called 'B' on the wire: 'A' and 'B'"#);
}
