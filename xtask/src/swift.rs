//! The Swift runtime and the generated Swift, built and tested in one package.

mod converge;
mod dice;
mod docs;
mod peer;
mod server;
mod suite;
mod toolchain;

use std::{path::Path, process::Command};

use crate::run::{Outcome, cargo, output, root, step};

pub(crate) use converge::typescript_client;
pub(crate) use dice::Dice;
pub(crate) use toolchain::{Toolchain, find as toolchain};

/// The package that holds the runtime, what is generated for the test cases, and all tests.
pub(crate) const PACKAGE: &str = "emitters/swift";
/// Where generated code goes.
const GENERATED: &str = "emitters/swift/check/generated";
/// The example: a waiter's command line.
const WAITER: &str = "examples/pos-swift";
/// What is generated.
const CASES: [&str; 5] = ["fixtures", "pos", "repair", "types", "awkward"];
/// Flags of every build, so that one serves all.
const BUILD: [&str; 4] = [
    "-Xswiftc",
    "-warnings-as-errors",
    "-Xswiftc",
    "-enable-testing",
];

/// Everything: generated, looked over, built without a warning, and run.
pub(crate) fn test() -> Outcome {
    let swift = toolchain()?;
    generate()?;
    lint(&swift)?;
    step(
        "building the runtime, the generated packages and what runs them",
        &mut build(&swift, &[]),
    )?;
    docs::convert(&swift)?;
    type_check_apple(&swift)?;
    suite::run(&swift)?;
    converge::run(&swift)?;
    take_an_order(&swift)
}

/// Builds the example upon a package as users have it, and takes an order with it that no server hears of.
fn take_an_order(swift: &Toolchain) -> Outcome {
    let package = root().join(WAITER).join("sync");
    step(
        "generating the waiter's package",
        example("emit").args(["swift", "pos"]).arg(package),
    )?;
    step(
        "building the waiter",
        &mut swift.command(WAITER, &["swift", "build", "--quiet"]),
    )?;
    let script = "rm -f .build/waiter.sqlite*; printf 'open 4\\nadd 1 1250 Burger\\nquit\\n' | \
                  .build/debug/waiter http://127.0.0.1:1/api/v1 .build/waiter.sqlite";
    let printed = output(&mut swift.command(WAITER, &["sh", "-c", script]))?;
    match printed.contains("1 × Burger 1250") {
        true => Ok(()),
        false => Err(format!("the waiter took no order:\n{printed}")),
    }
}

/// Type-checks what only Apple's systems have, against modules that say what is used of them: the runtime's part of it, and
/// the restaurant's views.
fn type_check_apple(swift: &Toolchain) -> Outcome {
    let views = root().join(WAITER).join("Sources/PosViews");
    let copied = root().join(GENERATED).join("pos-views");
    let failed = |error: std::io::Error| format!("{}: {error}", views.display());
    std::fs::create_dir_all(&copied).map_err(failed)?;
    for entry in std::fs::read_dir(&views).map_err(failed)?.flatten() {
        // The toolchain may see this package alone.
        let text = std::fs::read_to_string(entry.path()).map_err(failed)?;
        write_if_changed(&copied.join(entry.file_name()), &text)?;
    }
    let words = [
        "swift",
        "build",
        "--quiet",
        "--scratch-path",
        ".build/apple",
        "-Xswiftc",
        "-warnings-as-errors",
        "--target",
        "PosViews",
    ];
    step(
        "type-checking SwiftUI and Keychain against stubs",
        swift.command(PACKAGE, &words).env("SYNC_APPLE_STUBS", "1"),
    )
}

/// Writes the Swift of every test case, and the corpus of values and folds that all targets agree on.
pub(crate) fn generate() -> Outcome {
    let generated = root().join(GENERATED);
    // Untouched files keep their dates, and the build its steps.
    std::fs::create_dir_all(&generated)
        .map_err(|error| format!("{}: {error}", generated.display()))?;
    for case in CASES {
        step(
            &format!("generating Swift for the case {case}"),
            example("emit")
                .args(["swift", case])
                .arg(generated.join(case)),
        )?;
    }
    let corpus = output(&mut example("corpus"))?;
    write_if_changed(&generated.join("corpus.json"), &corpus)
}

fn example(name: &str) -> Command {
    let mut command = cargo();
    command.args([
        "run",
        "--quiet",
        "--package",
        "sync-emitters",
        "--example",
        name,
        "--",
    ]);
    command
}

fn write_if_changed(path: &Path, text: &str) -> Outcome {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn build(swift: &Toolchain, what: &[&str]) -> Command {
    let mut words = vec!["swift", "build", "--quiet"];
    words.extend(BUILD);
    words.extend(what);
    swift.command(PACKAGE, &words)
}

/// Layout and doc comments: of the runtime as it is written, of generated code with room for long names.
fn lint(swift: &Toolchain) -> Outcome {
    let written = [
        "runtime/Sources",
        "runtime/Tests",
        "check/Sources",
        "check/Tests",
        "Package.swift",
    ];
    let written: Vec<String> = written.into_iter().map(str::to_owned).collect();
    format(swift, ".swift-format", &written)?;
    format(swift, "check/.swift-format", &generated_modules()?)
}

fn format(swift: &Toolchain, configuration: &str, paths: &[String]) -> Outcome {
    let mut words = vec!["swift", "format", "lint", "--strict", "--recursive"];
    words.extend(["--configuration", configuration]);
    words.extend(paths.iter().map(String::as_str));
    step(
        &format!("swift format by {configuration}"),
        &mut swift.command(PACKAGE, &words),
    )
}

/// The generated modules, without the copies of the runtime beside them.
fn generated_modules() -> Outcome<Vec<String>> {
    let mut modules = Vec::new();
    for case in CASES {
        let folder = format!("check/generated/{case}/Sources");
        let path = root().join(PACKAGE).join(&folder);
        let entries =
            std::fs::read_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with("Models") {
                modules.push(format!("{folder}/{name}"));
            }
        }
    }
    match modules.len() == CASES.len() {
        true => Ok(modules),
        false => Err(format!(
            "expected one module for each of {CASES:?}, found {modules:?}"
        )),
    }
}

/// Builds what runs the conformance cases.
pub(crate) fn build_runner() -> Outcome {
    let swift = toolchain()?;
    step(
        "building the runner",
        &mut build(&swift, &["--product", "sync-conformance"]),
    )
}

/// Runs the conformance cases of a file.
pub(crate) fn runner(file: &Path) -> Outcome<Command> {
    // The toolchain may see this package alone.
    let folder = root().join(GENERATED);
    let name = "conformance.json";
    std::fs::copy(file, folder.join(name))
        .map_err(|error| format!("{}: {error}", file.display()))?;
    let swift = toolchain()?;
    let path = format!("check/generated/{name}");
    Ok(swift.command(PACKAGE, &[".build/debug/sync-conformance", &path]))
}
