//! The backend's tables: what is printed is what the server would make.

use sql_check::{Database, Postgres, apply, files, open};
use sync_runtime::store::{Store, postgres::PostgresStore, sqlite::SqliteStore};

const FOREIGN: &str = "INSERT INTO contacts (_tenant_id, id, first_name) VALUES ('cafe', '0f4d2e33-e312-4fc4-a436-3d4c35f3a315', 'Ada')";

/// What a server still finds to do: nothing.
async fn check_pending(store: &dyn Store) {
    let pending = store
        .pending(&sync_fixtures::schema())
        .await
        .expect("a database");
    assert!(pending.is_empty(), "{pending}");
}

fn check_capture(database: &mut dyn Database) {
    database.script(&format!("{FOREIGN};"));
    assert_eq!(
        database.query("SELECT event_type || ' ' || tenant_id FROM sync_events"),
        ["contact.created cafe"]
    );
}

#[tokio::test]
async fn a_server_finds_nothing_to_do_in_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.db");
    let connection = rusqlite::Connection::open(&path).expect("a file");
    for (path, sql) in files(&sync_fixtures::schema(), "sqlite").iter() {
        if path.starts_with("log/") || path.starts_with("server/") {
            connection
                .execute_batch(sql)
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            // Again: nothing changes. SQLite adds a column once, and then refuses.
            let again = connection.execute_batch(sql);
            match path.contains("1_tables/") && !path.ends_with("0001.sql") {
                true => {
                    again.expect_err("it refuses");
                    connection
                        .execute_batch("ROLLBACK")
                        .expect("nothing was changed");
                }
                false => again.unwrap_or_else(|error| panic!("{path}: {error}")),
            }
        }
    }
    drop(connection);
    let store = SqliteStore::open(&format!("sqlite://{}", path.display()))
        .await
        .expect("a store");
    check_pending(&store).await;
}

#[test]
fn sqlite_captures_what_others_write() {
    let mut database = open("sqlite");
    apply(database.as_mut(), &sync_fixtures::schema(), "log/");
    apply(database.as_mut(), &sync_fixtures::schema(), "server/");
    check_capture(database.as_mut());
}

#[tokio::test]
async fn a_server_finds_nothing_to_do_in_postgres() {
    let mut database = Postgres::new();
    for _ in 0..2 {
        apply(&mut database, &sync_fixtures::schema(), "log/");
        apply(&mut database, &sync_fixtures::schema(), "server/");
    }
    let store = PostgresStore::open(database.url()).await.expect("a store");
    check_pending(&store).await;
    check_capture(&mut database);
}
