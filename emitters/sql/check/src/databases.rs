//! An empty database in each dialect.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use rusqlite::{Connection, types::ValueRef};
use serde_json::{Value, json};
use test_servers::Session;

/// A database of one test's own.
pub trait Database {
    /// Its dialect, as `--dialect` has it.
    fn dialect(&self) -> &'static str;

    /// Runs statements.
    ///
    /// # Panics
    ///
    /// If one fails.
    fn script(&mut self, sql: &str);

    /// The first column of each row of a query, as text; null is empty.
    ///
    /// # Panics
    ///
    /// If it fails.
    fn query(&mut self, sql: &str) -> Vec<String>;

    /// Runs one statement; the error's message if it fails, which changes nothing.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn attempt(&mut self, sql: &str) -> Result<(), String>;
}

/// A string literal.
pub fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// An empty database of an engine: `sqlite`, `postgres` or `pglite`.
///
/// # Panics
///
/// If there is no such engine, or what it needs is not installed.
pub fn open(engine: &str) -> Box<dyn Database> {
    match engine {
        "sqlite" => Box::new(Sqlite::new()),
        "postgres" => Box::new(Postgres::new()),
        "pglite" => Box::new(Pglite::new()),
        other => panic!("no engine {other:?}"),
    }
}

/// SQLite in memory.
pub struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    /// An empty one.
    ///
    /// # Panics
    ///
    /// If there is no memory.
    #[expect(clippy::new_without_default, reason = "it is work")]
    pub fn new() -> Self {
        let connection = Connection::open_in_memory().expect("memory");
        Self { connection }
    }
}

impl Database for Sqlite {
    fn dialect(&self) -> &'static str {
        "sqlite"
    }

    fn script(&mut self, sql: &str) {
        self.connection
            .execute_batch(sql)
            .unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    fn query(&mut self, sql: &str) -> Vec<String> {
        let run = || {
            let mut statement = self.connection.prepare(sql)?;
            let rows = statement.query_map([], |row| {
                Ok(match row.get_ref(0)? {
                    ValueRef::Null => String::new(),
                    ValueRef::Integer(number) => number.to_string(),
                    ValueRef::Real(number) => number.to_string(),
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                        String::from_utf8_lossy(bytes).into_owned()
                    }
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        run().unwrap_or_else(|error| panic!("{error}\n{sql}"))
    }

    fn attempt(&mut self, sql: &str) -> Result<(), String> {
        self.connection
            .execute_batch(sql)
            .map_err(|error| error.to_string())
    }
}

/// A database on the PostgreSQL server that tests share.
pub struct Postgres {
    session: Session,
    /// Dropped after its session.
    database: test_servers::Database,
}

impl Postgres {
    /// An empty one.
    ///
    /// # Panics
    ///
    /// If there is no PostgreSQL, with what to install.
    #[expect(clippy::new_without_default, reason = "it is work")]
    pub fn new() -> Self {
        let database = test_servers::Postgres::shared().database();
        let mut session = database.session();
        session.execute(
            "SET client_min_messages = error; \
             CREATE FUNCTION pg_temp.attempt(sql text) RETURNS text LANGUAGE plpgsql AS $attempt$ \
             BEGIN EXECUTE sql; RETURN ''; EXCEPTION WHEN OTHERS THEN RETURN SQLERRM; END $attempt$",
        );
        Self { session, database }
    }
}

impl Postgres {
    /// Where it is.
    pub fn url(&self) -> &str {
        &self.database.url
    }
}

impl Database for Postgres {
    fn dialect(&self) -> &'static str {
        "postgres"
    }

    fn script(&mut self, sql: &str) {
        self.session.execute(sql);
    }

    fn query(&mut self, sql: &str) -> Vec<String> {
        let printed = self.session.execute(sql);
        printed.lines().map(str::to_owned).collect()
    }

    fn attempt(&mut self, sql: &str) -> Result<(), String> {
        let sql = format!("SELECT pg_temp.attempt({})", text(sql));
        match self.query(&sql).concat() {
            said if said.is_empty() => Ok(()),
            said => Err(said),
        }
    }
}

/// PGlite in Node, in memory.
pub struct Pglite {
    node: Child,
    statements: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Pglite {
    /// An empty one.
    ///
    /// # Panics
    ///
    /// If Node or its packages are missing, with what to install.
    #[expect(clippy::new_without_default, reason = "it is work")]
    pub fn new() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pglite");
        assert!(
            folder.join("node_modules").exists(),
            "the tests need PGlite: run `npm ci` in {}, or `cargo xtask test`",
            folder.display()
        );
        let mut node = Command::new("node")
            .arg("serve.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node is there and can be run");
        let statements = node.stdin.take().expect("its input is a pipe");
        let answers = BufReader::new(node.stdout.take().expect("its output is a pipe"));
        Self {
            node,
            statements,
            answers,
        }
    }

    fn run(&mut self, sql: &str) -> Result<Vec<String>, String> {
        writeln!(self.statements, "{}", json!({ "sql": sql })).expect("Node reads on");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("Node writes text");
        let answer: Value = serde_json::from_str(&line).expect("an answer is JSON");
        match answer["rows"].as_array() {
            Some(rows) => Ok(rows
                .iter()
                .map(|row| row.as_str().unwrap_or_default().to_owned())
                .collect()),
            None => Err(answer["error"].as_str().unwrap_or_default().to_owned()),
        }
    }
}

impl Database for Pglite {
    fn dialect(&self) -> &'static str {
        "postgres"
    }

    fn script(&mut self, sql: &str) {
        self.query(sql);
    }

    fn query(&mut self, sql: &str) -> Vec<String> {
        self.run(sql)
            .unwrap_or_else(|error| panic!("{error}\n{sql}"))
    }

    fn attempt(&mut self, sql: &str) -> Result<(), String> {
        self.run(sql).map(|_| ())
    }
}

impl Drop for Pglite {
    fn drop(&mut self) {
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}
