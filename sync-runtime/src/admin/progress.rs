//! How far it is: a bar on a terminal, a line now and then where there is none.

use std::{
    io::IsTerminal as _,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a line is written where there is no terminal.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// How far a command is. Goes to standard error, beside what is found.
#[derive(Debug)]
pub(super) struct Progress {
    what: &'static str,
    done: u64,
    bar: Option<ProgressBar>,
    said: Instant,
}

impl Progress {
    /// `what` is counted, for example "events"; `total` where it is known.
    pub(super) fn new(what: &'static str, total: Option<u64>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            let style = match total {
                Some(total) => {
                    bar.set_length(total);
                    "{wide_bar} {human_pos} of {human_len} {msg}, {per_sec}, {eta} left"
                }
                None => "{spinner} {human_pos} {msg}, {per_sec}, {elapsed}",
            };
            bar.set_message(what);
            bar.with_style(
                ProgressStyle::with_template(style)
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            )
        });
        Self {
            what,
            done: 0,
            bar,
            said: Instant::now(),
        }
    }

    /// So many more are done.
    pub(super) fn add(&mut self, more: u64) {
        self.done += more;
        match &self.bar {
            Some(bar) => bar.inc(more),
            None if self.said.elapsed() >= SAY_EVERY => {
                eprintln!("{} {}", self.done, self.what);
                self.said = Instant::now();
            }
            None => {}
        }
    }

    /// Says something without spoiling the bar.
    pub(super) fn aside(&self, say: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }

    /// Nothing more is shown.
    pub(super) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
