//! All Swift tests, under the thread sanitizer: a data race fails them.

use std::path::Path;

use super::{BUILD, PACKAGE, Toolchain, server::Server};
use crate::run::{Outcome, output, root, step};

/// Where the tests are, in the package.
const TESTS: [&str; 2] = ["runtime/Tests", "check/Tests"];
/// A build of its own: everything is compiled anew with the sanitizer in it.
const SANITIZED: [&str; 3] = ["--sanitize=thread", "--scratch-path", ".build/thread"];

/// Builds the tests, runs them and counts them: a suite that was left out is no success.
pub(super) fn run(swift: &Toolchain) -> Outcome {
    let mut declared = 0;
    for folder in TESTS {
        declared += declared_tests(&root().join(PACKAGE).join(folder))?;
    }
    let mut words = vec!["swift", "build", "--quiet", "--build-tests"];
    words.extend(BUILD);
    words.extend(SANITIZED);
    step(
        "building the Swift tests with the thread sanitizer",
        &mut swift.command(PACKAGE, &words),
    )?;
    let server = Server::start()?;
    eprintln!("\n── Swift tests, under the thread sanitizer");
    let mut words = vec!["swift", "test", "--skip-build", "--disable-xctest"];
    words.extend(BUILD);
    words.extend(SANITIZED);
    let mut command = swift.command(PACKAGE, &words);
    command.env("SYNC_TEST_SERVER", &server.address);
    // The first race ends it, and says where it is.
    command.env("TSAN_OPTIONS", "halt_on_error=1");
    let printed = output(&mut command).map_err(|error| format!("Swift tests: {error}"))?;
    print!("{printed}");
    let run = printed.lines().find_map(|line| {
        let (_, rest) = line.split_once("Test run with ")?;
        rest.split_whitespace().next()?.parse::<usize>().ok()
    });
    let skipped = printed
        .lines()
        .filter(|line| line.contains(" skipped"))
        .count();
    match run {
        Some(run) if run == declared && skipped == 0 => Ok(()),
        Some(run) => Err(format!(
            "{declared} Swift tests are declared, {run} were run, {skipped} were skipped"
        )),
        None => Err("no Swift test was run".to_owned()),
    }
}

/// How many tests the sources in a folder declare.
fn declared_tests(folder: &Path) -> Outcome<usize> {
    let entries =
        std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut count = 0;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            count += declared_tests(&path)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "swift")
        {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            count += text
                .lines()
                .filter(|line| line.trim_start().starts_with("@Test"))
                .count();
        }
    }
    Ok(count)
}
