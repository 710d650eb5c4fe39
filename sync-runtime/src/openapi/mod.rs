//! A schema as an OpenAPI 3.0.3 document with `x-sync`, and back.
//!
//! The document says two things side by side. For people and tools that know nothing of us: every route, every payload
//! and state as JSON Schema. For a generator without the crate: the schema itself, under `x-sync` on each model's path
//! and `x-sync-types` at the root, so that [`from_document`] gives back exactly what [`document`] was given.
//!
//! * `routes.yaml` holds what is the same for every backend, `model.yaml` the routes of one model;
//! * `shapes` turns types into JSON Schema (of `parts`), `events` payloads and envelopes;
//! * `extension` writes and reads `x-sync`; `yaml` is the only user of serde_yaml.
//!
//! Architecture invariant: nothing here reads JSON Schema back. What plain OpenAPI says is derived, what `x-sync` says is
//! the source.

mod events;
mod extension;
mod names;
mod parts;
mod routes;
mod shapes;
mod yaml;

use std::fmt;

use openapiv3::OpenAPI;

use crate::schema::Schema;

pub use yaml::{parse, to_yaml};

/// Where the routes stand unless the server is told otherwise.
pub const DEFAULT_PREFIX: &str = "/api/v1";

/// What a document says of a server beside its models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What the routes stand under.
    pub prefix: String,
    /// The most events of a batch.
    pub max_batch_events: usize,
    /// Whether requests can get a 429.
    pub rate_limited: bool,
}

/// What a server does unless it is told otherwise; all that can be known without running it.
impl Default for Options {
    fn default() -> Self {
        Self {
            prefix: DEFAULT_PREFIX.to_owned(),
            max_batch_events: 500,
            rate_limited: false,
        }
    }
}

/// Why a document is not one of ours.
#[derive(Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// The document for these models at a server of these options.
pub fn document(schema: &Schema, options: &Options) -> OpenAPI {
    let mut document = routes::fixed(options);
    let mut shapes = shapes::Shapes::new(&document, schema);
    for model in schema.models() {
        routes::add_model(&mut document, &mut shapes, options, model);
    }
    if !options.rate_limited {
        routes::without_rate_limit(&mut document);
    }
    events::add_unions(&mut shapes);
    let schemas = &mut document.components.get_or_insert_default().schemas;
    for (name, shape) in shapes.into_components() {
        schemas.insert(name, openapiv3::ReferenceOr::Item(shape));
    }
    schemas.sort_keys();
    let types = extension::types(schema);
    document
        .extensions
        .insert(extension::TYPES.to_owned(), types);
    document
}

/// The schema that the document was made of.
///
/// # Errors
///
/// When `x-sync` is damaged, was written by a version that we do not know, or describes models that contradict each
/// other.
pub fn from_document(document: &OpenAPI) -> Result<Schema, Error> {
    extension::read(document)
}

/// As JSON, with a newline at its end.
pub fn to_json(document: &OpenAPI) -> String {
    // Its keys are strings and it holds no NaN, so there is nothing that could fail.
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
