//! The values of conditions.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::sql::Kind;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    /// Something that is only there or not.
    Opaque,
}

/// A number, exact where it can be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Exact(Decimal),
    Near(f64),
}

impl Number {
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(exact) = text.parse() {
            return Some(Number::Exact(exact));
        }
        let near: f64 = text.parse().ok()?;
        near.is_finite().then_some(Number::Near(near))
    }

    fn near(self) -> f64 {
        match self {
            Number::Exact(exact) => f64::try_from(exact).unwrap_or(f64::NAN),
            Number::Near(near) => near,
        }
    }

    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Number::Exact(one), Number::Exact(other)) => Some(one.cmp(&other)),
            _ => self.near().partial_cmp(&other.near()),
        }
    }
}

impl Scalar {
    /// What a column of a row holds.
    pub(super) fn of(value: Option<&Value>, kind: Kind) -> Self {
        match (value, kind) {
            (None | Some(Value::Null), _) => Scalar::Null,
            (Some(_), Kind::Json) => Scalar::Opaque,
            (Some(Value::Bool(flag)), _) => Scalar::Bool(*flag),
            (Some(Value::Number(number)), _) => {
                Number::read(&number.to_string()).map_or(Scalar::Opaque, Scalar::Number)
            }
            (Some(Value::String(text)), Kind::Wide | Kind::Decimal) => {
                Number::read(text).map_or(Scalar::Opaque, Scalar::Number)
            }
            (Some(Value::String(text)), _) => Scalar::Text(text.clone()),
            (Some(Value::Array(_) | Value::Object(_)), _) => Scalar::Opaque,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        *self == Scalar::Null
    }

    /// As `upper`, `concat` and the like take it; `None`: null.
    pub(super) fn text(self) -> Option<String> {
        match self {
            Scalar::Null | Scalar::Opaque => None,
            Scalar::Bool(flag) => Some(if flag { "t" } else { "f" }.to_owned()),
            Scalar::Number(Number::Exact(exact)) => Some(exact.to_string()),
            Scalar::Number(Number::Near(near)) => Some(near.to_string()),
            Scalar::Text(text) => Some(text),
        }
    }

    /// How it lies to another; `None`: unknown.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Scalar::Bool(one), Scalar::Bool(other)) => Some(one.cmp(other)),
            (Scalar::Number(one), Scalar::Number(other)) => one.compare(*other),
            (Scalar::Text(one), Scalar::Text(other)) => Some(one.cmp(other)),
            _ => None,
        }
    }
}
