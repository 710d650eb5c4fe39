//! Runs a file of conformance cases through the generated SQL, and prints the results as JSON.
//!
//! `run-sql-conformance ENGINE FILE`; `cargo xtask conformance --target sqlite|postgres FILE` compares them with what is
//! expected.

use serde_json::Value;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [engine, path] = &arguments[..] else {
        eprintln!("usage: run-sql-conformance ENGINE FILE");
        std::process::exit(2);
    };
    match run(engine, path) {
        Ok(results) => println!("{results}"),
        Err(error) => {
            eprintln!("run-sql-conformance: {path}: {error}");
            std::process::exit(2);
        }
    }
}

fn run(engine: &str, path: &str) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let cases: Vec<Value> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    sql_check::conformance(&sync_fixtures::schema(), engine, &cases)
}
