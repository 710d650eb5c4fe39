//! Rows on each store, against a server by hand that keeps them with no log, no conflict check and no feed.

use serde_json::Value;

use super::{parse, spread};
use crate::run::{Outcome, cargo, output, step};

pub(super) fn run() -> Outcome {
    let bench = [
        "--release",
        "--package",
        "sync-fixtures",
        "--bin",
        "bench-rows",
    ];
    step(
        "building the benchmark of rows",
        cargo().arg("build").args(bench),
    )?;
    for (store, title) in [
        ("sqlite", "SQLite, synchronous = FULL"),
        ("postgres", "PostgreSQL, synchronous_commit = on"),
    ] {
        let mut measure = cargo();
        measure.args(["run", "--quiet"]).args(bench);
        measure.args(["--", store]);
        let measured: Value = parse(&output(&mut measure)?)?;
        let rounds = measured["rounds"].as_array().cloned().unwrap_or_default();
        println!(
            "{title}; {} rounds; load average after: {}",
            rounds.len(),
            super::load()
        );
        Report {
            measured: &measured,
            rounds: &rounds,
        }
        .print();
    }
    Ok(())
}

/// What the rounds say.
struct Report<'a> {
    measured: &'a Value,
    rounds: &'a [Value],
}

impl Report<'_> {
    fn print(&self) {
        println!(
            "  {} clients, each PATCH one field",
            self.measured["clients"]
        );
        self.row("PATCH/s", &["/patch/ours/per_s"], 0);
        self.row(
            "… the server by hand, PATCH/s",
            &["/patch/by_hand/per_s"],
            0,
        );
        self.row(
            "… ratio (aim: 0.5 or more)",
            &["/patch/ours/per_s", "/patch/by_hand/per_s"],
            2,
        );
        self.row(
            "… ratio in processor time",
            &["/patch/by_hand/cpu_us", "/patch/ours/cpu_us"],
            2,
        );
        self.row("1 client, p50, ms", &["/alone/ours/p50_ms"], 2);
        self.row(
            "… against the server by hand",
            &["/alone/ours/p50_ms", "/alone/by_hand/p50_ms"],
            2,
        );
        println!("  {} live streams of rows", self.measured["streams"]);
        self.row(
            "processor time of a change and a stream, µs",
            &["/live/ours/us"],
            2,
        );
        self.row(
            "… how many times dearer by hand, a row read for each stream",
            &["/live/by_hand/us", "/live/ours/us"],
            1,
        );
        println!(
            "  {} changes behind, of a tenth as many rows",
            self.measured["behind"]
        );
        for (way, title) in [
            ("live", "by /live, each with its row, ms"),
            ("since", "by /events/since, ms"),
            ("shape", "the rows by /v1/shape, ms"),
        ] {
            let path = format!("/behind/ours/{way}/ms");
            self.row(title, &[&path], 0);
            self.row(
                "… how many times as long as the rows by hand, in one answer",
                &[&path, "/behind/by_hand/list/ms"],
                1,
            );
        }
    }

    /// A figure of each round, or one divided by another.
    fn row(&self, label: &str, paths: &[&str], digits: usize) {
        let values = self.rounds.iter().filter_map(|round| {
            let mut figures = paths.iter().map(|path| round.pointer(path)?.as_f64());
            let first = figures.next()??;
            figures.try_fold(first, |value, next| Some(value / next?))
        });
        println!("    {label:<60} {}", spread(values.collect(), digits));
    }
}
