//! Numbers: whole, wide, floating and decimal.

use rust_decimal::Decimal;
use serde_json::{Number, Value};

use super::normal::expected;
use crate::{
    schema::{IntType, MAX_SAFE_INTEGER, Whole},
    semantics::Invalid,
};

pub(super) fn normal_int(int: IntType, big: bool, value: Value) -> Result<Value, Invalid> {
    let wide = big && int.is_wide();
    let number = match &value {
        Value::String(text) if wide => Whole::parse(text.as_bytes()),
        Value::Number(number) if !wide => whole(number),
        _ => None,
    };
    let (min, max) = (int.min(big), int.max(big));
    match number {
        Some(number) if (min..=max).contains(&number) => Ok(int_value(number, wide)),
        Some(_) => Err(Invalid::here(format!(
            "expected an integer from {min} to {max}"
        ))),
        None if wide => Err(expected("an integer as a string", &value)),
        None => Err(expected("an integer", &value)),
    }
}

/// An integer as the wire has it: a number, or a string where it is `big`.
pub fn int_value(number: Whole, wide: bool) -> Value {
    // Within ±(2^53-1) by the bounds of every type that is not wide.
    match number.to_i64() {
        Some(number) if !wide => Value::Number(Number::from(number)),
        _ => Value::String(number.to_string()),
    }
}

/// The integer in a value of the wire's form; `None` if it holds none.
pub fn int_of(value: &Value) -> Option<Whole> {
    match value {
        Value::String(text) => Whole::parse(text.as_bytes()),
        Value::Number(number) => whole(number),
        _ => None,
    }
}

/// The integer that a number is, however it is spelled.
pub fn whole(number: &Number) -> Option<Whole> {
    if let Some(number) = number.as_i64() {
        return Some(number.into());
    }
    if let Some(number) = number.as_u64() {
        return Some(number.into());
    }
    let number = number.as_f64()?;
    let limit = MAX_SAFE_INTEGER as f64;
    (number.fract() == 0.0 && number.abs() <= limit).then_some((number as i64).into())
}

pub(super) fn normal_float(value: Value, round: impl Fn(f64) -> f64) -> Result<Value, Invalid> {
    let Some(number) = value.as_f64().filter(|_| value.is_number()) else {
        return Err(expected("a number", &value));
    };
    // Adding zero turns -0 into 0, which has one spelling only.
    Number::from_f64(round(number) + 0.0)
        .map(Value::Number)
        .ok_or_else(|| Invalid::here("the number is too large"))
}

pub(super) fn normal_decimal(text: &str) -> Result<String, Invalid> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = unsigned.splitn(2, '.');
    let shape = parts
        .by_ref()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if !shape {
        return Err(Invalid::here("expected a decimal number such as \"19.9\""));
    }
    // Zeros at the end say nothing, and would count as digits.
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    };
    Decimal::from_str_exact(text.strip_prefix('+').unwrap_or(text))
        .map(decimal_text)
        .map_err(|_| Invalid::here("expected a decimal number of at most 28 digits"))
}

/// A decimal in the wire's normal form.
pub fn decimal_text(number: Decimal) -> String {
    if number.is_zero() {
        "0".to_owned()
    } else {
        number.normalize().to_string()
    }
}

pub(super) fn normal_json_number(number: &Number) -> Result<Number, Invalid> {
    match whole(number).map(Whole::to_i64) {
        Some(Some(whole)) if whole.unsigned_abs() <= MAX_SAFE_INTEGER.unsigned_abs() => {
            Ok(Number::from(whole))
        }
        Some(_) => Err(Invalid::here(
            "integers beyond ±(2^53-1) are refused; send them as strings",
        )),
        None => number
            .as_f64()
            .and_then(Number::from_f64)
            .ok_or_else(|| Invalid::here("the number is too large")),
    }
}
