//! What it costs to tell a thousand streams of an event.

use serde_json::Value;

use super::{parse, spread};
use crate::run::{Outcome, cargo, output, step};

pub(super) fn run() -> Outcome {
    let bench = [
        "--release",
        "--package",
        "sync-fixtures",
        "--bin",
        "bench-fanout",
    ];
    step(
        "building the benchmark of streams",
        cargo().arg("build").args(bench),
    )?;
    let measured: Value = parse(&output(cargo().args(["run", "--quiet"]).args(bench))?)?;
    let rounds = measured["rounds"].as_array().cloned().unwrap_or_default();
    println!(
        "{} streams, frames of {} events, SQLite, {} rounds; processor time of the server for an event and a stream",
        measured["streams"],
        measured["frame"],
        rounds.len()
    );
    let row = |label: &str, of: &dyn Fn(&Value) -> Option<f64>, digits| {
        let values = rounds.iter().filter_map(of).collect();
        println!("  {label:<62} {}", spread(values, digits));
    };
    for (kind, name, aim) in [("sse", "SSE", 24), ("ws", "WebSocket", 8)] {
        row(
            &format!("{name}, one by one, µs"),
            &|round| round[kind]["single_us"].as_f64(),
            2,
        );
        row(
            &format!("{name}, in frames, µs"),
            &|round| round[kind]["framed_us"].as_f64(),
            3,
        );
        row(
            &format!("{name}, how many times cheaper frames are (aim: 5 or more)"),
            &|round| round[kind]["ratio"].as_f64(),
            1,
        );
        row(
            &format!("{name}, idle, KiB (aim: {aim} or less)"),
            &|round| round["idle"][kind]["opened_kib"].as_f64(),
            1,
        );
        row(
            &format!("{name}, idle after a frame of 50 events, KiB"),
            &|round| round["idle"][kind]["used_kib"].as_f64(),
            1,
        );
    }
    row(
        "SSE, written for each stream by a server by hand, µs",
        &|round| round["naive"]["us"].as_f64(),
        3,
    );
    row(
        "SSE, how many times dearer that is than our frames (aim: 2 or more)",
        &|round| Some(round["naive"]["us"].as_f64()? / round["sse"]["framed_us"].as_f64()?),
        1,
    );
    let stalled = &measured["stalled"];
    println!(
        "  with {} of {} streams that never read, the others have {:.1} % of all events, and the server grew by {:.0} MiB",
        stalled["streams"],
        measured["streams"],
        stalled["others_have"].as_f64().unwrap_or_default() * 100.0,
        stalled["grown_mib"].as_f64().unwrap_or_default()
    );
    Ok(())
}
