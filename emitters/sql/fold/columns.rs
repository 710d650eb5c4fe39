//! The typed columns of a view, as the tables of the backend have them.

use serde::Serialize;
use sync_runtime::schema::{Field, Model};

use super::in_state;
use crate::sql::{
    dialect::{Dialect, comment, name},
    kind::{ColumnSql as _, Kind},
};

/// A column of the view.
#[derive(Debug, Serialize)]
pub(super) struct ColumnView {
    doc: String,
    name: String,
    value: String,
}

/// A column for each field.
pub(super) fn of(model: &Model, dialect: Dialect) -> Vec<ColumnView> {
    model
        .shared_fields()
        .map(|field| ColumnView {
            doc: comment(&field.doc, 2),
            name: name(&field.name),
            value: value(field, dialect),
        })
        .collect()
}

/// What holds a single value as SQL has it, all else as JSON.
fn value(field: &Field, dialect: Dialect) -> String {
    let at = in_state(field);
    let kind = Kind::of(field);
    match (dialect, kind) {
        (_, Kind::Json) => dialect.raw(&at),
        (Dialect::Sqlite, _) => dialect.scalar(&at),
        (Dialect::Postgres, Kind::Text) => format!("({}) COLLATE \"C\"", dialect.scalar(&at)),
        (Dialect::Postgres, _) => {
            format!("({})::{}", dialect.scalar(&at), kind.sql_type(dialect))
        }
    }
}
