//! The Swift client, against the TypeScript runtime in Node, the fold in Rust and bare SQLite.

mod events;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{load, parse, spread};
use crate::{
    run::{Outcome, cargo, output, program, root, step},
    swift,
};

/// Where the client in Node is.
const TYPESCRIPT: &str = "emitters/typescript/check";
/// Events of the feed, ten of each order.
const EVENTS: usize = 10_000;
/// Changes that are saved, of each kind.
const WRITES: usize = 5_000;
/// How often everything is measured, each time by all in turn.
const ROUNDS: usize = 5;

pub(super) fn run() -> Outcome {
    let bench = Bench::prepare()?;
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        rounds.push(bench.round(round)?);
        eprintln!(
            "── round {} of {ROUNDS}; load average {}",
            round + 1,
            load()
        );
    }
    println!(
        "{EVENTS} events of the feed, {} orders; {ROUNDS} rounds; load average after: {}",
        EVENTS / events::OF_AN_ORDER,
        load()
    );
    Report(&rounds).print();
    Ok(())
}

/// What is built and written for all rounds.
struct Bench {
    swift: swift::Toolchain,
    /// Seen from the Swift package.
    folder: PathBuf,
    /// The same from here.
    path: PathBuf,
}

impl Bench {
    fn prepare() -> Outcome<Self> {
        let swift = swift::toolchain()?;
        swift::generate()?;
        step(
            "building the Swift client for release",
            &mut swift.command(
                swift::PACKAGE,
                &[
                    "swift",
                    "build",
                    "--quiet",
                    "-c",
                    "release",
                    "--product",
                    "sync-bench",
                ],
            ),
        )?;
        step("building the fold in Rust", cargo().arg("build").args(FOLD))?;
        swift::typescript_client()?;
        let folder = PathBuf::from(format!(".build/bench-{}", std::process::id()));
        let path = root().join(swift::PACKAGE).join(&folder);
        let bench = Self {
            swift,
            folder,
            path,
        };
        std::fs::create_dir_all(&bench.path).map_err(|error| bench.failed(&error))?;
        std::fs::write(bench.path.join("pages"), events::pages(EVENTS))
            .map_err(|error| bench.failed(&error))?;
        Ok(bench)
    }

    fn failed(&self, error: &std::io::Error) -> String {
        format!("{}: {error}", self.path.display())
    }

    /// Everything once, in stores of this round's own.
    fn round(&self, round: usize) -> Outcome<Value> {
        let store = self.path.join(round.to_string());
        std::fs::create_dir_all(&store).map_err(|error| self.failed(&error))?;
        let measured = self.measure(round, &store)?;
        std::fs::remove_dir_all(&store).map_err(|error| self.failed(&error))?;
        Ok(measured)
    }

    fn measure(&self, round: usize, store: &Path) -> Outcome<Value> {
        let (pages, store) = (&self.path.join("pages"), &store.join("node"));
        let ours = self.folder.join(round.to_string());
        let ours = |name: &str| ours.join(name).to_string_lossy().into_owned();
        let kept = ours("swift.sqlite");
        let our_pages = self.folder.join("pages").to_string_lossy().into_owned();
        let measured = json!({
            "fold": {
                "swift": self.swift(&["fold", &our_pages])?,
                "ts": node("fold", &[pages])?,
                "rust": parse(&output(cargo().args(["run", "--quiet"]).args(FOLD).arg("--").arg(pages))?)?,
            },
            "fill": { "swift": self.swift(&["fill", &our_pages, &kept])?, "ts": node("fill", &[pages, store])? },
            "open": { "swift": self.swift(&["open", &kept])?, "ts": node("open", &[store])? },
            "write": self.swift(&["write", &ours(""), &WRITES.to_string()])?,
        });
        agree(&measured)?;
        Ok(measured)
    }

    fn swift(&self, words: &[&str]) -> Outcome<Value> {
        let mut all = vec![".build/release/sync-bench"];
        all.extend(words);
        parse(&output(&mut self.swift.command(swift::PACKAGE, &all))?)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // What is left in the package's build folder harms nobody.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// The fold in Rust, without what a server needs.
const FOLD: [&str; 6] = [
    "--release",
    "--package",
    "sync-runtime",
    "--no-default-features",
    "--example",
    "fold",
];

fn node(what: &str, paths: &[&PathBuf]) -> Outcome<Value> {
    let mut command = program("node", TYPESCRIPT);
    command.args(["--import", "tsx", "bench/node.ts", what]);
    parse(&output(command.args(paths))?)
}

/// Whoever comes to another state measures something else.
fn agree(measured: &Value) -> Outcome {
    let expected = &measured["fold"]["rust"]["came"];
    for path in [
        "/fold/swift",
        "/fold/ts",
        "/fill/swift",
        "/open/swift",
        "/open/ts",
    ] {
        let came = measured.pointer(path).map(|it| &it["came"]);
        if came != Some(expected) {
            return Err(format!("{path} came to {came:?}, Rust to {expected}"));
        }
    }
    Ok(())
}

/// What the rounds say.
struct Report<'a>(&'a [Value]);

impl Report<'_> {
    fn print(&self) {
        for (key, title) in [
            ("text_ms", "folding, from the text of the feed to states"),
            ("fold_ms", "folding alone, of events that are read"),
        ] {
            println!("  {title}");
            let of = |who: &str| format!("/fold/{who}/{key}");
            self.row("ms", &[&of("swift")], 1);
            self.row("TypeScript in Node, ms", &[&of("ts")], 1);
            self.row("Rust, ms", &[&of("rust")], 1);
            self.row("against TypeScript", &[&of("swift"), &of("ts")], 2);
            self.row("against Rust", &[&of("swift"), &of("rust")], 2);
        }
        for (key, title) in [
            ("fill", "taken in from the feed: read, folded and saved"),
            (
                "open",
                "opening the store of them and listing all, in a new process",
            ),
        ] {
            println!("  {title}");
            let of = |who: &str| format!("/{key}/{who}/ms");
            self.row("ms", &[&of("swift")], 1);
            self.row(
                "TypeScript in Node, a file of its own form, ms",
                &[&of("ts")],
                1,
            );
            self.row("against TypeScript", &[&of("swift"), &of("ts")], 2);
        }
        println!(
            "  {WRITES} changes, each saved when its command returns (WAL, synchronous = NORMAL)"
        );
        let per_second = |label: &str, key: &str| {
            let values = self.figures(&[&format!("/write/{key}")]);
            let values = values
                .into_iter()
                .map(|ms| WRITES as f64 * 1e3 / ms)
                .collect();
            println!("    {label:<60} {}", spread(values, 0));
        };
        per_second(
            "bare SQLite, the same two rows in a transaction each, /s",
            "bare_ms",
        );
        per_second("16 tasks at once, /s", "together_ms");
        self.row(
            "… against bare (aim: 0.80 or more)",
            &["/write/bare_ms", "/write/together_ms"],
            2,
        );
        per_second("one after another, /s", "alone_ms");
        self.row(
            "… against bare (aim: 0.80 or more)",
            &["/write/bare_ms", "/write/alone_ms"],
            2,
        );
    }

    fn row(&self, label: &str, paths: &[&str], digits: usize) {
        println!("    {label:<60} {}", spread(self.figures(paths), digits));
    }

    /// A figure of each round, or one divided by another; of several in a round their median.
    fn figures(&self, paths: &[&str]) -> Vec<f64> {
        let rounds = self.0.iter().filter_map(|round| {
            let mut figures = paths.iter().map(|path| median(round.pointer(path)?));
            let first = figures.next()??;
            figures.try_fold(first, |value, next| Some(value / next?))
        });
        rounds.collect()
    }
}

fn median(figure: &Value) -> Option<f64> {
    let Some(several) = figure.as_array() else {
        return figure.as_f64();
    };
    let mut values: Vec<f64> = several.iter().filter_map(Value::as_f64).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
