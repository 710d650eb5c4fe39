//! The project's own commands: `cargo xtask demo`, `test`, `conformance`, `bench`.

mod bench;
mod conformance;
mod demo;
mod run;
mod swift;
mod test;
mod tools;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "The project's own commands")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the restaurant, generates its client and serves both on one port
    Demo(demo::Demo),
    /// Runs every test, and installs what they need
    Test(test::Test),
    /// Runs conformance cases against a target and shows where it differs
    Conformance(Conformance),
    /// Measures, in ratios against a baseline in the same run
    Bench(bench::Bench),
}

#[derive(clap::Args)]
struct Conformance {
    /// Which implementation
    #[arg(long, value_enum)]
    target: conformance::Target,
    /// Files of cases; those of the repository if none is named
    files: Vec<PathBuf>,
}

fn main() {
    let result = match Cli::parse().command {
        Command::Demo(demo) => demo.run(),
        Command::Test(test) => test.run(),
        Command::Conformance(args) => conformance::run(args.target, args.files),
        Command::Bench(bench) => bench.run(),
    };
    if let Err(message) = result {
        eprintln!("xtask: {message}");
        std::process::exit(1);
    }
}
