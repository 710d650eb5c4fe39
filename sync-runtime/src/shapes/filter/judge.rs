//! What a condition says of a row.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::{
    Comparison, Condition, Term,
    value::{Number, Scalar},
};

type Row = Map<String, Value>;

/// Says of a row whether something is true, false or unknown.
pub(super) trait Judge {
    fn judge(&self, row: &Row) -> Option<bool>;
}

impl Judge for Condition {
    fn judge(&self, row: &Row) -> Option<bool> {
        match self {
            Condition::Always(known) => *known,
            Condition::Term(term) => match term.value(row) {
                Scalar::Bool(flag) => Some(flag),
                _ => None,
            },
            Condition::Compare(one, how, other) => {
                let ordering = one.value(row).compare(&other.value(row))?;
                Some(how.holds(ordering))
            }
            Condition::Same(one, other) => {
                let (one, other) = (one.value(row), other.value(row));
                match (one.is_null(), other.is_null()) {
                    (false, false) => Some(one.compare(&other)? == Ordering::Equal),
                    (one, other) => Some(one && other),
                }
            }
            Condition::Among(term, values) => {
                let wanted = term.value(row);
                let found = values.iter().map(|value| {
                    let ordering = wanted.compare(&value.value(row));
                    ordering.map(|ordering| ordering == Ordering::Equal)
                });
                any(found)
            }
            Condition::Like {
                term,
                pattern,
                any_case,
            } => {
                let (mut text, mut pattern) = (term.value(row).text()?, pattern.value(row).text()?);
                if *any_case {
                    (text, pattern) = (text.to_lowercase(), pattern.to_lowercase());
                }
                Some(is_like(&text, &pattern))
            }
            Condition::IsNull(term) => Some(term.value(row).is_null()),
            Condition::Is(inner, wanted) => Some(inner.judge(row) == *wanted),
            Condition::Not(inner) => inner.judge(row).map(|known| !known),
            Condition::All(all) => {
                let turned = any(all.iter().map(|it| it.judge(row).map(|known| !known)));
                turned.map(|known| !known)
            }
            Condition::Any(some) => any(some.iter().map(|it| it.judge(row))),
        }
    }
}

/// True where one is; else unknown where one is; else false.
fn any(judged: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut so_far = Some(false);
    for one in judged {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => so_far = None,
        }
    }
    so_far
}

impl Comparison {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Comparison::Equal => ordering.is_eq(),
            Comparison::Unequal => ordering.is_ne(),
            Comparison::Less => ordering.is_lt(),
            Comparison::LessOrEqual => ordering.is_le(),
            Comparison::Greater => ordering.is_gt(),
            Comparison::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

impl Term {
    fn value(&self, row: &Row) -> Scalar {
        let text = |text: Option<String>| text.map_or(Scalar::Null, Scalar::Text);
        match self {
            Term::Given(value) => value.clone(),
            Term::Column(name, kind) => Scalar::of(row.get(name), *kind),
            Term::Upper(inner) => text(inner.value(row).text().map(|it| it.to_uppercase())),
            Term::Lower(inner) => text(inner.value(row).text().map(|it| it.to_lowercase())),
            Term::Length(inner) => match inner.value(row).text() {
                Some(text) => Scalar::Number(Number::Exact(text.chars().count().into())),
                None => Scalar::Null,
            },
            Term::Concat(parts) => {
                let parts = parts.iter().filter_map(|part| part.value(row).text());
                Scalar::Text(parts.collect())
            }
            Term::Joined(parts) => text(parts.iter().map(|part| part.value(row).text()).collect()),
            Term::Coalesce(parts) => {
                let mut values = parts.iter().map(|part| part.value(row));
                values
                    .find(|value| !value.is_null())
                    .unwrap_or(Scalar::Null)
            }
        }
    }
}

/// Whether a text is like a pattern, in time of both lengths multiplied: `%` is anything, `_` one character, and what
/// follows a backslash is itself.
fn is_like(text: &str, pattern: &str) -> bool {
    #[derive(Clone, Copy)]
    enum Part {
        Anything,
        One,
        Char(char),
    }
    let mut parts = Vec::new();
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        parts.push(match char {
            '%' => Part::Anything,
            '_' => Part::One,
            '\\' => Part::Char(chars.next().unwrap_or('\\')),
            other => Part::Char(other),
        });
    }
    let text: Vec<char> = text.chars().collect();
    // The last `%`, and how much of the text it stands for so far.
    let (mut at, mut part, mut last) = (0, 0, None);
    loop {
        let fits = match (parts.get(part), text.get(at)) {
            (Some(Part::Anything), _) => {
                last = Some((part, at));
                part += 1;
                continue;
            }
            (None, None) => return true,
            (Some(Part::One), Some(_)) => true,
            (Some(Part::Char(wanted)), Some(found)) => wanted == found,
            (_, None) => return false,
            (None, Some(_)) => false,
        };
        if fits {
            (at, part) = (at + 1, part + 1);
        } else if let Some((any, from)) = last {
            last = Some((any, from + 1));
            (at, part) = (from + 1, any + 1);
        } else {
            return false;
        }
    }
}
