//! What the restaurant syncs: the models, apart from the program that serves them.

mod house;
mod order;

pub use house::*;
pub use order::*;
