//! Measures in ratios against a baseline in the same run: these machines are noisy, and a ratio is less so.

mod fanout;
mod rows;
mod server;
mod swift;

use serde_json::Value;

use crate::run::{Outcome, cargo, npm_ci, output, program, step};
use crate::{demo, tools};

/// `cargo xtask bench`
#[derive(clap::Args)]
pub(crate) struct Bench {
    /// Only these parts; all if none is named
    #[arg(value_enum)]
    parts: Vec<Part>,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Events accepted over HTTP on each store, against bare statements, a server by hand and one in Python
    Server,
    /// Telling a thousand streams, in frames and one by one, and what idle streams take
    Fanout,
    /// Rows over HTTP, their live stream and catching up, on each store, against a server by hand
    Rows,
    /// The generator on a hundred models
    Generator,
    /// The client in Chromium against bare IndexedDB, TanStack DB, Dexie, LiveStore and PGlite
    Client,
    /// The Swift client against the TypeScript runtime in Node, the fold in Rust and bare SQLite
    Swift,
}

impl Bench {
    pub(crate) fn run(&self) -> Outcome {
        let all = [
            Part::Server,
            Part::Fanout,
            Part::Rows,
            Part::Generator,
            Part::Client,
            Part::Swift,
        ];
        let parts = if self.parts.is_empty() {
            &all[..]
        } else {
            &self.parts[..]
        };
        for part in parts {
            println!("\nload average before: {}", load());
            match part {
                Part::Server => server::run()?,
                Part::Fanout => fanout::run()?,
                Part::Rows => rows::run()?,
                Part::Generator => generator()?,
                Part::Client => client()?,
                Part::Swift => swift::run()?,
            }
        }
        Ok(())
    }
}

fn generator() -> Outcome {
    let bench = ["--release", "--package", "sync-gen", "--example", "bench"];
    step(
        "building the generator's benchmark",
        cargo().arg("build").args(bench),
    )?;
    println!(
        "{}",
        output(cargo().args(["run", "--quiet"]).args(bench))?.trim_end()
    );
    Ok(())
}

/// What the client is held against in the browser and that has an engine of its own.
const PEERS: &str = "examples/pos/bench/peers";

fn client() -> Outcome {
    let chromium = tools::chromium()?;
    demo::build()?;
    npm_ci("examples/pos/bench")?;
    // Here alone, for they are large. `npm ci` would want the packages of every platform, which not every registry has of LiveStore's.
    step(
        "npm packages of the client's peers",
        program("npm", PEERS).args([
            "install",
            "--no-save",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ]),
    )?;
    step(
        "checking the peers' pages",
        program("npm", PEERS).args(["run", "--silent", "check"]),
    )?;
    let mut bench = program("npm", "examples/pos/bench");
    println!(
        "{}",
        output(
            bench
                .args(["run", "--silent", "bench"])
                .env("CHROMIUM", chromium)
        )?
        .trim_end()
    );
    Ok(())
}

fn parse(text: &str) -> Outcome<Value> {
    serde_json::from_str(text).map_err(|error| format!("the benchmark printed no JSON: {error}"))
}

/// The median, and the smallest and largest.
fn spread(mut values: Vec<f64>, digits: usize) -> String {
    values.sort_by(f64::total_cmp);
    match (values.first(), values.get(values.len() / 2), values.last()) {
        (Some(min), Some(median), Some(max)) => {
            format!("{median:.digits$}  ({min:.digits$} to {max:.digits$})")
        }
        _ => "not measured".to_owned(),
    }
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg")
        .unwrap_or_else(|_| "unknown".to_owned())
        .trim()
        .to_owned()
}
