//! What is said about what was found: text for people, or JSON lines for programs.

use serde_json::{Map, Value, json};

use super::diff::Difference;
use crate::store::EntityKey;

/// The most differences that are shown of one state.
const SHOWN: usize = 20;

/// Where findings go: to standard output.
#[derive(Debug)]
pub(super) struct Report {
    json: bool,
}

/// Something that is not as it should be.
#[derive(Debug)]
pub(super) enum Finding {
    /// A projection is not the fold of its log.
    Projection { problem: Problem },
    /// A row is not what the log made it.
    Row { problem: Problem },
    /// A snapshot is not the fold up to its place.
    Snapshot { events: u64, problem: Problem },
    /// A custom effect failed, and so did nothing. The fold is right.
    Custom {
        event_id: String,
        event_type: String,
        reason: String,
    },
}

/// What is wrong with a stored fold.
#[derive(Debug)]
pub(super) enum Problem {
    /// It cannot be read.
    Unreadable(String),
    /// It is there, and nothing in the log says why.
    Unfounded,
    /// The log has events, and it is not there.
    Missing,
    /// It says otherwise than the fold.
    Differs(Vec<Difference>),
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Tells of a finding.
    pub(super) fn finding(&self, key: &EntityKey, finding: &Finding) {
        if self.json {
            println!("{}", Value::Object(as_json(key, finding)));
        } else {
            print!("{}", as_text(key, finding));
        }
    }

    /// Tells of a line that was not taken.
    pub(super) fn refused(&self, line: u64, reason: &str) {
        if self.json {
            println!(
                "{}",
                json!({ "kind": "refused", "line": line, "reason": reason })
            );
        } else {
            println!("line {line}: {reason}");
        }
    }

    /// Tells how it ended: a sentence, or its numbers.
    pub(super) fn end(&self, sentence: &str, numbers: Value) {
        if self.json {
            println!("{numbers}");
        } else {
            println!("{sentence}");
        }
    }
}

fn as_json(key: &EntityKey, finding: &Finding) -> Map<String, Value> {
    let of_problem = |problem: &Problem| match problem {
        Problem::Unreadable(reason) => json!({ "problem": "unreadable", "reason": reason }),
        Problem::Unfounded => json!({ "problem": "unfounded" }),
        Problem::Missing => json!({ "problem": "missing" }),
        Problem::Differs(differences) => json!({
            "problem": "differs",
            "differences": differences.iter().map(Difference::json).collect::<Vec<_>>(),
        }),
    };
    let (kind, said) = match finding {
        Finding::Projection { problem } => ("projection", of_problem(problem)),
        Finding::Row { problem } => ("row", of_problem(problem)),
        Finding::Snapshot { events, problem } => {
            let mut said = of_problem(problem);
            said["event_count"] = json!(events);
            ("snapshot", said)
        }
        Finding::Custom {
            event_id,
            event_type,
            reason,
        } => (
            "custom",
            json!({ "event_id": event_id, "event_type": event_type, "reason": reason }),
        ),
    };
    let mut line = Map::from_iter([
        ("kind".to_owned(), json!(kind)),
        ("tenant_id".to_owned(), json!(key.tenant)),
        ("entity_type".to_owned(), json!(key.entity_type)),
        ("entity_id".to_owned(), json!(key.entity_id)),
    ]);
    if let Value::Object(said) = said {
        line.extend(said);
    }
    line
}

fn as_text(key: &EntityKey, finding: &Finding) -> String {
    let subject = format!("{} {} of {}", key.entity_type, key.entity_id, key.tenant);
    let of_problem = |what: &str, problem: &Problem| match problem {
        Problem::Unreadable(reason) => format!("{subject}: {what} cannot be read: {reason}\n"),
        Problem::Unfounded => {
            format!("{subject}: {what} is there, and the log has no such entity\n")
        }
        Problem::Missing => format!("{subject}: {what} is missing\n"),
        Problem::Differs(differences) => {
            let mut text = format!("{subject}: {what} differs from the fold\n");
            for difference in differences.iter().take(SHOWN) {
                text.push_str(&format!("    {difference}\n"));
            }
            if differences.len() > SHOWN {
                text.push_str(&format!("    … and {} more\n", differences.len() - SHOWN));
            }
            text
        }
    };
    match finding {
        Finding::Projection { problem } => of_problem("the projection", problem),
        Finding::Row { problem } => of_problem("the row", problem),
        Finding::Snapshot { events, problem } => {
            of_problem(&format!("the snapshot of {events} events"), problem)
        }
        Finding::Custom {
            event_id,
            event_type,
            reason,
        } => format!("{subject}: {event_type} {event_id} failed and did nothing: {reason}\n"),
    }
}
