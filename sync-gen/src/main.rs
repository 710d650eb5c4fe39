//! The binary that cargo finds as `cargo sync-gen`.

use std::process::ExitCode;

use clap::Parser as _;
use sync_gen::{Cli, Outcome, run};

/// `--check` found differences.
const DIFFERENT: u8 = 1;
/// Nothing was written, and the message says why. Clap ends with it too.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    // Cargo runs `cargo-sync-gen sync-gen …`; by hand the second word is not there.
    let mut args: Vec<_> = std::env::args_os().collect();
    if args.get(1).is_some_and(|arg| arg == "sync-gen") {
        args.remove(1);
    }
    match run(&Cli::parse_from(args), &mut std::io::stdout().lock()) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Different) => ExitCode::from(DIFFERENT),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(FAILED)
        }
    }
}
