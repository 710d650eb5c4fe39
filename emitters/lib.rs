//! What `cargo sync-gen` writes: one folder a target, from the schema to a set of files.
//!
//! An [`Emitter`] is a pure function from a [`Schema`] (and what it wrote last) to a [`FileSet`]: it reads no disk, no clock and no environment,
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
mod sql;
mod swift;
mod typescript;

use std::fmt;

use sync_runtime::schema::Schema;

pub use files::{FileSet, header, is_ours};

/// Every target, in the order in which help lists them.
pub static ALL: &[&dyn Emitter] = &[
    &openapi::OpenApi, // openapi.json, openapi.yaml
    &sql::Sql::POSTGRES,
    &sql::Sql::SQLITE,
    &typescript::TypeScript { zod: false },
    &swift::Swift,
];

/// A target of the generator.
pub trait Emitter: Sync {
    /// What `--target` calls it.
    fn target(&self) -> &'static str;

    /// What `--dialect` calls it, where a target has several.
    fn dialect(&self) -> Option<&'static str> {
        None
    }

    /// The same with zod schemas for forms, where the target has those.
    fn with_zod(&self) -> Option<&'static dyn Emitter> {
        None
    }

    /// What it writes, in half a line of help.
    fn describe(&self) -> &'static str;

    /// Whether that file is the same for every schema: tested where it comes from, and not pinned again per schema.
    fn is_copied(&self, _path: &str) -> bool {
        false
    }

    /// What of this schema it does not write yet, as a sentence for whoever runs the generator; `None`: nothing.
    fn left_out(&self, _schema: &Schema) -> Option<String> {
        None
    }

    /// Whether the next run is given that file again, as `previous`: what tells it of changes.
    fn is_kept(&self, _path: &str) -> bool {
        false
    }

    /// The files for this schema, without our header: [`generate`] puts that on. `previous` has those that the last run
    /// wrote and [`is_kept`](Emitter::is_kept) names; none before the first.
    fn emit(&self, schema: &Schema, previous: &FileSet) -> Result<FileSet, Error>;
}

/// The emitter of that target, and of that dialect where the target has several.
pub fn find(target: &str, dialect: Option<&str>) -> Option<&'static dyn Emitter> {
    ALL.iter()
        .copied()
        .find(|emitter| emitter.target() == target && emitter.dialect() == dialect)
}

/// The dialects of a target; none: it is written in one way.
pub fn dialects(target: &str) -> Vec<&'static str> {
    let of_target = ALL.iter().filter(|emitter| emitter.target() == target);
    of_target.filter_map(|emitter| emitter.dialect()).collect()
}

/// The options that choose an emitter, after `--target`: `sql --dialect sqlite`. Its files say so in their header.
pub fn label(emitter: &dyn Emitter) -> String {
    match emitter.dialect() {
        Some(dialect) => format!("{} --dialect {dialect}", emitter.target()),
        None => emitter.target().to_owned(),
    }
}

/// The files of a target as they stand on disk: emitted, each with the header that says who wrote it.
pub fn generate(emitter: &dyn Emitter, schema: &Schema) -> Result<FileSet, Error> {
    generate_after(emitter, schema, &FileSet::new())
}

/// The same after an earlier run, of which `previous` has the files that the emitter keeps.
pub fn generate_after(
    emitter: &dyn Emitter,
    schema: &Schema,
    previous: &FileSet,
) -> Result<FileSet, Error> {
    emitter
        .emit(schema, previous)?
        .with_headers(&label(emitter))
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
