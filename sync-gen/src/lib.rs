//! `cargo sync-gen`: typed clients and API descriptions from the models of a crate.
//!
//! Three stages with a value between each: [`extract`] builds the user's crate and reads the models that the derive put
//! into the artifacts; an emitter of `sync-emitters` turns them into a set of files; [`output`] compares that set with
//! the disk and writes, or only tells, the difference.
//!
//! No user code is run: the models are bytes in a linker section. Nothing is written when anything failed.

#![warn(missing_docs)]

mod cli;
mod error;
pub mod extract;
pub mod output;
mod run;

pub use cli::Cli;
pub use error::{Error, Result};
pub use run::{Outcome, run};
