//! What a declaration asks of a value beyond its type: `range`, `length`, `pattern`.

use std::{
    cmp::Ordering,
    collections::HashMap,
    str::FromStr,
    sync::{LazyLock, RwLock},
};

use regex_lite::Regex;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::{
    schema::{Rules, Whole},
    semantics::Invalid,
};

pub(super) fn check_rules(rules: &Rules, value: &Value) -> Result<(), Invalid> {
    if value.is_null() {
        return Ok(());
    }
    if let Some(range) = &rules.range {
        for (bound, wrong, word) in [
            (&range.min, Ordering::Less, "at least"),
            (&range.max, Ordering::Greater, "at most"),
        ] {
            if let Some(bound) = bound
                && compare_numbers(value, bound) == Some(wrong)
            {
                return Err(Invalid::here(format!("expected {word} {bound}")));
            }
        }
    }
    if let Some(length) = rules.length {
        let (actual, unit) = match value {
            Value::Array(items) => (items.len(), "elements"),
            Value::Object(object) => (object.len(), "entries"),
            Value::String(text) => (text.chars().count(), "characters"),
            _ => return Ok(()),
        };
        if length.min.is_some_and(|min| actual < min as usize) {
            return Err(Invalid::here(format!(
                "expected at least {} {unit}",
                length.min.unwrap_or(0)
            )));
        }
        if length.max.is_some_and(|max| actual > max as usize) {
            return Err(Invalid::here(format!(
                "expected at most {} {unit}",
                length.max.unwrap_or(0)
            )));
        }
    }
    if let (Some(pattern), Value::String(text)) = (&rules.pattern, value)
        && !matches_whole(pattern, text)
    {
        return Err(Invalid::here(format!(
            "expected text that matches {pattern}"
        )));
    }
    Ok(())
}

/// Compares a number on the wire (a number, or a string where it is decimal or `big`) with a literal of a declaration.
fn compare_numbers(value: &Value, bound: &str) -> Option<Ordering> {
    let text = match value {
        Value::Number(number) if number.is_f64() => {
            return number.as_f64()?.partial_cmp(&f64::from_str(bound).ok()?);
        }
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    // A decimal has 96 bits, an integer up to 128.
    if let (Some(value), Some(bound)) = (
        Whole::parse(text.as_bytes()),
        Whole::parse(bound.as_bytes()),
    ) {
        return Some(value.cmp(&bound));
    }
    Some(
        Decimal::from_str(&text)
            .ok()?
            .cmp(&Decimal::from_str(bound).ok()?),
    )
}

/// Whether the whole text matches; `\d \w \s` are ASCII, as they are in ECMAScript.
fn matches_whole(pattern: &str, text: &str) -> bool {
    static COMPILED: LazyLock<RwLock<HashMap<String, Option<Regex>>>> =
        LazyLock::new(RwLock::default);
    let known = |cache: &HashMap<String, Option<Regex>>| {
        cache
            .get(pattern)
            .map(|regex| regex.as_ref().is_some_and(|regex| regex.is_match(text)))
    };
    if let Some(answer) = COMPILED.read().ok().and_then(|cache| known(&cache)) {
        return answer;
    }
    // The derive has checked the pattern, so that it compiles.
    let regex = Regex::new(&format!("^(?:{pattern})$")).ok();
    let answer = regex.as_ref().is_some_and(|regex| regex.is_match(text));
    if let Ok(mut cache) = COMPILED.write() {
        cache.insert(pattern.to_owned(), regex);
    }
    answer
}
