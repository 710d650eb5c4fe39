//! The condition of a shape: a small part of PostgreSQL's expressions, judged here and never run as SQL.
//!
//! Columns of a model, literals and parameters; `= <> < <= > >=`, `IN`, `= ANY`, `BETWEEN`, `LIKE`, `ILIKE`, `IS NULL`,
//! `IS TRUE`, `IS DISTINCT FROM`, `AND`, `OR`, `NOT`; `upper`, `lower`, `length`, `concat`, `coalesce`. Nothing is both
//! true and unknown: three-valued as in SQL. Text is compared by code point.

mod judge;
mod read;
mod value;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::sql::Kind;
use judge::Judge as _;
use value::Scalar;

/// The most characters of a condition.
const MAX_LENGTH: usize = 8_192;

/// A column that a condition may name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: Kind,
}

/// What holds of the rows of a shape.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filter(Condition);

/// True, false or unknown.
#[derive(Debug, Clone, PartialEq)]
enum Condition {
    /// It is so, whatever the row.
    Always(Option<bool>),
    /// A term that is true or false.
    Term(Term),
    Compare(Term, Comparison, Term),
    /// Null equals null, and nothing else.
    Same(Term, Term),
    Among(Term, Vec<Term>),
    Like {
        term: Term,
        pattern: Term,
        any_case: bool,
    },
    IsNull(Term),
    /// Whether another is exactly this.
    Is(Box<Condition>, Option<bool>),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value of a row, or made of such.
#[derive(Debug, Clone, PartialEq)]
enum Term {
    Given(Scalar),
    Column(String, Kind),
    Upper(Box<Term>),
    Lower(Box<Term>),
    Length(Box<Term>),
    Concat(Vec<Term>),
    /// `a || b`: null where one is.
    Joined(Vec<Term>),
    Coalesce(Vec<Term>),
}

impl Filter {
    /// Reads a condition. The reason of a refusal is for a person.
    pub(crate) fn read(
        text: &str,
        params: &BTreeMap<u32, String>,
        columns: &[Known<'_>],
    ) -> Result<Self, String> {
        if text.chars().count() > MAX_LENGTH {
            return Err(format!("has more than {MAX_LENGTH} characters"));
        }
        read::condition(text, params, columns).map(Self)
    }

    /// Whether it is true of a row.
    pub(crate) fn holds(&self, row: &Map<String, Value>) -> bool {
        self.0.judge(row) == Some(true)
    }
}

#[cfg(test)]
mod tests;
