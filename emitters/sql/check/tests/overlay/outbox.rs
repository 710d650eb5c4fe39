//! What becomes of writes: named, answered, refused, rolled back.

use serde_json::json;
use sql_check::Database;

use crate::{T1, T2, engines, newest, one, waiting};

const NAMED: &str = "001763712000009.00000.00000009";

engines! {
    b2_7_rolling_one_write_back_leaves_the_others
    b2_4_an_overlay_goes_when_the_stream_has_reached_the_answer_and_not_before
    an_answer_that_comes_after_the_stream_confirms_at_once
    b2_3_another_devices_later_write_shows_once_ours_is_confirmed
    a_refusal_takes_the_overlay_away_and_stays_marked
    a_conflicted_write_stays_visible
    a_write_on_top_of_ours_expects_ours
    a_write_is_named_as_its_event_will_be
    s2_db_3_the_last_thousand_finished_writes_stay
}

fn b2_7_rolling_one_write_back_leaves_the_others(db: &mut dyn Database) {
    db.script("UPDATE contact SET email = 'one@b.c'; UPDATE contact SET first_name = 'Bea'; UPDATE contact SET email = 'two@b.c';");
    let shown = "SELECT first_name || coalesce(email, '-') FROM contact";
    assert_eq!(one(db, shown), "Beatwo@b.c");
    db.script("DELETE FROM _changes WHERE id = (SELECT max(id) FROM _changes);");
    assert_eq!(one(db, shown), "Beaone@b.c");
    db.script("DELETE FROM _changes WHERE id = (SELECT min(id) FROM _changes);");
    assert_eq!(one(db, shown), "Bea-");
    db.script("DELETE FROM _changes;");
    assert_eq!(one(db, shown), "Ada-");
}

fn b2_4_an_overlay_goes_when_the_stream_has_reached_the_answer_and_not_before(
    db: &mut dyn Database,
) {
    db.script("UPDATE contact SET email = 'a@b.c'; UPDATE _changes SET status = 'sent', answered_seq = 7;");
    let shown = "SELECT email || (SELECT count(*) FROM contact_local) FROM contact";
    assert_eq!(one(db, shown), "a@b.c1");
    db.script("INSERT INTO _cursor VALUES ('cafe', 'c6', 6);");
    assert_eq!(one(db, shown), "a@b.c1");
    db.script(
        "UPDATE contact_synced SET email = 'a@b.c'; UPDATE _cursor SET cursor = 'c7', seq = 7;",
    );
    assert_eq!(one(db, shown), "a@b.c0");
    assert_eq!(one(db, "SELECT status FROM _changes"), "confirmed");
}

fn an_answer_that_comes_after_the_stream_confirms_at_once(db: &mut dyn Database) {
    db.script("INSERT INTO _cursor VALUES ('cafe', 'c8', 8); UPDATE contact SET email = 'a@b.c';");
    db.script("UPDATE contact_synced SET email = 'theirs@b.c'; UPDATE _changes SET status = 'sent', answered_seq = 9;");
    assert_eq!(one(db, "SELECT email FROM contact"), "a@b.c");
    db.script("UPDATE _changes SET answered_seq = 7;");
    // The stream is past it: another device's later write shows, without anything more to come.
    assert_eq!(one(db, "SELECT email FROM contact"), "theirs@b.c");
    assert_eq!(one(db, "SELECT status FROM _changes"), "confirmed");
}

fn b2_3_another_devices_later_write_shows_once_ours_is_confirmed(db: &mut dyn Database) {
    db.script("UPDATE contact SET email = 'a@b.c'; UPDATE _changes SET status = 'sent', answered_seq = 7;");
    // The stream brings the end of both writes at once: ours never comes by itself.
    db.script("UPDATE contact_synced SET email = 'theirs@b.c'; INSERT INTO _cursor VALUES ('cafe', 'c8', 8);");
    assert_eq!(one(db, "SELECT email FROM contact"), "theirs@b.c");
}

fn a_refusal_takes_the_overlay_away_and_stays_marked(db: &mut dyn Database) {
    db.script("UPDATE contact SET email = 'a@b.c'; UPDATE _changes SET status = 'failed', last_error = 'forbidden';");
    assert_eq!(one(db, "SELECT coalesce(email, '-') FROM contact"), "-");
    assert_eq!(one(db, "SELECT last_error FROM _changes"), "forbidden");
    assert_eq!(waiting(db), "0");
}

fn a_conflicted_write_stays_visible(db: &mut dyn Database) {
    db.script(
        "UPDATE contact SET email = 'mine@b.c'; UPDATE contact_synced SET email = 'theirs@b.c';",
    );
    db.script("UPDATE _changes SET status = 'conflicted', conflict = '{\"field\": \"email\"}';");
    assert_eq!(one(db, "SELECT email FROM contact"), "mine@b.c");
}

fn a_write_on_top_of_ours_expects_ours(db: &mut dyn Database) {
    db.script("UPDATE contact SET first_name = 'Bea'; UPDATE contact SET first_name = 'Cid', last_name = 'Roy';");
    // Until ours has a name, the base is what the server has said.
    assert_eq!(newest(db).2, json!({ "first_name": T1, "last_name": T2 }));
    db.script(&format!(
        "UPDATE _changes SET transaction_id = '{NAMED}' WHERE id = (SELECT min(id) FROM _changes);"
    ));
    assert_eq!(
        newest(db).2,
        json!({ "first_name": NAMED, "last_name": T2 })
    );
    db.script("UPDATE contact SET first_name = 'Dot' WHERE first_name = 'Cid'; DELETE FROM _changes WHERE id = 2;");
    db.script("DELETE FROM contact;");
    assert_eq!(newest(db).0, "delete");
}

fn a_write_is_named_as_its_event_will_be(db: &mut dyn Database) {
    db.script("UPDATE contact SET first_name = 'Bea';");
    let id = one(db, "SELECT write_id FROM _changes");
    let parts: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
    assert_eq!(id, id.to_lowercase());
}

fn s2_db_3_the_last_thousand_finished_writes_stay(db: &mut dyn Database) {
    let numbers = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1100)";
    db.script(&format!(
        "{numbers} INSERT INTO _changes (table_name, row_id, operation, value, status, answered_seq) \
         SELECT 'contact', 'x', 'update', '{{\"email\": \"a@b.c\"}}', 'sent', n FROM n;"
    ));
    db.script("INSERT INTO _cursor VALUES ('cafe', 'a', 0); UPDATE _cursor SET seq = 1090;");
    assert_eq!(waiting(db), "10");
    assert_eq!(one(db, "SELECT count(*) FROM _changes"), "1010");
}
