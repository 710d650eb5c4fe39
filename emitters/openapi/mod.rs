//! The document that the server answers `/openapi.json` and `/openapi.yaml` with, as files.

use sync_runtime::{
    openapi::{Options, document, to_json, to_yaml},
    schema::Schema,
};

use crate::{Emitter, Error, FileSet};

/// `openapi.json` and `openapi.yaml`.
pub(crate) struct OpenApi;

impl Emitter for OpenApi {
    fn target(&self) -> &'static str {
        "openapi"
    }

    fn describe(&self) -> &'static str {
        "OpenAPI 3.0.3 with x-sync, as JSON and YAML"
    }

    fn emit(&self, schema: &Schema, _previous: &FileSet) -> Result<FileSet, Error> {
        let mut document = document(schema, &Options::default());
        let mut files = FileSet::new();
        files.insert("openapi.yaml", to_yaml(&document))?;
        // JSON has no comments, so it says who wrote it where a tool ignores it.
        document.extensions.insert(
            "x-generated-by".to_owned(),
            "cargo sync-gen --target openapi".into(),
        );
        files.insert("openapi.json", to_json(&document))?;
        Ok(files)
    }
}
