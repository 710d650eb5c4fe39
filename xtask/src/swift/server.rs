//! The real server of the fixture models, for as long as a test needs it.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
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
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root().join("target"), PathBuf::from);
        let folder = std::env::temp_dir().join(format!("swift-tests-{}", std::process::id()));
        let failed =
            |error: std::io::Error| format!("the fixtures' server cannot be started: {error}");
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let mut process = Command::new(target.join("debug/fixture-server"))
            .current_dir(&folder)
            .env("SYNC_BIND", "127.0.0.1:0")
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
            .find(|word| word.starts_with("http://"))
            .map(str::to_owned);
        let mut server = Self {
            process,
            folder,
            address: String::new(),
        };
        server.address =
            address.ok_or_else(|| format!("the fixtures' server says no address: {line:?}"))?;
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to end or to take away.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
