//! How what a column holds goes into JSON and back. Which kind a field's column has is the server's to say.

use serde_json::Value;
pub(crate) use sync_runtime::sql::Kind;

use super::dialect::Dialect;

/// SQL for what a column holds.
pub(crate) trait ColumnSql: Copy {
    /// The type of a column, and how its text is ordered.
    fn column(self, dialect: Dialect) -> &'static str;

    /// The type of its values.
    fn sql_type(self, dialect: Dialect) -> &'static str;

    /// A column's value as JSON, null as JSON's null.
    fn json(self, dialect: Dialect, value: &str) -> String;

    /// A column's value from the key of an object; null where it is null or not there.
    fn in_object(self, dialect: Dialect, object: &str, key: &str) -> String;

    /// A value of the wire as a constant of the column.
    fn constant(self, dialect: Dialect, value: &Value) -> String;
}

impl ColumnSql for Kind {
    fn column(self, dialect: Dialect) -> &'static str {
        match self {
            Self::Text => dialect.pick("text COLLATE \"C\"", "TEXT"),
            other => other.sql_type(dialect),
        }
    }

    fn sql_type(self, dialect: Dialect) -> &'static str {
        match self {
            Self::Bool => dialect.pick("boolean", "INTEGER"),
            Self::Int => dialect.pick("bigint", "INTEGER"),
            Self::Float => dialect.pick("double precision", "REAL"),
            Self::Wide | Self::Decimal => dialect.pick("numeric", "TEXT"),
            Self::Text => dialect.pick("text", "TEXT"),
            Self::Json => dialect.pick("jsonb", "TEXT"),
        }
    }

    fn json(self, dialect: Dialect, value: &str) -> String {
        match dialect {
            Dialect::Postgres => {
                let json = match self {
                    Self::Bool | Self::Int | Self::Float | Self::Text => {
                        format!("to_jsonb({value})")
                    }
                    Self::Wide | Self::Decimal => format!("to_jsonb(trim_scale({value})::text)"),
                    Self::Json => value.to_owned(),
                };
                format!("coalesce({json}, 'null'::jsonb)")
            }
            Dialect::Sqlite => match self {
                Self::Bool => format!(
                    "CASE WHEN {value} IS NULL THEN 'null' WHEN {value} THEN 'true' ELSE 'false' END"
                ),
                Self::Int => format!("json_quote(CAST({value} AS INTEGER))"),
                // Fifteen digits where they say it all, else as many as it takes.
                Self::Float => format!(
                    "CASE WHEN {value} IS NULL THEN 'null' WHEN CAST(printf('%!.15g', {value}) AS REAL) = {value} THEN printf('%!.15g', {value}) ELSE printf('%!.17g', {value}) END"
                ),
                Self::Wide | Self::Decimal | Self::Text => {
                    format!("json_quote(CAST({value} AS TEXT))")
                }
                Self::Json => format!("coalesce(json({value}), 'null')"),
            },
        }
    }

    fn in_object(self, dialect: Dialect, object: &str, key: &str) -> String {
        match (dialect, self) {
            (Dialect::Postgres, Self::Json) => format!("nullif({object} -> {key}, 'null'::jsonb)"),
            (Dialect::Postgres, Self::Text) => format!("({object} ->> {key}) COLLATE \"C\""),
            (Dialect::Postgres, _) => format!("({object} ->> {key})::{}", self.sql_type(dialect)),
            (Dialect::Sqlite, Self::Json) => format!("nullif({object} -> {key}, 'null')"),
            (Dialect::Sqlite, _) => format!("{object} ->> {key}"),
        }
    }

    fn constant(self, dialect: Dialect, value: &Value) -> String {
        match (self, value) {
            (_, Value::Null) => "NULL".to_owned(),
            (Self::Json, value) => dialect.json(value),
            (Self::Bool, Value::Bool(flag)) => match dialect {
                Dialect::Postgres => flag.to_string(),
                Dialect::Sqlite => u8::from(*flag).to_string(),
            },
            (Self::Wide | Self::Decimal, Value::String(number)) => match dialect {
                Dialect::Postgres => number.clone(),
                Dialect::Sqlite => dialect.text(number),
            },
            (_, Value::String(text)) => dialect.text(text),
            (_, other) => other.to_string(),
        }
    }
}
