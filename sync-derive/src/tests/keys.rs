//! Every key, as the schema gets it.

use insta::assert_snapshot;
use syn::DeriveInput;

use super::with;
use crate::{ctxt::Ctxt, input::Model};

fn model(source: &str, see: impl FnOnce(&Model<'_>) -> String) -> String {
    let input: DeriveInput = syn::parse_str(source).expect("the test is Rust");
    let cx = Ctxt::new();
    let model = Model::parse(&cx, &input).expect("a struct");
    let seen = see(&model);
    cx.finish().expect("no errors");
    seen
}

#[test]
fn entity_and_path() {
    let names = |source: &str| model(source, |it| format!("{} {:?}", it.entity(), it.path()));
    assert_snapshot!(names("struct OrderItem { id: Uuid }"), @r#"order_item Some("order_items")"#);
    assert_snapshot!(names("struct HTTPLog { id: Uuid }"), @r#"http_log Some("http_logs")"#);
    assert_snapshot!(names("struct Category { id: Uuid }"), @r#"category Some("categories")"#);
    assert_snapshot!(names("#[sync(entity = \"line\")] struct Row { id: Uuid }"), @r#"line Some("lines")"#);
    assert_snapshot!(names("#[sync(path = \"people\")] struct Person { id: Uuid }"), @r#"person Some("people")"#);
    assert_snapshot!(names("struct r#Type { id: Uuid }"), @r#"type Some("types")"#);
}

#[test]
fn defaults_as_json() {
    let fields = r##"
        #[sync(default = "o\"p\n")] a: String,
        #[sync(default = -1_000)] b: i32,
        #[sync(default = 0x10u8)] c: i32,
        #[sync(default = 1.50)] d: f64,
        #[sync(default = [])] e: Vec<i32>,
        #[sync(default = [1, [2, "x"], null])] f: X,
        #[sync(default = { theme: "light", "wide-side": 80, type: { a: true, }, })] g: X,
        #[sync(default = None)] h: Option<i32>,
        #[sync(default)] i: i32,
        #[serde(default)] j: i32,
        #[serde(default = "path")] #[sync(default = 3)] k: i32,
        l: i32,
    "##;
    assert_snapshot!(model(&with("events(created)", fields), |model| {
        let lines = model.fields.iter().skip(1).map(|field| match &field.default {
            Some(crate::input::field::DefaultDecl::Literal(literal)) => literal.json.clone(),
            Some(crate::input::field::DefaultDecl::OfType(_)) => "of type".to_owned(),
            None => "none".to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }), @r#"
    "o\"p\n"
    -1000
    16
    1.50
    []
    [1,[2,"x"],null]
    {"theme":"light","wide-side":80,"type":{"a":true}}
    null
    of type
    of type
    3
    none
    "#);
}

#[test]
fn kinds() {
    let fields = "#[sync(default = \"a\", state(a -> [b]))] stage: Stage, #[sync(event_time)] at: DateTime<Utc>,
        #[sync(created_at)] made: DateTime<Utc>, updated_at: Time, note: String, #[serde(skip)] cache: i32";
    assert_snapshot!(model(&with("events(created)", fields), |model| {
        let lines = model.fields.iter().map(|field| format!("{} {:?}", field.name(), field.kind));
        lines.collect::<Vec<_>>().join("\n")
    }), @r#"
    id Id
    stage Machine
    at EventTime
    made CreatedAt
    updated_at UpdatedAt
    note Plain
    "#);
}

#[test]
fn singulars_follow_the_rename_rule() {
    let source =
        "#[serde(rename_all = \"camelCase\")] struct Order { id: Uuid, line_items: Vec<Item>,
        #[serde(rename = \"rows\")] entries: Vec<Item> }";
    assert_snapshot!(model(source, |model| {
        let lines = model.fields.iter().map(|field| {
            let singular = field.singular.as_ref().map(|it| (it.rust.as_str(), it.wire.as_str()));
            format!("{} {singular:?}", field.wire)
        });
        lines.collect::<Vec<_>>().join("\n")
    }), @r#"
    id None
    lineItems Some(("line_item", "lineItem"))
    rows Some(("entry", "entry"))
    "#);
}

#[test]
fn docs() {
    let source = "/// First.\n///\n///   indented\n#[doc = \"more\"] /** block\n * text */ struct Order { id: Uuid }";
    assert_snapshot!(model(source, |model| model.doc.clone()), @r#"
    First.

      indented
    more
    block
    * text
    "#);
}
