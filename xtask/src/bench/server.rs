//! The server on each store: against bare statements, a server by hand, and a first version in Python.

use std::path::PathBuf;

use serde_json::Value;

use super::{parse, spread};
use crate::run::{Outcome, cargo, output, program, root, step};

/// Where the baseline in Python is.
const BASELINE: &str = "benches/seed-fastapi";

pub(super) fn run() -> Outcome {
    let bench = [
        "--release",
        "--package",
        "sync-fixtures",
        "--bin",
        "bench-server",
    ];
    step(
        "building the server's benchmark",
        cargo().arg("build").args(bench),
    )?;
    let python = match install() {
        Ok(python) => vec![python, root().join(BASELINE).join("server.py")],
        Err(reason) => {
            println!(
                "against Python: NOT MEASURED, because the baseline cannot be installed: {reason}"
            );
            Vec::new()
        }
    };
    for (store, title) in [
        ("sqlite", "SQLite, synchronous = FULL"),
        ("postgres", "PostgreSQL, synchronous_commit = on"),
    ] {
        let mut measure = cargo();
        measure.args(["run", "--quiet"]).args(bench);
        measure.args(["--", store]).args(&python);
        let measured: Value = parse(&output(&mut measure)?)?;
        let rounds = measured["rounds"].as_array().cloned().unwrap_or_default();
        println!(
            "{title}; {} rounds; load average after: {}",
            rounds.len(),
            super::load()
        );
        Report(&rounds).print();
    }
    Ok(())
}

/// What the rounds say.
struct Report<'a>(&'a [Value]);

impl Report<'_> {
    fn print(&self) {
        for (key, title) in [
            ("fifty", "8 clients × batches of 50"),
            ("five_hundred", "8 clients × batches of 500"),
        ] {
            println!("  {title}");
            self.batches(key);
        }
        println!("  in processor time of an event, batches of 50");
        self.row("baseline in Python, µs", &["seed.cpu_us"], 0);
        self.row(
            "how many times dearer it is (aim: 80 or more)",
            &["seed.cpu_us", "fifty.ours.cpu_us"],
            0,
        );
        self.row(
            "… than ours in batches of 500",
            &["seed.cpu_us", "five_hundred.ours.cpu_us"],
            0,
        );
        println!("  one event in each request");
        self.row("64 clients, events/s", &["singles.ours.per_s"], 0);
        self.row(
            "… the server by hand, events/s",
            &["singles.by_hand.per_s"],
            0,
        );
        self.row(
            "… ratio (aim: 2.5 or more)",
            &["singles.ours.per_s", "singles.by_hand.per_s"],
            2,
        );
        self.row(
            "… ratio in processor time",
            &["singles.by_hand.cpu_us", "singles.ours.cpu_us"],
            2,
        );
        self.row("1 client, p50, ms", &["alone.ours.p50_ms"], 2);
        self.row(
            "… the server by hand, p50, ms",
            &["alone.by_hand.p50_ms"],
            2,
        );
        self.row(
            "… ratio (aim: 1.2 or less)",
            &["alone.ours.p50_ms", "alone.by_hand.p50_ms"],
            2,
        );
        self.row(
            "64 clients, notifications on against off (aim: 0.9 or more)",
            &["notifications.on.per_s", "notifications.off.per_s"],
            2,
        );
    }

    fn batches(&self, key: &str) {
        let of = |path: &str| format!("{key}.{path}");
        let row = |label: &str, path: &str, digits| self.row(label, &[&of(path)], digits);
        let ratio = |label: &str, one: &str, other: &str, digits| {
            self.row(label, &[&of(one), &of(other)], digits);
        };
        row("events/s over HTTP", "ours.per_s", 0);
        row("… events of a transaction, on average", "ours.group", 0);
        row("… p50 of a batch, ms", "ours.p50_ms", 1);
        row("… p99 of a batch, ms", "ours.p99_ms", 1);
        row(
            "… processor time of an event, with the database's, µs",
            "ours.cpu_us",
            1,
        );
        row("bare rows in as large transactions/s", "ceiling.per_s", 0);
        row("… processor time of a row, µs", "ceiling.cpu_us", 1);
        ratio(
            "… ratio (aim: 0.50 or more)",
            "ours.per_s",
            "ceiling.per_s",
            2,
        );
        ratio(
            "… ratio in processor time",
            "ceiling.cpu_us",
            "ours.cpu_us",
            2,
        );
        row(
            "a server by hand, a transaction for each event/s",
            "by_hand.per_s",
            0,
        );
        ratio(
            "… ratio (aim: 12 or more)",
            "ours.per_s",
            "by_hand.per_s",
            1,
        );
        ratio(
            "… ratio in processor time",
            "by_hand.cpu_us",
            "ours.cpu_us",
            1,
        );
    }

    /// A figure of each round, or one divided by another; left out where it was not measured.
    fn row(&self, label: &str, paths: &[&str], digits: usize) {
        let values: Vec<f64> = self
            .0
            .iter()
            .filter_map(|round| {
                let mut figures = paths.iter().map(|path| figure(round, path));
                let first = figures.next()??;
                figures.try_fold(first, |value, next| Some(value / next?))
            })
            .collect();
        if !values.is_empty() {
            println!("    {label:<60} {}", spread(values, digits));
        }
    }
}

/// `fifty.ours.per_s`
fn figure(round: &Value, path: &str) -> Option<f64> {
    path.split('.')
        .fold(round, |value, key| &value[key])
        .as_f64()
}

/// Python's packages of the baseline, in a place of their own under `target`; gives the interpreter.
fn install() -> Outcome<PathBuf> {
    let venv = root().join("target/seed-fastapi");
    let python = venv.join("bin/python");
    if !python.exists() {
        step(
            "a Python of its own",
            program("python3", BASELINE).args(["-m", "venv"]).arg(&venv),
        )?;
    }
    step(
        "Python packages of the baseline",
        program(python.to_string_lossy().as_ref(), BASELINE).args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
            "requirements.txt",
        ]),
    )?;
    Ok(python)
}
