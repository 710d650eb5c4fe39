//! Where tenant, user and roles stand among a token's claims.

use std::fmt;

use serde_json::{Map, Value};

/// The claims that make a principal.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) tenant: Path,
    pub(super) user: Path,
    pub(super) roles: Path,
}

/// A claim: its name, or the names that lead to it, with points between them.
#[derive(Debug)]
pub(super) struct Path(String);

impl Path {
    pub(super) fn new(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// A claim of that whole name comes first: names such as `https://example.com/tenant` have points of their own.
    fn of<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a Value> {
        if let Some(value) = claims.get(&self.0) {
            return Some(value);
        }
        let mut steps = self.0.split('.');
        let first = claims.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.get(step))
    }

    /// A text, or a whole number as one.
    pub(super) fn text(&self, claims: &Map<String, Value>) -> Option<String> {
        match self.of(claims)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
            _ => None,
        }
    }

    /// A list of texts, or one text with blanks between the words; nothing else is a word.
    pub(super) fn words(&self, claims: &Map<String, Value>) -> Vec<String> {
        match self.of(claims) {
            Some(Value::Array(values)) => values
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            Some(Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn claims_are_found_by_name_and_by_path() {
        let claims = json!({
            "sub": "ann", "org": 7, "realm_access": { "roles": ["owner", 3, "cook"] },
            "https://example.com/tenant": "t1", "scope": " read  write ", "none": null, "part": 1.5,
        });
        let claims = claims.as_object().unwrap();
        let text = |path: &str| Path::new(path).text(claims);
        assert_eq!(text("sub").as_deref(), Some("ann"));
        assert_eq!(text("org").as_deref(), Some("7"));
        assert_eq!(text("https://example.com/tenant").as_deref(), Some("t1"));
        for missing in [
            "",
            "none",
            "part",
            "sub.x",
            "realm_access",
            "realm_access.roles",
            "x.y",
        ] {
            assert_eq!(text(missing), None, "{missing}");
        }
        let words = |path: &str| Path::new(path).words(claims);
        assert_eq!(words("realm_access.roles"), ["owner", "cook"]);
        assert_eq!(words("scope"), ["read", "write"]);
        assert!(words("org").is_empty());
        assert!(words("missing").is_empty());
    }
}
