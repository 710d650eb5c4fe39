//! Integers of more than 64 bits between Rust and JSON.
//!
//! `serde_json::Value` holds no such number, and serde reads none from a string. Its text has no limit, so where one
//! turns up the whole goes by text: digits that a number would lose stand in quotes on this side of it.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Stands before digits that serde is to read as a number. No value of the wire holds it.
const MARK: char = '\0';

/// As many digits as every integer of 64 bits can have.
const DIGITS_OF_64_BITS: usize = 18;

/// Digits beyond 64 bits in the form that [`from_value`] reads.
pub(super) fn mark(digits: &str) -> String {
    format!("{MARK}{digits}")
}

/// A Rust value as JSON; integers beyond 64 bits as strings of digits.
pub(crate) fn to_value<T: Serialize>(value: &T) -> serde_json::Result<Value> {
    serde_json::to_value(value).or_else(|_| parse(&serde_json::to_string(value)?))
}

/// JSON text, such as a default of a declaration; integers beyond 64 bits as strings of digits.
pub(crate) fn parse(json: &str) -> serde_json::Result<Value> {
    serde_json::from_str(&quote_long_integers(json))
}

/// A Rust value from what [`super::from_wire`] gives.
pub(crate) fn from_value<T: DeserializeOwned>(value: &Value) -> serde_json::Result<T> {
    T::deserialize(value).or_else(|error| {
        let text = value.to_string();
        match unquote_marked(&text) {
            Some(text) => serde_json::from_str(&text),
            None => Err(error),
        }
    })
}

/// Puts quotes around integers of so many digits that they may not fit in 64 bits.
fn quote_long_integers(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + 8);
    let mut rest = json;
    while let Some(next) = rest.chars().next() {
        let (token, is_integer) = match next {
            '"' => (string(rest), false),
            '-' | '0'..='9' => {
                let end = rest
                    .find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'))
                    .unwrap_or(rest.len());
                let number = &rest[..end];
                (number, !number.contains(['.', 'e', 'E']))
            }
            other => (&rest[..other.len_utf8()], false),
        };
        if is_integer && token.len() > DIGITS_OF_64_BITS {
            out.extend(["\"", token, "\""]);
        } else {
            out.push_str(token);
        }
        rest = &rest[token.len()..];
    }
    out
}

/// Takes the quotes off marked digits; `None` where there are none.
fn unquote_marked(json: &str) -> Option<String> {
    const QUOTED_MARK: &str = "\"\\u0000";
    let mut out = String::with_capacity(json.len());
    let mut found = false;
    let mut rest = json;
    while let Some(next) = rest.chars().next() {
        let token = match next {
            '"' => string(rest),
            other => &rest[..other.len_utf8()],
        };
        let digits = token
            .strip_prefix(QUOTED_MARK)
            .and_then(|digits| digits.strip_suffix('"'))
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit() || b == b'-'));
        found |= digits.is_some();
        out.push_str(digits.unwrap_or(token));
        rest = &rest[token.len()..];
    }
    found.then_some(out)
}

/// The string at the start of JSON text, with its quotes.
fn string(json: &str) -> &str {
    let mut escaped = false;
    for (at, char) in json.char_indices().skip(1) {
        match char {
            '"' if !escaped => return &json[..=at],
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn there_and_back() {
        type Held = (i128, Vec<Option<u128>>, String, f64, i64);
        let held: Held = (
            i128::MIN,
            vec![Some(u128::MAX), None, Some(7)],
            "\"170141183460469231731687303715884105727\\".to_owned(),
            1e300,
            -5,
        );
        let value = to_value(&held).expect("JSON");
        assert_eq!(value[0], json!(i128::MIN.to_string()));
        assert_eq!(value[1][0], json!(u128::MAX.to_string()));
        assert_eq!(value[1][2], json!(7));
        assert_eq!(value[2], json!(held.2));
        let marked = json!([
            mark(&held.0.to_string()),
            [mark(&u128::MAX.to_string()), null, 7],
            held.2,
            1e300,
            -5
        ]);
        assert_eq!(from_value::<Held>(&marked).expect("the same"), held);
    }

    #[test]
    fn an_error_stays_what_it_was() {
        let error = from_value::<bool>(&json!("x")).expect_err("no bool");
        assert!(error.to_string().contains("expected a boolean"), "{error}");
    }
}
