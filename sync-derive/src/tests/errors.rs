//! Errors of a model as a whole.

use insta::assert_snapshot;

use super::{errors_with, model_errors};

#[test]
fn a_right_model() {
    assert_snapshot!(errors_with("events(created)", "note: String"), @r#"no errors"#);
}

#[test]
fn several_at_once() {
    assert_snapshot!(errors_with(
        "event(created), events(created, tip_added(incremnt(tip)), note_changed(set(nte))), snapshot(100, 50)",
        "#[sync(defalt)] note: String, tip: i64",
    ), @r#"
    [event] unknown key of a model 'event', did you mean 'events'?
    [incremnt] unknown event effect 'incremnt', did you mean 'increment'?
    [defalt] unknown key of a field 'defalt', did you mean 'default'?
    [nte] unknown field 'nte', did you mean 'note'?
    [snapshot] snapshot(100, 50): the first is when one is taken in the background, the second when one is taken before answering, so the first is at most the second; did you mean snapshot(50, 100)?
    "#);
}

#[test]
fn what_is_no_model() {
    assert_snapshot!(model_errors("enum Order { A }"), @r#"
    [Order] a model is a struct with named fields; derive `SyncType` for what it holds
    "#);
    assert_snapshot!(model_errors("struct Order(Uuid);"), @r#"[Order] a model is a struct with named fields"#);
    assert_snapshot!(model_errors("struct Order<T> { id: Uuid, of: T }"), @r#"[<T>] a model is not generic: it is a table"#);
    assert_snapshot!(model_errors("#[sync] struct Order { id: Uuid }"), @r#"
    [sync] expected `#[sync(...)]`
    "#);
}

#[test]
fn modes() {
    assert_snapshot!(model_errors("struct Order { id: Uuid }"), @r#"no errors"#);
    assert_snapshot!(model_errors("#[sync(events(created))] struct Order { id: Uuid }"), @r#"
    [events] 'events' belongs to mode "events", and a model without one is a plain typed API
    "#);
    assert_snapshot!(model_errors("#[sync(mode = \"event\")] struct Order { id: Uuid }"), @r#"["event"] unknown mode 'event', did you mean 'events'?"#);
    assert_snapshot!(model_errors(
        "#[sync(mode = \"rows\", events(created), snapshot(off), local_first, conflict = \"last_write_wins\")]
         struct Order { id: Uuid, #[sync(conflict = \"manual\")] note: String }"
    ), @r#"
    [events] 'events' belongs to mode "events"
    [snapshot] 'snapshot' belongs to mode "events"
    "#);
    assert_snapshot!(model_errors(
        "#[sync(mode = \"rows\", local_first, conflict = \"last_write_wins\", version = 2, notification = \"redis\", \
                field_groups(basic = [note]), roles(editor = [basic]))]
         struct Contact { id: i64, #[sync(conflict = \"manual\")] note: String, children: Vec<String> }"
    ), @r#"no errors"#);
    assert_snapshot!(model_errors("#[sync(mode = \"api\", tenant = false)] struct Order { id: i64 }"), @r#"no errors"#);
    assert_snapshot!(model_errors(
        "#[sync(mode = \"api\", local_first, conflict = \"reject\", version = 2, upcast(1 -> 2: rename(a -> note)), \
                notification = \"redis\")]
         struct Report { id: Uuid, #[sync(conflict = \"manual\", default = \"a\", state(a -> [b]))] note: Stage }"
    ), @r#"
    [local_first] 'local_first' belongs to mode "rows"
    ["reject"] 'conflict' belongs to mode "rows"
    ["manual"] 'conflict' belongs to mode "rows"
    [state] 'state' belongs to mode "events"
    ["redis"] 'notification' is for what is logged and synced, and a plain typed API is neither
    [2] 'version' is for what is logged and synced, and a plain typed API is neither
    [1] 'upcast' is for what is logged and synced, and a plain typed API is neither
    "#);
    assert_snapshot!(model_errors(
        "#[sync(mode = \"rows\", tenant = false)]
         struct Contact { id: i32, tx: String, #[serde(rename = \"field_tx\")] other: String, _seq: i32 }"
    ), @r#"
    [tenant] 'tenant = false' belongs to mode "api"
    [tx] 'tx' is a column in which a row's transactions are kept: call the field otherwise
    [other] 'field_tx' is a column in which a row's transactions are kept: call the field otherwise
    [_seq] '_seq' would be a column, and those that begin with '_' are the server's own
    [i32] an id is a `Uuid`, a newtype of it, a `String`, or an `i64`
    "#);
    assert_snapshot!(errors_with(
        "events(created), local_first, conflict = \"reject\", tenant = false",
        "#[sync(conflict = \"manual\")] note: String",
    ), @r#"
    [local_first] 'local_first' belongs to mode "rows"
    ["reject"] 'conflict' belongs to mode "rows"
    [tenant] 'tenant = false' belongs to mode "api"
    ["manual"] 'conflict' belongs to mode "rows"
    "#);
}

#[test]
fn names() {
    assert_snapshot!(errors_with("events(created), entity = \"Order\", path = \"Orders!\"", ""), @r#"
    ["Order"] an entity is written in snake_case, such as "line_item"
    ["Orders!"] a path is written in snake_case, such as "line_item"
    "#);
    assert_snapshot!(errors_with("events(created), path = \"events\"", ""), @r#"
    ["events"] 'events' is a path of the server's own: write another, `#[sync(path = "...")]`
    "#);
    assert_snapshot!(errors_with("events(created), entity = \"status\"", ""), @r#"
    ["status"] no rule gives the plural of 'status': write `#[sync(path = "...")]`
    "#);
    assert_snapshot!(model_errors("#[sync(mode = \"events\", events(created))] struct News { id: Uuid }"), @r#"
    [News] no rule gives the plural of 'news': write `#[sync(path = "...")]`
    "#);
    assert_snapshot!(model_errors("#[sync(mode = \"events\", events(created))] struct Organization { id: Uuid }"), @r#"
    [Organization] 'organizations' is a path of the server's own: write another, `#[sync(path = "...")]`
    "#);
}

#[test]
fn snapshots() {
    assert_snapshot!(errors_with("events(created), snapshot(100, 50)", ""), @r#"
    [snapshot] snapshot(100, 50): the first is when one is taken in the background, the second when one is taken before answering, so the first is at most the second; did you mean snapshot(50, 100)?
    "#);
    assert_snapshot!(errors_with("events(created), snapshot(0, 50)", ""), @r#"
    [snapshot] a snapshot is taken after at least 1 event; for none write `snapshot(off)`
    "#);
    assert_snapshot!(errors_with("events(created), snapshot(50)", ""), @r#"[snapshot] expected `snapshot(50, 100)` or `snapshot(off)`"#);
    assert_snapshot!(errors_with("events(created), snapshot(on)", ""), @r#"[on] expected `snapshot(50, 100)` or `snapshot(off)`"#);
    assert_snapshot!(errors_with("events(created), snapshot = 50", ""), @r#"[snapshot] expected `snapshot(50, 100)` or `snapshot(off)`"#);
    assert_snapshot!(errors_with("events(created), snapshot(off)", ""), @r#"no errors"#);
}

#[test]
fn ids() {
    assert_snapshot!(model_errors("#[sync(mode = \"events\", events(created))] struct Order { no: i32 }"), @r#"
    [Order] a model has an id: a field `id: Uuid`, or another that is marked `#[sync(id)]`
    "#);
    assert_snapshot!(model_errors("#[sync(mode = \"events\", events(created))] struct Order { id: i64 }"), @r#"
    [i64] a device cannot count ids on its own: in events mode an id is a `Uuid`, a newtype of it, or a `String`
    "#);
    assert_snapshot!(model_errors("#[sync(mode = \"events\", events(created))] struct Order { id: f64 }"), @r#"[f64] an id is a `Uuid`, a newtype of it, or a `String`"#);
    assert_snapshot!(errors_with("events(created)", "#[sync(id)] a: Uuid, #[sync(id)] b: Uuid"), @r#"[b] a model has one id"#);
    assert_snapshot!(errors_with("events(created)", "#[sync(id)] number: String"), @r#"no errors"#);
}

#[test]
fn events() {
    assert_snapshot!(model_errors("#[sync(mode = \"events\")] struct Order { id: Uuid }"), @r#"
    [Order] a model in events mode has at least one event: `events(created, ...)`
    "#);
    assert_snapshot!(errors_with("events()", ""), @r#"
    [events] a model in events mode has at least one event: `events(created, ...)`
    "#);
    assert_snapshot!(errors_with("events(note_changed, deleted)", "note: String"), @r#"
    [events] no event makes a new 'order': add 'created', or another name with the effect, such as `opened(create)`
    "#);
    assert_snapshot!(errors_with("events(opened(create), note_changed)", "note: String"), @r#"no errors"#);
    assert_snapshot!(errors_with("events = \"created\"", ""), @r#"[events] expected `events(created, ...)`"#);
    assert_snapshot!(errors_with("events(created, created)", ""), @r#"[created] a second event 'created'"#);
    assert_snapshot!(errors_with("events(Created(create), event(create), r__x(create))", ""), @r#"
    [Created] an event is written in snake_case, and in the past: 'item_added', not 'Created'
    [event] 'OrderEvent' is the enum of all events: call this one otherwise
    [r__x] an event is written in snake_case, and in the past: 'item_added', not 'r__x'
    "#);
    assert_snapshot!(errors_with("events(created, apply(custom(X)), emit(delete))", ""), @r#"
    [apply] 'Order::apply' is written by the derive: call this event otherwise
    "#);
    assert_snapshot!(errors_with(
        "events(a(), b(set), c(set()), d(push(x, y)), e(create(x)), f(custom), g(set(x) set(y)), h = 1, 5, i(merge()))",
        "x: i32, y: i32",
    ), @r#"
    [a] expected an effect, `a(set(field))`, or `a` alone
    [set] expected the fields, `set(field, ...)`
    [set] expected the fields, `set(field, ...)`
    [y] 'push' takes one list
    [create] 'create' takes no arguments
    [custom] expected the type of the payload, `custom(PayloadType)`
    [set] an event has one effect
    [=] expected `h` alone or `h(effect)`
    [5] expected the name of an event
    [merge] expected the fields, `merge(field, ...)`
    "#);
}

#[test]
fn effects_on_the_wrong_field() {
    assert_snapshot!(errors_with(
        "events(
            a(push(note)), b(remove(note)), c(update(labels)), d(update(watchers)), e(increment(note)),
            f(transition(note)), g(set(status)), h(merge(status, status)), i(increment(status)), j(set(id)),
            k(set(created_at)), l(merge(secret)), m(increment(maybe)), n(push(status)), o(set(at)), id_changed, created
        )",
        r#"
            note: String,
            labels: Vec<String>,
            watchers: BTreeSet<String>,
            #[sync(default = "a", state(a -> [b]))] status: Status,
            #[sync(exclude)] secret: Option<String>,
            maybe: Option<i32>,
            #[sync(event_time)] at: DateTime<Utc>,
            created_at: DateTime<Utc>,
        "#,
    ), @r#"
    [note] 'push' needs a list or a set, and 'note' is a string
    [note] 'remove' needs a list or a set, and 'note' is a string
    [labels] 'update' needs a list of structs with an id, and those of 'labels' have none
    [watchers] 'update' needs a list of structs with an id, and those of 'watchers' have none
    [note] 'increment' needs an integer, and 'note' is a string
    [note] 'transition' needs a state machine: give 'note' a `state(open -> [...], ...)`
    [status] 'status' is a state machine: only a `transition` moves it, no 'set'
    [status] 'status' is a state machine: only a `transition` moves it, no 'merge'
    [status] 'status' is a state machine: only a `transition` moves it, no 'merge'
    [status] 'status' is there twice
    [status] 'status' is a state machine: only a `transition` moves it, no 'increment'
    [id] 'id' is the id, which no event changes
    [created_at] 'created_at' is managed: no event writes it
    [secret] 'secret' is 'exclude', so no event carries it
    [maybe] 'increment' needs an integer, and 'maybe' is an `Option`
    [status] 'status' is a state machine: only a `transition` moves it, no 'push'
    [at] 'at' is filled with the time of the event: no payload writes it
    [id_changed] 'id' is the id, which no event changes
    "#);
}

#[test]
fn unknown_fields() {
    assert_snapshot!(errors_with(
        "events(a(set(tabel_number)), b(merge(xyz)), c(increment(cache)))",
        "table_number: i32, #[serde(skip)] cache: i32",
    ), @r#"
    [tabel_number] unknown field 'tabel_number', did you mean 'table_number'?
    [xyz] unknown field 'xyz', expected 'id' or 'table_number'
    [cache] 'cache' is skipped by serde, so it is not part of the model
    "#);
}

#[test]
fn rights() {
    assert_snapshot!(errors_with(
        "events(created), field_groups(basic = [note, nte], none = [], basic = [note, note], ids = [id]), \
         roles(viewer = [], editor = [baisc, basic], viewer = [basic, basic])",
        "note: String",
    ), @r#"
    [basic] a second field group 'basic'
    [nte] unknown field 'nte', did you mean 'note'?
    [none] the field group 'none' names no field
    [note] 'note' is there twice
    [id] 'id' is written by no payload, so it is in no field group
    [viewer] a second role 'viewer'
    [baisc] unknown field group 'baisc', did you mean 'basic'?
    [basic] 'basic' is there twice
    "#);
    assert_snapshot!(errors_with("events(created), field_groups(basic), roles(editor = basic)", "note: String"), @r#"
    [basic] expected `field_groups(basic = [field, ...])`
    [editor] expected `roles(editor = [group, ...])`
    "#);
}

#[test]
fn upcasts() {
    assert_snapshot!(errors_with(
        "events(created), version = 2, upcast(1 -> 2: rename(name -> note), default(guests = 1), crate::lift)",
        "note: String, guests: i32",
    ), @"no errors");
    assert_snapshot!(errors_with(
        "events(created), version = 2, upcast(1 -> 2: lift, crate::other)",
        "note: String",
    ), @"[crate::other] an upcast runs one function, which each client brings too: call the other from it");
    assert_snapshot!(errors_with(
        "events(created), version = 2, upcast(1 -> 2: rename(name -> note), default(guests = 1))",
        "note: String, guests: i32",
    ), @r#"no errors"#);
    assert_snapshot!(errors_with(
        "events(created), version = 0, upcast(1 -> 3), upcast(0 -> 1), upcast(1 -> 2: renam(a -> b)), upcast(1 -> 2), \
         upcast(rename(a -> b)), upcast(1 -> 2: rename(a, b)), upcast(1 -> 2: default(a = b))",
        "",
    ), @r#"
    [0] versions count from 1
    [renam] unknown step of an upcast 'renam', did you mean 'rename'?
    [rename] expected `upcast(1 -> 2: rename(old -> new), default(field = value))`
    [,] expected `->`
    [b] a default is a literal; for a member of an enum write its name on the wire, `"b"`
    [1] an upcast goes from one version to the next, and this from 1 to 3
    [0] an upcast goes from one version to the next, and this from 0 to 1
    [1] an upcast to version 2, and the model is at version 0: write `version = 2`
    [1] a second upcast from version 1
    [1] an upcast to version 2, and the model is at version 0: write `version = 2`
    [1] a second upcast from version 1
    "#);
}

#[test]
fn values_of_keys() {
    assert_snapshot!(errors_with(
        "events(created), notification = \"redi\", version = \"2\", tenant = 1, entity = order, path, mode = \"rows\"",
        "",
    ), @r#"
    [mode] 'mode' is there twice
    ["redi"] unknown notification 'redi', did you mean 'redis'?
    ["2"] expected `version = 2`
    [1] expected `tenant`, `tenant = true` or `tenant = false`
    [order] expected `entity = "..."`
    [path] expected `path = "..."`
    "#);
}
