//! The real server of the fixture models, for as long as a test needs it.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::run::{Outcome, cargo, root, step};

/// A server with a log of its own; it ends with this value.
pub(crate) struct Server {
    process: Child,
    folder: PathBuf,
    /// `http://127.0.0.1:…`
    pub(crate) address: String,
}

impl Server {
    /// Builds the server and starts it on a free port.
    pub(crate) fn start() -> Outcome<Self> {
        step(
            "building the fixtures' server",
            cargo().args([
                "build",
                "--package",
                "sync-fixtures",
                "--bin",
                "fixture-server",
            ]),
        )?;
        let folder = std::env::temp_dir().join(format!("swift-tests-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let (process, address) = spawn(&folder, "127.0.0.1:0")?;
        Ok(Self {
            process,
            folder,
            address,
        })
    }

    /// Ends it in the midst of whatever it does.
    pub(crate) fn kill(&mut self) {
        // It may have ended by itself, and then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again after a kill, at the same address and with the same log.
    pub(crate) fn restart(&mut self) -> Outcome {
        let bind = self.address.trim_start_matches("http://").to_owned();
        (self.process, self.address) = spawn(&self.folder, &bind)?;
        Ok(())
    }
}

/// Starts a server with the log of a folder; gives its address.
fn spawn(folder: &Path, bind: &str) -> Outcome<(Child, String)> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let mut process = Command::new(target.join("debug/fixture-server"))
        .current_dir(folder)
        .env("SYNC_BIND", bind)
        .env("SYNC_DATABASE_URL", "sqlite://log.db")
        .env("SYNC_DEV_AUTH", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut line = String::new();
    if let Some(printed) = process.stdout.take() {
        BufReader::new(printed)
            .read_line(&mut line)
            .map_err(failed)?;
    }
    let address = line
        .split_whitespace()
        .find(|word| word.starts_with("http://"));
    match address {
        Some(address) => Ok((process, address.to_owned())),
        None => {
            // It says nothing and is of no use; it may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
            Err(format!("the fixtures' server says no address: {line:?}"))
        }
    }
}

fn failed(error: std::io::Error) -> String {
    format!("the fixtures' server cannot be started: {error}")
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        // A folder that is gone need not be taken away.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
