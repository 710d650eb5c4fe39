//! The view that an application reads and writes.

use serde_json::json;
use sql_check::{Database, apply};
use sync_runtime::schema::{Model, Schema};

use crate::{A, T2, engines, is_true, newest, nothing, one, waiting};

engines! {
    s2_db_4_the_view_shows_local_over_synced_and_says_so
    s2_db_5_an_insert_shows_at_once_with_defaults_and_times
    what_an_insert_leaves_out_shows_its_default_and_a_null_is_a_value
    s2_db_5_a_delete_hides_the_row_at_once
    s2_db_5_nothing_changed_writes_nothing
    s2_db_7_excluded_fields_are_not_on_the_device
    b2_2_only_what_an_update_changes_is_local
    b2_5_a_deleted_row_can_be_made_again
    an_insert_of_a_known_id_fails_as_on_a_table
    what_a_table_would_refuse_is_refused
    values_of_every_kind_come_back
}

fn s2_db_4_the_view_shows_local_over_synced_and_says_so(db: &mut dyn Database) {
    let flag = "SELECT _has_local_changes FROM contact";
    assert!(!is_true(&one(db, flag)));
    assert_eq!(
        one(db, "SELECT coalesce(_pending_write_id, '-') FROM contact"),
        "-"
    );
    db.script(&format!(
        "UPDATE contact SET email = 'a@b.c' WHERE id = '{A}';"
    ));
    assert!(is_true(&one(db, flag)));
    assert_eq!(
        one(db, "SELECT _pending_write_id FROM contact"),
        one(db, "SELECT write_id FROM _changes")
    );
    assert_eq!(one(db, "SELECT email FROM contact"), "a@b.c");
    assert_eq!(
        one(db, "SELECT coalesce(email, '-') FROM contact_synced"),
        "-"
    );
    let writes = one(db, "SELECT _write_ids FROM contact_local");
    let write = one(db, "SELECT write_id FROM _changes");
    let writes: serde_json::Value = serde_json::from_str(&writes).expect("JSON");
    assert_eq!(writes, json!({ "email": write }));
}

fn s2_db_5_an_insert_shows_at_once_with_defaults_and_times(db: &mut dyn Database) {
    db.script("INSERT INTO account (name) VALUES ('Ada');");
    assert_eq!(
        one(db, "SELECT name || balance_cents || tags FROM account").replace(' ', ""),
        "Ada0[]"
    );
    assert_eq!(one(db, "SELECT length(id) FROM account"), "36");
    // B2-8: times are there before the server has set them.
    assert_eq!(
        one(
            db,
            "SELECT length(created_at) + length(updated_at) FROM account"
        ),
        "48"
    );
    // What was left out is left to the server.
    assert_eq!(
        newest(db),
        ("insert".to_owned(), json!({ "name": "Ada" }), nothing())
    );
    db.script("UPDATE account SET balance_cents = balance_cents + 5;");
    assert_eq!(one(db, "SELECT balance_cents FROM account"), "5");
}

fn what_an_insert_leaves_out_shows_its_default_and_a_null_is_a_value(db: &mut dyn Database) {
    let mut models = serde_json::to_value(crate::schema().models()).expect("JSON");
    let contact = models.as_array_mut().expect("models").iter_mut();
    for model in contact.filter(|model| model["entity"] == "contact") {
        for field in model["fields"].as_array_mut().expect("fields") {
            if field["name"] == "last_name" {
                field["default"] = json!({ "literal": "\"Doe\"" });
            }
        }
    }
    let models: Vec<Model> = serde_json::from_value(models).expect("models");
    apply(db, &Schema::new(models).expect("a sound schema"), "client/");
    db.script("INSERT INTO contact (id, first_name) VALUES ('b', 'Bea');");
    // As a client records it that was told so.
    db.script(
        "INSERT INTO _changes (table_name, row_id, operation, value) \
         VALUES ('contact', 'c', 'insert', '{\"first_name\": \"Cid\", \"last_name\": null}');",
    );
    let shown =
        |id: &str| format!("SELECT coalesce(last_name, '-') FROM contact WHERE id = '{id}'");
    assert_eq!(one(db, &shown("b")), "Doe");
    assert_eq!(one(db, &shown("c")), "-");
}

fn s2_db_5_a_delete_hides_the_row_at_once(db: &mut dyn Database) {
    db.script(&format!("DELETE FROM contact WHERE id = '{A}';"));
    assert_eq!(one(db, "SELECT count(*) FROM contact"), "0");
    assert_eq!(one(db, "SELECT count(*) FROM contact_synced"), "1");
    // The row's newest transaction.
    assert_eq!(
        newest(db),
        ("delete".to_owned(), nothing(), json!({ "*": T2 }))
    );
}

fn s2_db_5_nothing_changed_writes_nothing(db: &mut dyn Database) {
    db.script("UPDATE contact SET first_name = 'Ada', email = NULL;");
    assert_eq!(waiting(db), "0");
}

fn s2_db_7_excluded_fields_are_not_on_the_device(db: &mut dyn Database) {
    for object in ["contact_synced", "contact_local", "contact"] {
        assert!(
            db.attempt(&format!(
                "SELECT contact_local.local_notes FROM {object} AS contact_local"
            ))
            .is_err()
        );
        assert!(
            db.attempt(&format!(
                "SELECT contact_local.credit_limit FROM {object} AS contact_local"
            ))
            .is_ok()
        );
    }
}

fn b2_2_only_what_an_update_changes_is_local(db: &mut dyn Database) {
    db.script("UPDATE contact SET first_name = 'Ada', email = 'a@b.c', last_name = last_name;");
    assert_eq!(
        newest(db),
        (
            "update".to_owned(),
            json!({ "email": "a@b.c" }),
            json!({ "email": null })
        )
    );
    // Another device's change of another column shows through.
    db.script("UPDATE contact_synced SET last_name = 'Smith';");
    assert_eq!(
        one(db, "SELECT last_name || email FROM contact"),
        "Smitha@b.c"
    );
    // A null is a value.
    db.script("UPDATE contact SET last_name = NULL;");
    assert_eq!(newest(db).2, json!({ "last_name": T2 }));
    assert_eq!(
        one(db, "SELECT coalesce(last_name, '-') || email FROM contact"),
        "-a@b.c"
    );
}

fn b2_5_a_deleted_row_can_be_made_again(db: &mut dyn Database) {
    db.script("UPDATE contact SET email = 'a@b.c'; DELETE FROM contact;");
    db.script(&format!(
        "INSERT INTO contact (id, first_name) VALUES ('{A}', 'Bea');"
    ));
    // Nothing of the row before shows through.
    assert_eq!(
        one(
            db,
            "SELECT first_name || coalesce(last_name, '-') || coalesce(email, '-') FROM contact"
        ),
        "Bea--"
    );
    db.script("DELETE FROM contact;");
    assert_eq!(one(db, "SELECT count(*) FROM contact"), "0");
}

fn an_insert_of_a_known_id_fails_as_on_a_table(db: &mut dyn Database) {
    let insert = format!("INSERT INTO contact (id, first_name) VALUES ('{A}', 'Bea')");
    let error = db.attempt(&insert).expect_err("it is there");
    assert!(
        error.contains("UNIQUE constraint failed: contact.id"),
        "{error}"
    );
    assert_eq!(waiting(db), "0");
    // One that only this device knows as well.
    let other = insert.replace(A, "11111111-e312-4fc4-a436-3d4c35f3a315");
    db.script(&format!("{other};"));
    assert!(db.attempt(&other).is_err());
    assert_eq!(waiting(db), "1");
}

fn what_a_table_would_refuse_is_refused(db: &mut dyn Database) {
    for (sql, said) in [
        (
            "INSERT INTO contact (email) VALUES ('a@b.c')",
            "NOT NULL constraint failed: contact.first_name",
        ),
        (
            "UPDATE contact SET first_name = NULL",
            "NOT NULL constraint failed: contact.first_name",
        ),
        (
            "UPDATE contact SET id = 'b'",
            "contact.id is not for applications to change",
        ),
        (
            "UPDATE contact SET updated_at = 'b', email = 'c'",
            "contact.updated_at is not for applications to change",
        ),
    ] {
        let error = db.attempt(sql).expect_err(sql);
        assert!(error.contains(said), "{sql}: {error}");
    }
    assert_eq!(waiting(db), "0");
}

fn values_of_every_kind_come_back(db: &mut dyn Database) {
    let rate = "0.30000000000000004";
    db.script(&format!(
        "INSERT INTO account (name, balance_cents, tags, rate, closed, opened_on) \
         VALUES ('it''s \"1\"', 9007199254740991, '[\"a\", \"é\"]', {rate}, true, '2026-11-21');"
    ));
    assert_eq!(
        newest(db).1,
        json!({ "name": "it's \"1\"", "balance_cents": 9_007_199_254_740_991_i64, "tags": ["a", "é"],
                "rate": 0.1 + 0.2, "closed": true, "opened_on": "2026-11-21" })
    );
    assert_eq!(
        one(
            db,
            &format!(
                "SELECT count(*) FROM account WHERE name = 'it''s \"1\"' AND balance_cents = 9007199254740991 \
                          AND rate = {rate} AND closed = true AND opened_on = '2026-11-21'"
            )
        ),
        "1"
    );
    db.script("UPDATE account SET closed = false, rate = 1.5;");
    assert_eq!(newest(db).1, json!({ "closed": false, "rate": 1.5 }));
}
