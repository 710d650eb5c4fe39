//! What a guard says against an event.

use std::{error::Error, fmt};

use crate::ingest::{Code, Rejection};

/// The most characters of an application's code.
const MAX_CODE: usize = 64;
/// What a code is replaced by that is none.
const NO_CODE: &str = "refused";

/// What a guard says against an event: either that it must not be, or that it could not find out.
///
/// Any error becomes the latter by `?`: the client sends the event again.
pub struct Refusal(Kind);

enum Kind {
    Refused { code: String, reason: String },
    Failed(Box<dyn Error + Send + Sync>),
}

/// The same, for the one who judges.
#[derive(Debug)]
pub(crate) enum Verdict {
    Rejected(Rejection),
    Failed(Box<dyn Error + Send + Sync>),
}

impl Refusal {
    /// The event is rejected for good: `code` for programs (snake_case, at most 64 characters), `reason` for people.
    pub fn new(code: impl Into<String>, reason: impl Into<String>) -> Self {
        Self(Kind::Refused {
            code: code.into(),
            reason: reason.into(),
        })
    }

    /// Nobody could find out; the client sends the event again.
    pub fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Kind::Failed(error.into()))
    }

    pub(crate) fn verdict(self) -> Verdict {
        match self.0 {
            Kind::Failed(error) => Verdict::Failed(error),
            Kind::Refused { code, reason } => {
                let code = if is_code(&code) {
                    code
                } else {
                    tracing::error!(
                        code,
                        "a guard's code is not snake_case of at most {MAX_CODE} characters; clients get `{NO_CODE}`"
                    );
                    NO_CODE.to_owned()
                };
                Verdict::Rejected(Rejection::new(Code::Application(code), reason))
            }
        }
    }
}

fn is_code(code: &str) -> bool {
    code.len() <= MAX_CODE
        && code.starts_with(|first: char| first.is_ascii_lowercase())
        && code
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

impl<E: Error + Send + Sync + 'static> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::failed(error)
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Refused { code, reason } => write!(f, "Refusal({code}: {reason})"),
            Kind::Failed(error) => write!(f, "Refusal({error:?})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_words_that_programs_can_compare() {
        let code = |code: &str| match Refusal::new(code, "").verdict() {
            Verdict::Rejected(rejection) => rejection.code.as_str().to_owned(),
            Verdict::Failed(error) => panic!("{error}"),
        };
        assert_eq!(code("table_closed"), "table_closed");
        assert_eq!(code("forbidden"), "forbidden");
        for wrong in ["", "Closed", "table closed", "9th", "\"", &"x".repeat(65)] {
            assert_eq!(code(wrong), "refused", "{wrong}");
        }
    }
}
