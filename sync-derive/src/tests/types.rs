//! Errors of `#[derive(SyncType)]`.

use insta::assert_snapshot;

use super::type_errors;

#[test]
fn forms() {
    assert_snapshot!(type_errors("struct A;"), @r#"[A] a struct without fields has nothing to carry"#);
    assert_snapshot!(type_errors("struct A();"), @r#"[A] a struct without fields has nothing to carry"#);
    assert_snapshot!(type_errors("enum A {}"), @r#"[A] an enum has at least one member"#);
    assert_snapshot!(type_errors("union A { a: i32 }"), @r#"[A] a union has no JSON; write an enum"#);
    assert_snapshot!(type_errors("struct A<'a> { a: &'a str }"), @r#"
    ['a] a type that a model holds owns what it holds: no lifetimes
    "#);
    assert_snapshot!(type_errors("enum A { B(i32, i32), C() }"), @r#"
    [B] a member carries one value or named fields: name these
    [C] a member carries one value or named fields: name these
    [A] an enum has at least one member
    "#);
    assert_snapshot!(type_errors("#[serde(transparent)] struct A { a: i32, b: i32 }"), @r#"[transparent] a transparent struct has one field"#);
    assert_snapshot!(type_errors("#[serde(content = \"c\")] enum A { B(i32) }"), @r#"[content] 'content' needs a 'tag' beside it"#);
    assert_snapshot!(type_errors("struct Node { children: Vec<Node> }"), @r#"
    [Vec<Node>] 'Node' holds itself, which no schema can write out: refer to the other by its id
    "#);
    assert_snapshot!(type_errors("enum Node { Leaf, Branch(Box<Node>) }"), @r#"
    [Box<Node>] 'Node' holds itself, which no schema can write out: refer to the other by its id
    "#);
    assert_snapshot!(type_errors("struct A(i32, f64);"), @r#"no errors"#);
    assert_snapshot!(type_errors("#[serde(tag = \"t\", content = \"c\")] enum A { B, #[serde(skip)] C(i32, i32) }"), @r#"no errors"#);
}

#[test]
fn keys() {
    assert_snapshot!(type_errors(
        "#[sync(mode = \"events\")] struct A { #[sync(owner_only)] a: Option<i32>, #[sync(id)] b: Uuid, \
         #[sync(id)] c: Uuid, #[sync(default = 1, range(min = 1))] d: i32 }"
    ), @r#"
    [mode] unknown key of a type 'mode'
    [owner_only] unknown key of a struct's field 'owner_only', expected 'id', 'default', 'singular', 'event_time', 'range', 'length', 'pattern' or 'big'
    [c] a struct has one id
    "#);
    assert_snapshot!(type_errors("enum A { #[sync(x)] B { #[sync(id)] id: Uuid } }"), @r#"
    [x] unknown key of a member 'x'
    [id] unknown key of a member's field 'id', expected 'default', 'singular', 'event_time', 'range', 'length', 'pattern' or 'big'
    "#);
    assert_snapshot!(type_errors("struct A(#[sync(default)] i32);"), @r#"[default] unknown key of an unnamed field 'default'"#);
}
