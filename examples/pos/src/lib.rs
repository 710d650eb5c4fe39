//! What the restaurant syncs: the models, apart from the program that serves them.

mod order;

pub use order::*;
