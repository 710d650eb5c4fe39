//! The processor time of an event, against a first version of such a server in Python.

use serde_json::Value;

use super::{parse, spread};
use crate::run::{Outcome, cargo, output, program, root, step};

/// Where the baseline is.
const BASELINE: &str = "benches/seed-fastapi";

pub(super) fn run() -> Outcome {
    let python = match install() {
        Ok(python) => python,
        Err(reason) => {
            println!(
                "against Python: NOT MEASURED, because the baseline cannot be installed: {reason}"
            );
            return Ok(());
        }
    };
    let bench = [
        "--release",
        "--package",
        "sync-fixtures",
        "--bin",
        "bench-seed",
    ];
    step(
        "building the benchmark against Python",
        cargo().arg("build").args(bench),
    )?;
    let server = root().join(BASELINE).join("server.py");
    let measured: Value = parse(&output(
        cargo()
            .args(["run", "--quiet"])
            .args(bench)
            .arg("--")
            .arg(python)
            .arg(server),
    )?)?;
    let rounds = measured["rounds"].as_array().cloned().unwrap_or_default();
    println!(
        "against FastAPI and SQLAlchemy with a commit for each event, {} clients × batches of {}, SQLite, {} rounds",
        measured["clients"],
        measured["batch"],
        rounds.len()
    );
    for (label, key, digits) in [
        ("processor time of an event, ours, µs", "ours_us", 1),
        ("the same in Python, µs", "seed_us", 0),
        ("ratio (aim: 80 or more)", "ratio", 0),
    ] {
        let values = rounds
            .iter()
            .filter_map(|round| round[key].as_f64())
            .collect();
        println!("  {label:<45} {}", spread(values, digits));
    }
    Ok(())
}

/// Python's packages of the baseline, in a place of their own under `target`; gives the interpreter.
fn install() -> Outcome<std::path::PathBuf> {
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
