//! Errors of fields.

use insta::assert_snapshot;

use super::errors_with;

fn errors(fields: &str) -> String {
    errors_with("events(created)", fields)
}

#[test]
fn keys() {
    assert_snapshot!(errors(
        "#[sync(owner_onli)] a: Option<i32>, #[sync(exclude = true)] b: Option<i32>, #[sync(default, default)] c: i32, \
         #[sync(id = 1)] d: i32, #[sync(conflict = \"auto\")] e: i32, #[sync(default =)] f: i32, #[sync(5)] g: i32",
    ), @r#"
    [owner_onli] unknown key of a field 'owner_onli', did you mean 'owner_only'?
    [exclude] expected `exclude` alone, without a value
    [default] 'default' is there twice
    [id] expected `id` alone, without a value
    ["auto"] unknown conflict 'auto', expected 'manual'
    [default] expected a value after `default =`
    [5] expected a key
    "#);
}

#[test]
fn defaults() {
    assert_snapshot!(errors(
        "#[sync(default = open)] a: Status, #[sync(default(1))] b: i32, #[sync(default = { a = 1 })] c: Settings, \
         #[sync(default = \"a\\0b\")] d: String, #[sync(default = 1 + 1)] e: i32, #[sync(default = 'c')] f: char, \
         #[sync(default = \"2026\")] created_at: DateTime<Utc>",
    ), @r#"
    [open] a default is a literal; for a member of an enum write its name on the wire, `"open"`
    [default] expected `default` or `default = value`
    [=] expected `:`
    ["a\0b"] a string holds no U+0000
    [+] unexpected token
    ['c'] expected a string, a number, true or false
    ["2026"] 'created_at' is filled in, so a default has no use
    "#);
}

#[test]
fn machines() {
    assert_snapshot!(errors(
        r#"
            #[sync(state(open -> [sent]))] a: Status,
            #[sync(default = "open", state())] b: Status,
            #[sync(default = "open", state)] c: Status,
            #[sync(default = "open", state(open => [sent]))] d: Status,
            #[sync(default = "open", state(open -> [sent, sent], open -> [paid]))] e: Status,
            #[sync(default = "open", state(open -> sent))] f: String,
            #[sync(default = "open", state("in-progress" -> ["done"]))] g: Status,
            #[sync(default = "open", exclude, state(open -> [sent]))] h: Status,
        "#,
    ), @r#"
    [state] expected the moves, `state(open -> [sent, cancelled], ...)`
    [state] expected `state(open -> [sent, cancelled], ...)`
    [=] expected `state(open -> [sent, cancelled], ...)`
    [state] 'a' starts in its default, so it needs one: `default = "..."`
    [sent] 'sent' is there twice
    [open] the moves from 'open' are there twice
    [state] a state machine is an enum without data, and 'f' is a string
    [exclude] 'h' is a state machine, which events move: it cannot be 'exclude'
    "#);
}

#[test]
fn hidden() {
    assert_snapshot!(errors(
        "#[sync(exclude)] a: String, #[sync(owner_only)] b: i32, #[sync(exclude, owner_only)] c: Option<i32>, \
         #[sync(owner_only)] created_at: DateTime<Utc>, #[sync(owner_only, default)] d: i32",
    ), @r#"
    [exclude] 'a' is 'exclude', so others see it absent: make it an `Option` or give it a `default`
    [owner_only] 'b' is 'owner_only', so others see it absent: make it an `Option` or give it a `default`
    [owner_only] 'exclude' hides it from everyone, 'owner_only' from all but owners: choose one
    [owner_only] 'created_at' is seen by all, so it cannot be 'owner_only'
    "#);
}

#[test]
fn rules() {
    assert_snapshot!(errors(
        r#"
            #[sync(range(min = 9, max = 1))] a: i32,
            #[sync(range(min = 1))] b: String,
            #[sync(range(mn = 1))] c: i32,
            #[sync(range(min = "1"))] d: i32,
            #[sync(range())] e: i32,
            #[sync(length(min = 9, max = 1))] f: String,
            #[sync(length(max = 1))] g: i32,
            #[sync(length(mx = 1))] h: String,
            #[sync(length())] i: String,
            #[sync(pattern = "a.b")] j: String,
            #[sync(pattern = "a")] k: i32,
            #[sync(range(min = -1.5, max = 2))] l: f64,
            #[sync(length(min = 1, max = 2))] m: Option<String>,
        "#,
    ), @r#"
    [mn] unknown bound 'mn', did you mean 'min'?
    ["1"] expected a number
    [range] expected `range(min = 1, max = 9)`
    [mx] unknown bound 'mx', did you mean 'max'?
    [length] expected `length(min = 1, max = 9)`
    ["a.b"] '.' leaves out other characters in ECMAScript than in Rust: write `[^\n]`
    [range] 'min' is above 'max'
    [range] 'range' needs a number, and 'b' is a string
    [length] 'min' is above 'max'
    [length] 'length' needs a string, a list or a set, and 'g' is an integer
    ["a"] 'pattern' needs a string, and 'k' is an integer
    "#);
}

#[test]
fn kinds() {
    assert_snapshot!(errors(
        "#[sync(event_time, created_at)] a: DateTime<Utc>, #[sync(event_time)] b: String, #[sync(big)] c: i32, \
         #[sync(big)] d: String, #[sync(created_at)] made: DateTime<Utc>, created_at: DateTime<Utc>",
    ), @r#"
    [made] a second 'created_at' beside 'a'
    [event_time] a field is 'created_at' or 'event_time', not both
    [event_time] a time that is filled in is a `DateTime<Utc>`, and 'b' is a string
    [big] 'big' is for integers of 64 bits or more, and 'c' is a shorter one
    [big] 'big' is for integers of 64 bits or more, and 'd' is a string
    "#);
}

#[test]
fn a_created_at_that_is_no_time_is_a_field_like_any_other() {
    assert_snapshot!(errors_with("events(created, created_at_changed)", "created_at: i64"), @r#"no errors"#);
}

#[test]
fn lists() {
    assert_snapshot!(errors(
        "children: Vec<Child>, statuses: BTreeSet<String>, series: Vec<i32>, #[sync(singular = \"Item\")] a: Vec<i32>, \
         #[sync(singular = \"b\")] b: i32, #[sync(singular = \"c\")] c: Vec<i32>",
    ), @r#"
    ["Item"] a singular is in snake_case, such as "child"
    [children] no rule gives the singular of 'children', which events and payloads are named after: write `#[sync(singular = "...")]`
    [statuses] no rule gives the singular of 'statuses', which events and payloads are named after: write `#[sync(singular = "...")]`
    [series] no rule gives the singular of 'series', which events and payloads are named after: write `#[sync(singular = "...")]`
    ["b"] 'singular' is for lists and sets, and 'b' is an integer
    "#);
    assert_snapshot!(errors_with("events(created, child_added)", "children: Vec<Child>"), @r#"
    [children] no rule gives the singular of 'children', which events and payloads are named after: write `#[sync(singular = "...")]`
    "#);
}

#[test]
fn shapes() {
    assert_snapshot!(errors("a: Option<Option<i32>>, b: Vec<Order>"), @r#"
    [Option<Option<i32>>] JSON has one null: an `Option` inside an `Option` cannot be told from it
    [Vec<Order>] 'Order' holds itself, which no schema can write out: refer to the other by its id
    [b] no rule gives the singular of 'b', which events and payloads are named after: write `#[sync(singular = "...")]`
    "#);
}
