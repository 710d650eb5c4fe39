//! Writes what a target makes of a test case: `cargo run -p sync-emitters --example emit -- <target> <case> <folder>`; a target
//! with dialects is given as `sql:sqlite`, the client with zod schemas as `ts:zod`.
//!
//! For checks that compile and run generated code; users have `cargo sync-gen`.

use std::{error::Error, fs, path::Path};

use sync_runtime::schema::Mode;

#[path = "../tests/cases/mod.rs"]
mod cases;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [target, case, folder] = &arguments[..] else {
        return Err("usage: emit <target> <case> <folder>".into());
    };
    let (name, dialect) = match target.split_once(':') {
        Some((name, dialect)) => (name, Some(dialect)),
        None => (target.as_str(), None),
    };
    let (dialect, zod) = match dialect {
        Some("zod") => (None, true),
        dialect => (dialect, false),
    };
    let emitter = sync_emitters::find(name, dialect)
        .and_then(|emitter| {
            if zod {
                emitter.with_zod()
            } else {
                Some(emitter)
            }
        })
        .ok_or_else(|| format!("no target {target:?}"))?;
    let schema = match &**case {
        "report_api" => cases::report_in(Mode::Api),
        "report_rows" => cases::report_in(Mode::Rows),
        "report_events" => cases::report_in(Mode::Events),
        _ => cases::cases()
            .into_iter()
            .find_map(|(name, schema)| (name == *case).then_some(schema))
            .ok_or_else(|| format!("no case {case:?}"))?,
    };
    for (path, text) in sync_emitters::generate(emitter, &schema)?.iter() {
        let path = Path::new(folder).join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        // What is the same keeps its date, and the compiler its work.
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        fs::write(path, text)?;
    }
    Ok(())
}
