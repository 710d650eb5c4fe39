//! From a set of files to the disk: plan, then write or tell.
//!
//! A plan holds every decision and touches nothing. Only files that carry our header for this target are ever replaced
//! or removed; anything else at a path we need is a refusal. Symlinks are not followed.

mod diff;
mod plan;
mod previous;
mod write;

pub use diff::diff;
pub use plan::{Change, Plan};
pub use previous::previous;
pub use write::write;
