//! What a database lacks, as SQL that is applied or shown.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Result, StoreError};
use crate::schema::{Mode, Model};

/// What a database lacks for the models of a program: statements in order, none of which drops anything.
///
/// Printed, it is a script for whoever keeps the database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migrations {
    /// In order.
    pub steps: Vec<Step>,
}

/// One change of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is for.
    pub purpose: String,
    /// One or more statements.
    pub sql: String,
}

/// What is done where a database lacks something when a backend starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Migrate {
    /// It is applied.
    #[default]
    Apply,
    /// The backend does not start, and says which SQL is to be run.
    Refuse,
}

impl Migrations {
    /// Whether the database lacks nothing.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Adds a change.
    pub(super) fn add(&mut self, purpose: impl Into<String>, sql: impl Into<String>) {
        self.steps.push(Step {
            purpose: purpose.into(),
            sql: sql.into(),
        });
    }

    /// Adds the versions of the log's own tables that come after the one applied last.
    pub(super) fn add_versions(&mut self, applied: u32, versions: &[&str]) -> Result<()> {
        let newest = versions.len();
        if applied as usize > newest {
            return Err(StoreError {
                context: "comparing the database with this program",
                source: format!(
                    "its tables are of version {applied} and this program knows up to {newest}: run the newer program"
                )
                .into(),
            });
        }
        for (version, sql) in (1_u32..).zip(versions).skip(applied as usize) {
            let sql = sql.trim();
            self.add(
                format!("the log, version {version}"),
                format!("{sql}\nINSERT INTO sync_migrations (version) VALUES ({version});"),
            );
        }
        Ok(())
    }
}

impl fmt::Display for Migrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "BEGIN;")?;
        for step in &self.steps {
            writeln!(f, "\n-- {}\n{}", step.purpose, step.sql)?;
        }
        write!(f, "\nCOMMIT;")
    }
}

/// Whether a table of a model's name, with these columns, is that of the model in its mode.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(super) fn is_of_model<'a>(
    model: &Model,
    columns: impl Iterator<Item = &'a String> + Clone,
) -> bool {
    let has = |wanted: &str| columns.clone().any(|name| name == wanted);
    has("_tenant_id")
        && match model.mode {
            Mode::Events => has("_phase"),
            Mode::Rows => has("field_tx") && has("_seq"),
            Mode::Api => !has("_phase") && !has("_seq"),
        }
}
