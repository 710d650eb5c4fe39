//! Which effect a bare name implies.

use insta::assert_snapshot;

use super::effects;

const FIELDS: &str = r#"
    table_number: i32,
    #[sync(default = "open", state(open -> [sent]))] status: Status,
    #[sync(default)] items: Vec<Item>,
    #[sync(default)] categories: BTreeSet<String>,
    #[sync(singular = "child")] children: Vec<Child>,
    tags: Tags,
    note: Option<String>,
    #[sync(exclude)] secret: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
"#;

#[test]
fn names_imply_effects() {
    assert_snapshot!(effects(
        "created, updated, deleted, archived, item_added, item_removed, item_updated, category_added, child_removed, \
         tag_added, note_changed, status_changed, state_changed, items_changed",
        FIELDS,
    ), @r#"
    created -> create
    updated -> merge(table_number, tags, note)
    deleted -> delete
    archived -> delete
    item_added -> push(items)
    item_removed -> remove(items)
    item_updated -> update(items)
    category_added -> push(categories)
    child_removed -> remove(children)
    tag_added -> push(tags)
    note_changed -> set(note)
    status_changed -> transition(status)
    state_changed -> transition(status)
    items_changed -> set(items)
    "#);
}

#[test]
fn written_effects_win() {
    assert_snapshot!(effects(
        "opened(create), renumbered(set(table_number)), touched(merge), edited(merge(note)), got(push(items)), \
         lost(remove(items)), fixed(update(items)), moved(transition(status)), closed(delete), split(custom(Split)), \
         note_changed(merge(note))",
        FIELDS,
    ), @r#"
    opened -> create
    renumbered -> set(table_number)
    touched -> merge(table_number, tags, note)
    edited -> merge(note)
    got -> push(items)
    lost -> remove(items)
    fixed -> update(items)
    moved -> transition(status)
    closed -> delete
    split -> custom
    note_changed -> merge(note)
    "#);
}

#[test]
fn names_that_imply_nothing() {
    assert_snapshot!(effects(
        "item_aded, frobnicated, nonsense_changed, statuss_changed, created",
        FIELDS,
    ), @r#"
    created -> create
    [item_aded] 'item_aded' implies no effect, did you mean 'item_added'?
    [frobnicated] 'frobnicated' implies no effect: write one, such as `frobnicated(set(field))`; names that imply one are created, updated, deleted, archived, state_changed, <field>_changed and, for lists, <singular>_added, _removed and _updated
    [nonsense_changed] 'nonsense_changed' implies no effect, did you mean 'note_changed'?
    [statuss_changed] 'statuss_changed' implies no effect, did you mean 'status_changed'?
    "#);
}

#[test]
fn names_that_imply_two_things() {
    assert_snapshot!(effects(
        "entry_added, state_changed, both_changed",
        r#"
            entries: Vec<Entry>,
            #[sync(singular = "entry")] all: Vec<Entry>,
            state: String,
            #[sync(default = "a", state(a -> [b]))] stage: Stage,
            both: i32,
        "#,
    ), @r#"
    both_changed -> set(both)
    [entry_added] 'entry_added' implies two things: write `entry_added(push(entries))` or `entry_added(push(all))`
    [state_changed] 'state_changed' implies two things: write `state_changed(set(state))` or `state_changed(transition(stage))`
    "#);
}

#[test]
fn a_field_called_state_that_is_the_machine() {
    assert_snapshot!(effects(
        "state_changed",
        r#"#[sync(default = "a", state(a -> [b]))] state: Stage,"#,
    ), @r#"state_changed -> transition(state)"#);
}

#[test]
fn state_changed_needs_one_machine() {
    assert_snapshot!(effects("state_changed", "note: String"), @r#"

    [state_changed] 'state_changed' moves the model's one state machine, and it has none: give a field `state(...)`
    "#);
    assert_snapshot!(effects(
        "state_changed",
        r#"
            #[sync(default = "a", state(a -> [b]))] stage: Stage,
            #[sync(default = "a", state(a -> [b]))] level: Stage,
        "#,
    ), @r#"

    [state_changed] 'state_changed' moves the model's one state machine, and it has 2 (stage, level): write which, `state_changed(transition(stage))`
    "#);
}
