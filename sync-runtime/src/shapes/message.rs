//! The messages of a shape.

use serde_json::{Map, Value, json};

use super::definition::{Column, Shape};
use crate::sql::Kind;

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Insert,
    Update,
    Delete,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Operation::Insert => "insert",
            Operation::Update => "update",
            Operation::Delete => "delete",
        }
    }
}

/// Where in the log a change comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// The last position that it holds.
    pub(super) seq: u64,
    /// The transactions that it holds.
    pub(super) txids: Vec<u64>,
}

impl Shape {
    /// The columns as a client parses them: the header `electric-schema`.
    pub(crate) fn schema(&self) -> Value {
        let columns = self.columns.iter().map(|column| {
            let mut about = json!({ "type": type_name(column.kind) });
            if column.name == self.id {
                about["pk_index"] = json!(0);
                about["not_null"] = json!(true);
            }
            (column.name.clone(), about)
        });
        Value::Object(columns.collect())
    }

    /// A row of a snapshot.
    pub(super) fn row(&self, id: &str, state: &Map<String, Value>) -> String {
        let message = json!({
            "key": self.key(id),
            "value": self.values(state, |_| true),
            "headers": { "operation": "insert", "relation": ["public", self.table] },
        });
        message.to_string()
    }

    /// A change.
    pub(super) fn change(
        &self,
        operation: Operation,
        id: &str,
        value: Map<String, Value>,
        old_value: Option<Map<String, Value>>,
        source: &Source,
    ) -> String {
        let mut message = json!({
            "key": self.key(id),
            "value": value,
            "headers": {
                "operation": operation.name(),
                "relation": ["public", self.table],
                "txids": source.txids,
                "lsn": source.seq.to_string(),
                "op_position": 0,
                "last": true,
            },
        });
        if let Some(old) = old_value {
            message["old_value"] = Value::Object(old);
        }
        message.to_string()
    }

    /// The id as the value of its column.
    pub(super) fn id_value(&self, id: &str) -> Map<String, Value> {
        Map::from_iter([(self.id.clone(), json!(id))])
    }

    /// Columns as PostgreSQL writes them: text, or null.
    pub(super) fn values(
        &self,
        state: &Map<String, Value>,
        wanted: impl Fn(&str) -> bool,
    ) -> Map<String, Value> {
        let wanted = self.columns.iter().filter(|column| wanted(&column.name));
        wanted
            .map(|column| (column.name.clone(), text(column, state)))
            .collect()
    }

    /// What tells a row from all others.
    fn key(&self, id: &str) -> String {
        let table = self.table.replace('/', "//").replace('.', "..");
        format!("\"public\".\"{table}\"/\"{}\"", id.replace('/', "//"))
    }
}

fn text(column: &Column, state: &Map<String, Value>) -> Value {
    match state.get(&column.name) {
        None | Some(Value::Null) => Value::Null,
        Some(Value::String(text)) if column.kind != Kind::Json => json!(text),
        Some(value) => json!(value.to_string()),
    }
}

/// The type of a column as PostgreSQL's catalogue names it.
fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "bool",
        Kind::Int => "int8",
        Kind::Float => "float8",
        Kind::Wide | Kind::Decimal => "numeric",
        Kind::Text => "text",
        Kind::Json => "json",
    }
}

/// All is told up to a position of the log. `txids` are those of transactions that changed nothing of the shape.
pub(crate) fn up_to_date(seq: u64, txids: &[u64]) -> String {
    let mut message = json!({
        "headers": { "control": "up-to-date", "global_last_seen_lsn": seq.to_string() },
    });
    if !txids.is_empty() {
        message["headers"]["txids"] = json!(txids);
    }
    message.to_string()
}

/// A snapshot ends, which holds all transactions up to a position of the log.
pub(crate) fn snapshot_end(seq: u64) -> String {
    let next = (seq + 1).to_string();
    let message = json!({
        "headers": { "control": "snapshot-end", "xmin": next, "xmax": next, "xip_list": [] },
    });
    message.to_string()
}
