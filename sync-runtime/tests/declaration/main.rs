//! Declarations and what the derives make of them.
#![allow(missing_docs, reason = "the models are tests")]

mod forms;
mod hidden;
mod integers;
mod models;
mod renames;
#[cfg(feature = "time")]
mod times;
