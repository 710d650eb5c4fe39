//! JSON in expressions: where a value stands, and what is made of values.
//!
//! SQLite holds JSON as text and reads it by paths, so that a number stays as it is spelled; PostgreSQL holds JSONB.

use std::fmt::Write as _;

use super::dialect::{Dialect, subquery};

/// The most pairs that one call takes in both dialects.
const PAIRS: usize = 49;

/// Where a JSON value stands.
#[derive(Debug, Clone)]
pub(crate) enum At {
    /// Below an expression that holds JSON.
    Below {
        /// The expression.
        base: String,
        /// Keys and places.
        path: Vec<Step>,
    },
    /// The value of a row that [`Dialect::each_item`] or [`Dialect::each_entry`] gives, by the row's name.
    Row(String),
}

/// A step further down.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// The value of a key.
    Key(String),
    /// The element at a place.
    Place(usize),
}

/// A key of an object that is made.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    /// The key.
    pub(crate) key: String,
    /// An expression of JSON.
    pub(crate) value: String,
    /// The condition under which the key is left out.
    pub(crate) unless: Option<String>,
}

impl At {
    /// The value that an expression holds.
    pub(crate) fn root(base: impl Into<String>) -> Self {
        At::Below {
            base: base.into(),
            path: Vec::new(),
        }
    }

    /// The value of a key of it.
    pub(crate) fn key(&self, key: &str) -> Self {
        self.step(Step::Key(key.to_owned()))
    }

    /// The element at a place of it.
    pub(crate) fn place(&self, place: usize) -> Self {
        self.step(Step::Place(place))
    }

    fn step(&self, step: Step) -> Self {
        match self {
            At::Below { base, path } => At::Below {
                base: base.clone(),
                path: path.iter().cloned().chain([step]).collect(),
            },
            At::Row(row) => At::Below {
                base: format!("{row}.value"),
                path: vec![step],
            },
        }
    }
}

impl Dialect {
    /// The value as JSON; SQL's null where there is none.
    pub(crate) fn raw(self, at: &At) -> String {
        match (self, at) {
            (_, At::Below { base, path }) if path.is_empty() => base.clone(),
            (Self::Sqlite, At::Below { base, path }) => format!("{base} -> {}", sqlite_path(path)),
            (Self::Sqlite, At::Row(row)) => format!("json_quote({row}.value)"),
            (Self::Postgres, At::Below { base, path }) => format!("{base}{}", arrows(path, "->")),
            (Self::Postgres, At::Row(row)) => format!("{row}.value"),
        }
    }

    /// The value as SQL has it: text, number or truth; null where it is null or there is none.
    pub(crate) fn scalar(self, at: &At) -> String {
        match (self, at) {
            (Self::Sqlite, At::Below { base, path }) => format!("{base} ->> {}", sqlite_path(path)),
            (Self::Sqlite, At::Row(row)) => format!("{row}.value"),
            (Self::Postgres, At::Below { base, path }) if path.is_empty() => {
                format!("{base} #>> '{{}}'")
            }
            (Self::Postgres, At::Below { base, path }) => format!("{base}{}", arrows(path, "->>")),
            (Self::Postgres, At::Row(row)) => format!("{row}.value #>> '{{}}'"),
        }
    }

    /// The kind of the value: `object`, `array` and so on; null where there is none.
    pub(crate) fn kind(self, at: &At) -> String {
        match (self, at) {
            (Self::Sqlite, At::Below { base, path }) if path.is_empty() => {
                format!("json_type({base})")
            }
            (Self::Sqlite, At::Below { base, path }) => {
                format!("json_type({base}, {})", sqlite_path(path))
            }
            (Self::Sqlite, At::Row(row)) => format!("{row}.type"),
            (Self::Postgres, at) => format!("jsonb_typeof({})", self.raw(at)),
        }
    }

    /// The elements of a list as rows of that name.
    pub(crate) fn each_item(self, at: &At, row: &str) -> String {
        match self {
            Self::Postgres => format!(
                "jsonb_array_elements({}) WITH ORDINALITY AS {row} (value, place)",
                self.raw(at)
            ),
            Self::Sqlite => self.each(at, row),
        }
    }

    /// The entries of an object as rows of that name.
    pub(crate) fn each_entry(self, at: &At, row: &str) -> String {
        match self {
            Self::Postgres => format!("jsonb_each({}) AS {row}", self.raw(at)),
            Self::Sqlite => self.each(at, row),
        }
    }

    fn each(self, at: &At, row: &str) -> String {
        match at {
            At::Below { base, path } if path.is_empty() => format!("json_each({base}) AS {row}"),
            At::Below { base, path } => {
                format!("json_each({base}, {}) AS {row}", sqlite_path(path))
            }
            At::Row(outer) => format!("json_each({outer}.value) AS {row}"),
        }
    }

    /// A list of what each row gives, in the order of the rows. `rest` begins with `FROM`.
    pub(crate) fn list_of(self, value: &str, row: &str, rest: &str) -> String {
        match self {
            Self::Postgres => subquery(
                &format!("coalesce(jsonb_agg({value} ORDER BY {row}.place), '[]'::jsonb)"),
                rest,
            ),
            Self::Sqlite => subquery(&format!("json_group_array(json({value}))"), rest),
        }
    }

    /// An object of what each row gives under its key.
    pub(crate) fn object_of(self, value: &str, row: &str, rest: &str) -> String {
        match self {
            Self::Postgres => subquery(
                &format!("coalesce(jsonb_object_agg({row}.key, {value}), '{{}}'::jsonb)"),
                rest,
            ),
            Self::Sqlite => subquery(
                &format!("json_group_object({row}.key, json({value}))"),
                rest,
            ),
        }
    }

    /// A list of these values.
    pub(crate) fn list(self, values: &[String]) -> String {
        match self {
            Self::Postgres => format!("jsonb_build_array({})", values.join(", ")),
            Self::Sqlite => {
                let values: Vec<String> = values.iter().map(|v| format!("json({v})")).collect();
                format!("json_array({})", values.join(", "))
            }
        }
    }

    /// An object of these pairs, a line for each.
    pub(crate) fn object(self, pairs: &[Pair]) -> String {
        let (always, sometimes): (Vec<&Pair>, Vec<&Pair>) =
            pairs.iter().partition(|pair| pair.unless.is_none());
        match self {
            Self::Postgres => postgres_object(&always, &sometimes),
            Self::Sqlite => sqlite_object(&always, &sometimes),
        }
    }

    /// The value with one element more at its end.
    pub(crate) fn appended(self, list: &str, element: &str) -> String {
        match self {
            Self::Postgres => format!("{list} || jsonb_build_array({element})"),
            Self::Sqlite => format!("json_insert({list}, '$[#]', json({element}))"),
        }
    }
}

fn postgres_object(always: &[&Pair], sometimes: &[&Pair]) -> String {
    let mut out = String::new();
    let mut chunks = always.chunks(PAIRS);
    out += &built(
        Dialect::Postgres,
        "jsonb_build_object",
        chunks.next().unwrap_or(&[]),
        |v| v.to_owned(),
    );
    for chunk in chunks {
        let _ = write!(
            out,
            " || {}",
            built(Dialect::Postgres, "jsonb_build_object", chunk, |v| v
                .to_owned())
        );
    }
    for pair in sometimes {
        let unless = pair.unless.as_deref().unwrap_or("false");
        let _ = write!(
            out,
            "\n|| CASE WHEN {unless} THEN '{{}}'::jsonb ELSE jsonb_build_object({}, {}) END",
            Dialect::Postgres.text(&pair.key),
            pair.value
        );
    }
    match sometimes.is_empty() && always.len() <= PAIRS {
        true => out,
        false => format!("({out})"),
    }
}

fn sqlite_object(always: &[&Pair], sometimes: &[&Pair]) -> String {
    let all: Vec<&Pair> = always.iter().chain(sometimes).copied().collect();
    let mut chunks = all.chunks(PAIRS);
    let json = |v: &str| format!("json({v})");
    let mut out = built(
        Dialect::Sqlite,
        "json_object",
        chunks.next().unwrap_or(&[]),
        json,
    );
    for chunk in chunks {
        // A merge patch of what cannot be null as a whole would lose the nulls inside; setting keeps them.
        let mut set = format!("json_set({out}");
        for pair in chunk {
            let _ = write!(
                set,
                ",\n  {}, json({})",
                sqlite_path(&[Step::Key(pair.key.clone())]),
                pair.value
            );
        }
        out = format!("{set}\n)");
    }
    if sometimes.is_empty() {
        return out;
    }
    // A path to nothing removes nothing.
    let removed: Vec<String> = sometimes
        .iter()
        .map(|pair| {
            let unless = pair.unless.as_deref().unwrap_or("0");
            let path = sqlite_path(&[Step::Key(pair.key.clone())]);
            format!("CASE WHEN {unless} THEN {path} ELSE '$.\"\"' END")
        })
        .collect();
    format!("json_remove({out}, {})", removed.join(", "))
}

fn built(
    dialect: Dialect,
    function: &str,
    pairs: &[&Pair],
    value: impl Fn(&str) -> String,
) -> String {
    let lines: Vec<String> = pairs
        .iter()
        .map(|pair| {
            let made = value(&pair.value).replace('\n', "\n  ");
            format!("\n  {}, {made}", dialect.text(&pair.key))
        })
        .collect();
    match lines.is_empty() {
        true => format!("{function}()"),
        false => format!("{function}({}\n)", lines.join(",")),
    }
}

/// The arrows of PostgreSQL, the last one as given.
fn arrows(path: &[Step], last: &str) -> String {
    let mut out = String::new();
    for (at, step) in path.iter().enumerate() {
        let arrow = if at + 1 == path.len() { last } else { "->" };
        let step = match step {
            Step::Key(key) => Dialect::Postgres.text(key),
            Step::Place(place) => place.to_string(),
        };
        let _ = write!(out, " {arrow} {step}");
    }
    out
}

/// A path as SQLite reads it, as a literal.
pub(crate) fn sqlite_path(path: &[Step]) -> String {
    let mut out = "$".to_owned();
    for step in path {
        match step {
            Step::Key(key) => {
                let quoted = serde_json::Value::from(key.as_str()).to_string();
                let _ = write!(out, ".{quoted}");
            }
            Step::Place(place) => {
                let _ = write!(out, "[{place}]");
            }
        }
    }
    Dialect::Sqlite.text(&out)
}
