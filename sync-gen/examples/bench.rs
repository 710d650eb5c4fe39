//! The generator's own work on a hundred models: from the schema to files written. Cargo's build is not part of it.
//!
//! Prints the processor time of the process, in milliseconds, for each target: the first time, when everything is
//! written, and again, when nothing is.

use std::{error::Error, fs, time::Instant};

use sync_emitters::ALL;
use sync_gen::output::{Plan, write};
use sync_runtime::schema::{Model, Schema};

/// Models of the measured schema.
const MODELS: usize = 100;
/// How often each is measured; the median counts.
const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let text = include_str!("../../emitters/tests/cases/types.json");
    let models: Vec<Model> = serde_json::from_str(text)?;
    let schema = Schema::new(
        (0..MODELS)
            .filter_map(|index| {
                models
                    .get(index % models.len())
                    .map(|model| renamed(model, index))
            })
            .collect(),
    )
    .map_err(|problems| problems.iter().map(ToString::to_string).collect::<String>())?;
    println!("generator, {MODELS} models, schema to files (aim: under 100 ms of CPU)");
    for emitter in ALL {
        let (mut first, mut again, mut wall) = (Vec::new(), Vec::new(), Vec::new());
        let mut files = 0;
        for _ in 0..ROUNDS {
            let folder = tempfile::tempdir()?;
            for times in [&mut first, &mut again] {
                let (start, clock) = (cpu_ms()?, Instant::now());
                let set = sync_emitters::generate(*emitter, &schema)?;
                let plan = Plan::new(emitter.target(), folder.path(), &set)?;
                write(&[plan])?;
                times.push(cpu_ms()? - start);
                wall.push(clock.elapsed().as_secs_f64() * 1e3);
                files = set.iter().count();
            }
        }
        println!(
            "  {:<8} {files} files: {} ms written, {} ms unchanged, wall at most {:.0} ms",
            emitter.target(),
            median(first),
            median(again),
            wall.into_iter().fold(0.0, f64::max),
        );
    }
    Ok(())
}

/// The same model under names of its own. Types that it holds keep theirs: they are shared.
fn renamed(model: &Model, index: usize) -> Model {
    let mut model = model.clone();
    model.name = format!("{}{index}", model.name).into();
    model.entity = format!("{}_{index}", model.entity).into();
    model.path = format!("{}_{index}", model.path).into();
    model
}

/// User and system time of this process, from the kernel's books: ticks of ten milliseconds, so that single rounds
/// are coarse and the median of several is what counts.
fn cpu_ms() -> Result<u64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit_once(')').ok_or("no process name")?.1;
    let ticks: Vec<u64> = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<u64>() * 10)
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}
