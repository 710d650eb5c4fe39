//! A client in a process of its own, told line by line what to do.

use std::{
    io::{BufRead, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::run::Outcome;

/// A client that answers each line with a line.
pub(super) struct Peer {
    pub(super) name: &'static str,
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts it.
    pub(super) fn start(name: &'static str, command: &mut Command) -> Outcome<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the peer {name} cannot be started: {error}"))?;
        let (to, from) = (process.stdin.take(), process.stdout.take());
        match (to, from) {
            (Some(to), Some(from)) => Ok(Self {
                name,
                process,
                to,
                from: BufReader::new(from),
            }),
            _ => Err(format!("the peer {name} has no pipes")),
        }
    }

    /// Tells it something and gives what it says.
    pub(super) fn tell(&mut self, command: &Value) -> Outcome<String> {
        let failed = |error: std::io::Error| format!("the peer {} is gone: {error}", self.name);
        writeln!(self.to, "{command}").map_err(failed)?;
        let mut line = String::new();
        self.from.read_line(&mut line).map_err(failed)?;
        match line.trim_end() {
            "" => Err(format!("the peer {} is gone", self.name)),
            said if said.starts_with("failed") || said == "unknown" => {
                Err(format!("the peer {} {said}: {command}", self.name))
            }
            said => Ok(said.to_owned()),
        }
    }

    /// Takes its network away, or gives it back.
    pub(super) fn network(&mut self, online: bool) -> Outcome {
        let what = if online { "online" } else { "offline" };
        self.tell(&json!({ "do": what })).map(drop)
    }

    /// What it holds.
    pub(super) fn dump(&mut self) -> Outcome<Value> {
        let said = self.tell(&json!({ "do": "dump" }))?;
        serde_json::from_str(&said).map_err(|error| format!("{}: {error}: {said}", self.name))
    }

    /// Ends it without a word of warning.
    pub(super) fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.kill();
    }
}
