//! Commands of other programs, shown as they run.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// What a task gives back: nothing, or a sentence on what failed.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Cargo, as it was called.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// A program in a folder of the workspace.
pub(crate) fn program(name: &str, folder: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root().join(folder));
    command
}

/// Runs a command to its end, its output passed through, with a line before and the time it took after.
pub(crate) fn step(title: &str, command: &mut Command) -> Outcome {
    eprintln!("\n── {title}");
    let start = Instant::now();
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{title}: {} cannot be run: {error}", shown(command)))?;
    if !status.success() {
        return Err(format!("{title}: {} ended with {status}", shown(command)));
    }
    eprintln!("── {title}: ok, {:.0?}", start.elapsed());
    Ok(())
}

/// Runs a command to its end and gives back what it printed; its errors pass through.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{} cannot be run: {error}", shown(command)))?;
    if !output.status.success() {
        return Err(format!("{} ended with {}", shown(command), output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{} printed no text", shown(command)))
}

/// Brings a folder's npm packages in line with its lock file. Nothing is done where they are.
pub(crate) fn npm_ci(folder: &str) -> Outcome {
    let path = root().join(folder);
    let modified = |name: &str| {
        let file = path.join(name);
        std::fs::metadata(file)
            .and_then(|found| found.modified())
            .ok()
    };
    // npm writes this file last.
    let installed = modified("node_modules/.package-lock.json");
    if installed.is_some() && installed >= modified("package-lock.json") {
        return Ok(());
    }
    step(
        &format!("npm packages of {folder}"),
        program("npm", folder).args(["ci", "--no-audit", "--no-fund"]),
    )
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|arg| arg.to_string_lossy().into_owned()),
    );
    format!("`{}`", words.join(" "))
}
