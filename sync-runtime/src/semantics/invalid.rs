//! A value that its type refuses.

use std::fmt;

/// A value that its type refuses: where and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// JSON pointer (RFC 6901) from the value that was checked.
    pub pointer: String,
    /// What was expected.
    pub message: String,
}

impl Invalid {
    /// A refusal of the very value that was checked.
    pub fn here(message: impl Into<String>) -> Self {
        Self {
            pointer: String::new(),
            message: message.into(),
        }
    }

    /// The same refusal seen from one level up.
    pub fn under(mut self, key: impl fmt::Display) -> Self {
        let key = key.to_string().replace('~', "~0").replace('/', "~1");
        self.pointer.insert_str(0, &key);
        self.pointer.insert(0, '/');
        self
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.pointer, self.message)
        }
    }
}

impl std::error::Error for Invalid {}
