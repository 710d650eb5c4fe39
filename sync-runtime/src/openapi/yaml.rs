//! The only user of serde_yaml.

use openapiv3::OpenAPI;

use super::Error;

/// As YAML.
pub fn to_yaml(document: &OpenAPI) -> String {
    // A tree of maps, lists, strings and finite numbers: there is nothing that could fail.
    serde_yaml::to_string(document).unwrap_or_default()
}

/// Reads a document; JSON is YAML too.
///
/// # Errors
///
/// When it is no OpenAPI 3.0 document.
pub fn parse(text: &str) -> Result<OpenAPI, Error> {
    let document: OpenAPI = serde_yaml::from_str(text)
        .map_err(|error| Error(format!("this is no OpenAPI document: {error}")))?;
    if document.openapi.starts_with("3.0.") {
        Ok(document)
    } else {
        Err(Error(format!(
            "this is OpenAPI {}; 3.0.3 is what can be read",
            document.openapi
        )))
    }
}

/// Reads a text of this crate.
pub(super) fn read<T: for<'de> serde::Deserialize<'de>>(text: &str) -> Result<T, Error> {
    serde_yaml::from_str(text).map_err(|error| Error(error.to_string()))
}
