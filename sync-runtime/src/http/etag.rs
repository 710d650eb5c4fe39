//! Entity tags: which version of a row a client has seen (RFC 9110, 8.8.3 and 13.1).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Map, Value};

/// The tag of a state. FNV-1a of 128 bits over its JSON: equal states have equal tags, in every process.
pub(super) fn of(state: &Map<String, Value>) -> String {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    // In one order, whatever map serde_json was built with.
    let mut fields: Vec<(&String, &Value)> = state.iter().collect();
    fields.sort_unstable_by_key(|(name, _)| *name);
    let text = serde_json::to_vec(&fields).unwrap_or_default();
    let hash = text.iter().fold(BASIS, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(PRIME)
    });
    format!("\"{hash:032x}\"")
}

/// As a header.
pub(super) fn header(tag: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((header::ETAG, HeaderValue::from_str(tag).ok()?))
}

/// Whether `If-Match` lets a write go on; without the header it does. Weak tags never match (RFC 9110, 13.1.1).
pub(super) fn may_write(headers: &HeaderMap, tag: &str) -> bool {
    let mut asked = headers.get_all(header::IF_MATCH).iter().peekable();
    asked.peek().is_none() || asked.any(|value| names(value, tag, false))
}

/// Whether `If-None-Match` says that the client has it already.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let asked = headers.get_all(header::IF_NONE_MATCH);
    asked.iter().any(|value| names(value, tag, true))
}

fn names(value: &HeaderValue, tag: &str, weak: bool) -> bool {
    let text = value.to_str().unwrap_or_default();
    text.split(',').map(str::trim).any(|asked| {
        let strong = match weak {
            true => asked.strip_prefix("W/").unwrap_or(asked),
            false => asked,
        };
        asked == "*" || strong == tag
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn tags_are_compared_as_the_rfc_says() {
        let may = |value| may_write(&asking(header::IF_MATCH, value), "\"a\"");
        assert!(may_write(&HeaderMap::new(), "\"a\""));
        assert!(may("*") && may("\"a\"") && may("\"b\", \"a\""));
        assert!(!may("\"b\"") && !may("W/\"a\"") && !may(""));
        let known = |value| is_known(&asking(header::IF_NONE_MATCH, value), "\"a\"");
        assert!(known("W/\"a\"") && known("\"a\"") && !known("\"b\""));
        assert!(!is_known(&HeaderMap::new(), "\"a\""));
    }
}
