//! The command, run as users run it: on small crates, by real cargo.

mod dependencies;
mod derive;
mod dialects;
mod extraction;
mod output;
mod support;
