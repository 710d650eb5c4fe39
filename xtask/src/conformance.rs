//! Runs conformance cases against a target and shows where it differs.

use std::path::PathBuf;

use serde_json::Value;

use crate::{
    run::{Outcome, cargo, npm_ci, output, program, root, step},
    swift, tools,
};

/// Which implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Target {
    /// The server's own, through the SQLite store
    Rust,
    /// The generated TypeScript client of the fixtures, in Node
    Ts,
    /// The generated SQL of the fixtures, in SQLite
    Sqlite,
    /// The generated SQL of the fixtures, in PostgreSQL
    Postgres,
    /// The generated Swift package of the fixtures, through its SQLite store
    Swift,
}

/// What runs the generated SQL.
const SQL_RUNNER: &str = "run-sql-conformance";

/// How many failing cases are shown.
const SHOWN: usize = 10;

/// Runs all files; an error says how many cases failed.
pub(crate) fn run(target: Target, files: Vec<PathBuf>) -> Outcome {
    let files = if files.is_empty() {
        own_files()?
    } else {
        files
    };
    prepare(target)?;
    let mut failed = 0;
    for file in files {
        let file =
            std::path::absolute(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        failed += run_file(target, &file)?;
    }
    match failed {
        0 => Ok(()),
        count => Err(format!("{count} cases differ")),
    }
}

fn own_files() -> Outcome<Vec<PathBuf>> {
    let folder = root().join("fixtures/conformance");
    let entries =
        std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    Ok(files)
}

fn prepare(target: Target) -> Outcome {
    match target {
        Target::Rust => step(
            "building the runner",
            cargo().args([
                "build",
                "--package",
                "sync-fixtures",
                "--bin",
                "run-conformance",
            ]),
        ),
        Target::Sqlite | Target::Postgres => {
            if target == Target::Postgres {
                tools::postgres()?;
            }
            step(
                "building the runner",
                cargo().args(["build", "--package", "sql-check", "--bin", SQL_RUNNER]),
            )
        }
        Target::Ts => {
            npm_ci("emitters/typescript/runtime")?;
            npm_ci("emitters/typescript/check")?;
            step(
                "generating the fixtures' client",
                program("npm", "emitters/typescript/check").args(["run", "--silent", "emit"]),
            )
        }
        Target::Swift => {
            swift::generate()?;
            swift::build_runner()
        }
    }
}

fn run_file(target: Target, file: &std::path::Path) -> Outcome<usize> {
    let cases = read(
        &std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?,
    )?;
    let printed = match target {
        Target::Rust => output(
            cargo()
                .args([
                    "run",
                    "--quiet",
                    "--package",
                    "sync-fixtures",
                    "--bin",
                    "run-conformance",
                    "--",
                ])
                .arg(file),
        )?,
        Target::Sqlite => output(sql_runner("sqlite").arg(file))?,
        Target::Postgres => output(sql_runner("postgres").arg(file))?,
        Target::Ts => output(
            program("npm", "emitters/typescript/check")
                .args(["run", "--silent", "conformance", "--"])
                .arg(file),
        )?,
        Target::Swift => output(&mut swift::runner(file)?)?,
    };
    let results = read(&printed)?;
    let mut failed = 0;
    for (index, case) in cases.iter().enumerate() {
        let problem = match results.get(index) {
            Some(result) if result["name"] == case["name"] => difference(case, &result["result"]),
            _ => Some("the runner gave no result".to_owned()),
        };
        if let Some(problem) = problem {
            failed += 1;
            if failed <= SHOWN {
                println!("✗ {}: {problem}", case["name"].as_str().unwrap_or("?"));
            }
        }
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    println!(
        "{target:?} {name}: {} passed, {failed} failed",
        cases.len() - failed
    );
    Ok(failed)
}

fn sql_runner(dialect: &str) -> std::process::Command {
    let mut runner = cargo();
    runner.args(["run", "--quiet", "--package", "sql-check"]);
    runner.args(["--bin", SQL_RUNNER, "--", dialect]);
    runner
}

fn read(text: &str) -> Outcome<Vec<Value>> {
    serde_json::from_str(text).map_err(|error| format!("expected a JSON array: {error}"))
}

/// The first place where a result is not what the case expects.
fn difference(case: &Value, result: &Value) -> Option<String> {
    if case["kind"] == "hlc" {
        return differs("", &case["expect"], result);
    }
    let each = case
        .get("expect_each")
        .and_then(|each| differs("each", each, &result["each"]));
    each.or_else(|| differs("final", &case["expect"], &result["final"]))
}

/// Numbers compare as numbers, whatever their spelling.
fn differs(at: &str, expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => None,
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(index, (a, b))| differs(&format!("{at}/{index}"), a, b)),
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => a
            .iter()
            .find_map(|(key, value)| differs(&format!("{at}/{key}"), value, &b[key])),
        _ if expected == found => None,
        _ => Some(format!(
            "at {at}\n    expected {expected}\n    found    {found}"
        )),
    }
}
