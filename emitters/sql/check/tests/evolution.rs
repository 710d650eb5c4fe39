//! A device's tables after the models changed: what was there is kept, and all else is as in a new database.

use serde_json::{Value, json};
use sql_check::{Database, files, files_after, open};
use sync_emitters::FileSet;
use sync_runtime::schema::{Model, Schema};

fn models() -> Value {
    serde_json::from_str(include_str!("../../../tests/cases/rows.json")).expect("JSON")
}

fn schema(models: Value) -> Schema {
    let models: Vec<Model> = serde_json::from_value(models).expect("models");
    Schema::new(models).expect("a sound schema")
}

/// The contact loses its last name and gains two fields; accounts are gone, and there are pages.
fn changed() -> Schema {
    let mut all = models();
    let mut page = all[0].clone();
    page["name"] = json!("Page");
    page["entity"] = json!("page");
    page["path"] = json!("pages");
    let fields = all[0]["fields"].as_array_mut().expect("fields");
    let mut added = |name: &str, ty: Value, default: Value| {
        let mut field = fields[2].clone();
        field["name"] = json!(name);
        field["ty"] = ty;
        field["default"] = default;
        fields.push(field);
    };
    added("nick", json!({ "option": "string" }), Value::Null);
    added("stars", json!({ "int": "i32" }), json!({ "literal": "3" }));
    fields.retain(|field| field["name"] != "last_name");
    schema(json!([all[0], page]))
}

fn run(database: &mut dyn Database, files: &FileSet, wanted: impl Fn(&str) -> bool) {
    for (path, sql) in files.iter() {
        if path.starts_with("client/") && wanted(path) {
            database.script(sql);
        }
    }
}

fn is_migration(path: &str) -> bool {
    path.starts_with("client/migrations/")
}

/// The columns of a table or view with their types, those of the device's own that are not declared left out.
fn columns(database: &mut dyn Database, table: &str) -> Vec<String> {
    let mut columns = database.query(&match database.dialect() {
        "sqlite" => format!("SELECT name || ' ' || type FROM pragma_table_info('{table}')"),
        _ => format!(
            "SELECT column_name || ' ' || data_type FROM information_schema.columns WHERE table_name = '{table}'"
        ),
    });
    columns.retain(|column| !column.starts_with("last_name "));
    columns.sort();
    columns
}

fn check(engine: &str) {
    let mut old = open(engine);
    let dialect = old.dialect();
    let before = files(&schema(models()), dialect);
    run(old.as_mut(), &before, |path| !is_migration(path));
    old.script(
        "INSERT INTO contact_synced (id, first_name, last_name) VALUES ('a', 'Ada', 'Lee');",
    );
    old.script("UPDATE contact SET first_name = 'Bea';");

    let after = files_after(&changed(), dialect, &before);
    let migration = after
        .get("client/migrations/0002.sql")
        .expect("a migration")
        .to_owned();
    for line in migration.lines() {
        assert!(
            line.starts_with("--") || !line.contains("DROP"),
            "nothing is dropped unasked: {line}"
        );
    }
    for said in [
        "-- ALTER TABLE \"contact_synced\" DROP COLUMN \"last_name\";",
        "-- DROP TABLE \"account_synced\";",
    ] {
        assert!(migration.contains(said), "{said} in\n{migration}");
    }
    assert_eq!(old.query("SELECT version FROM _schema"), ["1"]);
    run(old.as_mut(), &after, is_migration);
    run(old.as_mut(), &after, |path| !is_migration(path));
    assert_eq!(old.query("SELECT version FROM _schema"), ["2"]);

    let mut new = open(engine);
    run(new.as_mut(), &files(&changed(), dialect), |_| true);
    for table in [
        "contact",
        "contact_local",
        "contact_synced",
        "page",
        "page_synced",
    ] {
        assert_eq!(
            columns(old.as_mut(), table),
            columns(new.as_mut(), table),
            "{table}"
        );
    }
    // What was there is there, the unsent write among it, and the view takes writes.
    assert_eq!(
        old.query("SELECT first_name || stars || coalesce(nick, '-') FROM contact"),
        ["Bea3-"]
    );
    assert_eq!(old.query("SELECT last_name FROM contact_synced"), ["Lee"]);
    old.script("UPDATE contact SET nick = 'B', stars = 5;");
    assert_eq!(
        old.query("SELECT first_name || stars || nick FROM contact"),
        ["Bea5B"]
    );

    // Another run changes nothing, and a later change carries what there is.
    assert!(files_after(&changed(), dialect, &after) == after);
    let later = files_after(&schema(models()), dialect, &after);
    assert_eq!(later.get("client/migrations/0002.sql"), Some(&*migration));
    assert!(later.get("client/migrations/0003.sql").is_some());
}

#[test]
fn a_column_of_another_type_is_left_to_a_person() {
    let mut all = models();
    let before = files(&schema(all.clone()), "postgres");
    let fields = all[0]["fields"].as_array_mut().expect("fields");
    for field in fields.iter_mut().filter(|field| field["name"] == "email") {
        field["ty"] = json!({ "option": { "int": "i32" } });
    }
    let after = files_after(&schema(all), "postgres", &before);
    let migration = after
        .get("client/migrations/0002.sql")
        .expect("a migration");
    assert!(
        migration
            .contains("-- contact_synced.email was text COLLATE \"C\" and is declared as bigint."),
        "{migration}"
    );
    assert!(
        migration
            .lines()
            .all(|line| line.is_empty() || line.starts_with("--"))
    );
}

#[test]
fn sqlite() {
    check("sqlite");
}

#[test]
fn postgres() {
    check("postgres");
}

#[test]
fn pglite() {
    check("pglite");
}
