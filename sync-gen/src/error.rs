//! What can go wrong, as the sentence that the user reads.

use std::{fmt, io, path::Path};

/// A sentence that says what is wrong and what to do.
#[derive(Debug)]
pub struct Error(String);

/// Of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    pub(crate) fn io(doing: &str, path: &Path, error: &io::Error) -> Self {
        Self(format!("cannot {doing} {}: {error}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl From<sync_emitters::Error> for Error {
    fn from(error: sync_emitters::Error) -> Self {
        Self(error.to_string())
    }
}
