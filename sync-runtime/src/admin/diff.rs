//! Where two values differ, by JSON pointer.

use std::fmt;

use serde_json::{Value, json};

/// A place where what is stored is not what was folded.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    /// A JSON pointer into the state, or the name of a column.
    at: String,
    /// `None`: it is not there.
    stored: Option<Value>,
    folded: Option<Value>,
}

impl Difference {
    /// Of a column.
    pub(super) fn of(
        name: &str,
        stored: impl Into<Value>,
        folded: impl Into<Value>,
    ) -> Option<Self> {
        let (stored, folded) = (stored.into(), folded.into());
        (stored != folded).then(|| Self {
            at: name.to_owned(),
            stored: Some(stored),
            folded: Some(folded),
        })
    }

    pub(super) fn json(&self) -> Value {
        json!({ "at": self.at, "stored": self.stored, "folded": self.folded })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<Value>| match value {
            Some(value) => cut(value.to_string()),
            None => "nothing".to_owned(),
        };
        write!(
            f,
            "{}: stored {}, folded {}",
            self.at,
            shown(&self.stored),
            shown(&self.folded)
        )
    }
}

/// A text that fits a line.
fn cut(text: String) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// All places where two values differ, the smallest that there are.
pub(super) fn differences(stored: Option<&Value>, folded: Option<&Value>) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(String::new(), stored, folded, &mut found);
    found
}

fn compare(
    at: String,
    stored: Option<&Value>,
    folded: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    match (stored, folded) {
        (Some(Value::Object(stored)), Some(Value::Object(folded))) => {
            let mut keys: Vec<&String> = stored.keys().chain(folded.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let pointer = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                compare(pointer, stored.get(key), folded.get(key), found);
            }
        }
        (Some(Value::Array(stored)), Some(Value::Array(folded))) => {
            for index in 0..stored.len().max(folded.len()) {
                compare(
                    format!("{at}/{index}"),
                    stored.get(index),
                    folded.get(index),
                    found,
                );
            }
        }
        (stored, folded) if stored == folded => {}
        (stored, folded) => found.push(Difference {
            at: if at.is_empty() { "/".to_owned() } else { at },
            stored: stored.cloned(),
            folded: folded.cloned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_places_are_named() {
        let stored =
            json!({ "a/b": 1, "same": [1], "items": [{ "n": 1 }, { "n": 2 }], "gone": null });
        let folded = json!({ "a/b": 2, "same": [1], "items": [{ "n": 1 }, { "n": 3 }, 4] });
        let found: Vec<String> = differences(Some(&stored), Some(&folded))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [
                "/a~1b: stored 1, folded 2",
                "/gone: stored null, folded nothing",
                "/items/1/n: stored 2, folded 3",
                "/items/2: stored nothing, folded 4",
            ]
        );
        assert!(differences(Some(&stored), Some(&stored)).is_empty());
        assert_eq!(differences(None, Some(&json!({}))).len(), 1);
    }
}
