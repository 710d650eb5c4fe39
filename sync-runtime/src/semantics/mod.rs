//! What a declaration means: clock, values, effects, fold, access.
//!
//! Pure functions over the schema: no I/O, no async, no clock of the machine. They are written once here and once in
//! each client's language; the conformance cases hold them together.

pub mod access;
pub mod fold;
pub mod hlc;
mod invalid;
pub mod payload;
pub mod rows;
pub mod time;
pub mod upcast;
pub mod values;
pub mod wire;

pub use invalid::Invalid;
