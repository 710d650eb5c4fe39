//! Which rows and columns a reader asks for.

use std::{collections::BTreeMap, time::SystemTime};

use super::{
    Refused,
    filter::{Filter, Known},
};
use crate::{
    feed::cursor::Scope,
    registry::Models,
    schema::{Field, FieldKind, Mode, Model},
    semantics::access::Rights,
    sql::{self, Kind},
};

/// What a request says of a shape.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked<'a> {
    pub(crate) table: Option<&'a str>,
    pub(crate) columns: Option<&'a str>,
    pub(crate) condition: Option<&'a str>,
    /// Of the condition, by the number behind `$`.
    pub(crate) params: BTreeMap<u32, String>,
    pub(crate) replica: Option<&'a str>,
    pub(crate) log: Option<&'a str>,
}

/// What an update carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replica {
    /// The key and the columns that changed.
    Default,
    /// The whole row, and what the changed columns held before.
    Full,
}

/// A column of a shape.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// Some rows of a model, of one tenant, as one reader may see them.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// The model's entity.
    pub(crate) entity: String,
    /// The model's table.
    pub(crate) table: String,
    /// The column of the id.
    pub(crate) id: String,
    /// Those that were asked for, in the order of the declaration; the id's is among them.
    pub(crate) columns: Vec<Column>,
    /// The column of the time of the last change, where it was asked for.
    pub(crate) updated_at: Option<String>,
    /// What holds of its rows.
    pub(crate) filter: Option<Filter>,
    pub(crate) replica: Replica,
    /// Whether there is a snapshot of what was.
    pub(crate) with_snapshot: bool,
    /// The same in every process for the same shape, log, tenant and rights.
    pub(crate) number: u64,
}

impl Shape {
    /// The shape that a request asks for. What the reader may not see is not there for him.
    pub(crate) fn read(
        asked: &Asked<'_>,
        models: &Models,
        rights: &Rights,
        scope: &Scope,
    ) -> Result<Self, Refused> {
        let model = model(asked.table, models)?;
        let seen: Vec<(&Field, Column)> = model
            .fields
            .iter()
            .filter(|field| rights.sees(field))
            .map(|field| {
                let (name, kind) = (field.name.to_string(), Kind::of(field));
                (field, Column { name, kind })
            })
            .collect();
        let id = sql::id_column(model).to_owned();
        let wanted = columns(asked.columns, &seen, &id)?;
        let known: Vec<Known<'_>> = seen
            .iter()
            .map(|(_, column)| Known {
                name: &column.name,
                kind: column.kind,
            })
            .collect();
        let filter = asked
            .condition
            .map(|text| Filter::read(text, &asked.params, &known))
            .transpose()
            .map_err(|reason| Refused::new("where", reason))?;
        let replica = match asked.replica {
            None | Some("default") => Replica::Default,
            Some("full") => Replica::Full,
            Some(_) => return Err(Refused::new("replica", "is invalid")),
        };
        let with_snapshot = match asked.log {
            None | Some("full") => true,
            Some("changes_only") => false,
            Some(_) => return Err(Refused::new("log", "is invalid")),
        };
        let is_wanted = |name: &str| {
            wanted
                .as_ref()
                .is_none_or(|it| it.iter().any(|it| it == name))
        };
        let updated_at = model
            .field_of_kind(&FieldKind::UpdatedAt)
            .map(|field| field.name.to_string())
            .filter(|name| is_wanted(name));
        let columns = seen.into_iter().map(|(_, column)| column);
        let mut shape = Self {
            entity: model.entity.to_string(),
            table: model.path.to_string(),
            id,
            columns: columns.filter(|it| is_wanted(&it.name)).collect(),
            updated_at,
            filter,
            replica,
            with_snapshot,
            number: 0,
        };
        shape.number = shape.numbered(asked, scope);
        Ok(shape)
    }

    fn numbered(&self, asked: &Asked<'_>, scope: &Scope) -> u64 {
        let mut parts = vec![scope.cursor(0), self.table.clone()];
        for column in &self.columns {
            parts.push(format!("{} {:?}", column.name, column.kind));
        }
        if let (Some(_), Some(text)) = (&self.filter, asked.condition) {
            parts.push(format!("where {text}"));
            let params = asked.params.iter();
            parts.extend(params.map(|(at, value)| format!("{at} {value}")));
        }
        parts.push(format!("{:?} {}", self.replica, self.with_snapshot));
        // FNV-1a over what cannot be told from another list: each part with its length before it.
        let text = parts.iter().map(|part| format!("{} {part}", part.len()));
        let text = text.collect::<String>();
        text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }

    /// A handle for one who begins. A client never takes one again that it was told to give up, so that each is new.
    pub(crate) fn new_handle(&self) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let micros = now.map_or(0, |since| since.as_micros());
        format!("{}-{micros}", self.number)
    }

    /// Whether a handle is one of this shape's.
    pub(crate) fn has_handle(&self, handle: &str) -> bool {
        let parts = handle.split_once('-');
        parts.is_some_and(|(number, _)| number == self.number.to_string())
    }
}

/// The model whose table it is: `contacts` or `public.contacts`, quoted where the letters' case counts.
fn model<'a>(table: Option<&str>, models: &'a Models) -> Result<&'a Model, Refused> {
    let refuse = |reason: String| Refused::new("table", reason);
    let table = table.ok_or_else(|| refuse("can't be blank".to_owned()))?;
    let parts = names(table, '.').ok_or_else(|| refuse("Invalid table name".to_owned()))?;
    let name = match &parts[..] {
        [name] => name,
        [schema, name] if schema == "public" => name,
        _ => return Err(absent(table)),
    };
    models
        .schema()
        .models()
        .iter()
        .find(|model| model.mode == Mode::Rows && model.path == *name)
        .ok_or_else(|| absent(table))
}

fn absent(table: &str) -> Refused {
    Refused::new(
        "table",
        format!(
            "Table {table} does not exist. If the table name contains capitals or special characters you must quote it. \
             Models of rows have one each, of the name of their path"
        ),
    )
}

/// The columns that are asked for by name; `None`: all.
fn columns(
    asked: Option<&str>,
    seen: &[(&Field, Column)],
    id: &str,
) -> Result<Option<Vec<String>>, Refused> {
    let refuse = |reason: String| Err(Refused::new("columns", reason));
    let Some(asked) = asked else {
        return Ok(None);
    };
    let Some(names) = names(asked, ',') else {
        return refuse("Invalid zero-length delimited identifier or unterminated quote".to_owned());
    };
    let unknown = |name: &&String| !seen.iter().any(|(_, column)| column.name == **name);
    if let Some(unknown) = names.iter().find(unknown) {
        return refuse(format!(
            "The following columns are not found on the table: {unknown}"
        ));
    }
    if !names.iter().any(|name| name == id) {
        return refuse(format!(
            "The list of columns must include all primary key columns, missing: {id}"
        ));
    }
    Ok(Some(names))
}

/// Identifiers between separators: quoted ones as they are, others in lower case. `None`: it is no such list.
fn names(text: &str, separator: char) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = text.trim();
    loop {
        let after;
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut name = String::new();
            let mut chars = quoted.char_indices().peekable();
            let end = loop {
                match chars.next()? {
                    (_, '"') if chars.next_if(|(_, next)| *next == '"').is_some() => name.push('"'),
                    (at, '"') => break at,
                    (_, other) => name.push(other),
                }
            };
            names.push(name);
            after = quoted[end + 1..].trim_start();
        } else {
            let end = rest.find(separator).unwrap_or(rest.len());
            names.push(rest[..end].trim().to_lowercase());
            after = &rest[end..];
        }
        if names
            .last()
            .is_some_and(|name| name.is_empty() || name.contains('\0'))
        {
            return None;
        }
        match after.strip_prefix(separator) {
            Some(next) => rest = next.trim_start(),
            None => return after.is_empty().then_some(names),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_identifiers_are_read() {
        let read = |text| names(text, ',').map(|names| names.join("|"));
        assert_eq!(read("id, Name"), Some("id|name".to_owned()));
        assert_eq!(
            read("\"id\",\"has,comma\",\"has\"\"quote\""),
            Some("id|has,comma|has\"quote".to_owned())
        );
        for nonsense in ["", ",", "id,", "\"id", "\"\"", "\"a\"b", "a,,b"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
        assert_eq!(
            names("public.\"Contacts\"", '.'),
            Some(vec!["public".to_owned(), "Contacts".to_owned()])
        );
    }
}
