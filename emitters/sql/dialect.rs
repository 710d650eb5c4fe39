//! The two dialects, and how each writes names and texts.

use serde_json::Value;

/// A dialect of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// PostgreSQL 15 or later, and PGlite.
    Postgres,
    /// SQLite 3.38 or later.
    Sqlite,
}

impl Dialect {
    /// What `--dialect` calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
        }
    }

    /// One of two texts.
    pub(crate) const fn pick<T: Copy>(self, postgres: T, sqlite: T) -> T {
        match self {
            Self::Postgres => postgres,
            Self::Sqlite => sqlite,
        }
    }

    /// A string literal, on one line whatever is in it: lines are moved about when expressions are laid out.
    pub(crate) fn text(self, text: &str) -> String {
        let quoted = text.replace('\'', "''");
        let control = |c: char| matches!(c, '\n' | '\r');
        match self {
            _ if !text.contains(control) => format!("'{quoted}'"),
            Self::Postgres => {
                let escaped = quoted.replace('\\', "\\\\");
                let escaped = escaped.replace('\n', "\\n").replace('\r', "\\r");
                format!("E'{escaped}'")
            }
            Self::Sqlite => {
                let joined = quoted.replace('\n', "' || char(10) || '");
                format!("('{}')", joined.replace('\r', "' || char(13) || '"))
            }
        }
    }

    /// String literals, apart by commas.
    pub(crate) fn texts<'a>(self, all: impl IntoIterator<Item = &'a str>) -> String {
        let all: Vec<String> = all.into_iter().map(|text| self.text(text)).collect();
        all.join(", ")
    }

    /// A JSON value as a literal.
    pub(crate) fn json(self, value: &Value) -> String {
        let text = self.text(&value.to_string());
        match self {
            Self::Postgres => format!("{text}::jsonb"),
            Self::Sqlite => text,
        }
    }
}

/// An identifier.
pub(crate) fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A doc comment: whole lines at that indent, each closed against what ends a line in either dialect.
pub(crate) fn comment(text: &str, indent: usize) -> String {
    let text = text.replace(|c: char| c.is_control() && c != '\n', " ");
    crate::template::doc(&text, "sql", indent).unwrap_or_default()
}

/// The lines after the first, further in.
pub(crate) fn indented(text: &str, by: usize) -> String {
    text.replace('\n', &format!("\n{}", " ".repeat(by)))
}

/// A CASE of conditions, a line for each.
pub(crate) fn case(branches: &[(String, String)], otherwise: &str) -> String {
    choice("CASE", branches, otherwise)
}

/// A CASE of an expression's values, a line for each.
pub(crate) fn case_of(value: &str, branches: &[(String, String)], otherwise: &str) -> String {
    choice(&format!("CASE {value}"), branches, otherwise)
}

fn choice(head: &str, branches: &[(String, String)], otherwise: &str) -> String {
    let branches: String = branches
        .iter()
        .map(|(when, then)| format!("\n  WHEN {} THEN {}", indented(when, 4), indented(then, 4)))
        .collect();
    format!("{head}{branches}\n  ELSE {}\nEND", indented(otherwise, 4))
}

/// A subquery, a line for each of its parts.
pub(crate) fn subquery(select: &str, rest: &str) -> String {
    format!(
        "(\n  SELECT {}\n  {}\n)",
        indented(select, 4),
        indented(rest, 2)
    )
}
