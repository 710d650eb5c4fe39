//! What `cargo sync-gen` writes: one folder a target, from the schema to a set of files.
//!
//! An [`Emitter`] is a pure function from a [`Schema`] to a [`FileSet`]: it reads no disk, no clock and no environment,
//! so that the same schema gives the same bytes everywhere. Decisions (names, escaping, the mapping of types) are made
//! in Rust; templates hold loops and ifs.
//!
//! To add a target: write `emitters/<target>/mod.rs` with a type that implements [`Emitter`], declare the module below
//! and add one line to [`ALL`]. The `--target` values, their help, and the golden tests come from that list.

#![warn(missing_docs)]

mod files;
pub mod names;
pub mod template;

mod openapi;
mod typescript;

use std::fmt;

use sync_runtime::schema::Schema;

pub use files::{FileSet, header, is_ours};

/// Every target, in the order in which help lists them.
pub static ALL: &[&dyn Emitter] = &[
    &openapi::OpenApi, // openapi.json, openapi.yaml
    &typescript::TypeScript,
];

/// A target of the generator.
pub trait Emitter: Sync {
    /// What `--target` calls it.
    fn target(&self) -> &'static str;

    /// What it writes, in half a line of help.
    fn describe(&self) -> &'static str;

    /// Whether that file is the same for every schema: tested where it comes from, and not pinned again per schema.
    fn is_copied(&self, _path: &str) -> bool {
        false
    }

    /// The files for this schema, without our header: [`generate`] puts that on.
    fn emit(&self, schema: &Schema) -> Result<FileSet, Error>;
}

/// The emitter of that name.
pub fn find(target: &str) -> Option<&'static dyn Emitter> {
    ALL.iter()
        .copied()
        .find(|emitter| emitter.target() == target)
}

/// The files of a target as they stand on disk: emitted, each with the header that says who wrote it.
pub fn generate(emitter: &dyn Emitter, schema: &Schema) -> Result<FileSet, Error> {
    emitter.emit(schema)?.with_headers(emitter.target())
}

/// Why an emitter gave up: a mistake in the emitter or a schema that its target cannot express.
#[derive(Debug)]
pub struct Error {
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of its own.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    /// An error that another one caused.
    pub fn caused(
        message: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            message: message.into(),
            source: Some(source.into()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            // Alternate, because minijinja shows the line of the template then.
            Some(source) => write!(f, ": {source:#}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
