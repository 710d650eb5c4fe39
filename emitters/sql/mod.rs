//! SQL: the tables of the log and views that fold it; on a device, the tables and views of its rows.
//!
//! * [`dialect`]: names, texts and comments; every text of a declaration goes through it;
//! * [`json`]: JSON in expressions, as each dialect writes it;
//! * [`kind`]: what a column holds;
//! * [`fold`]: the view `{entity}_state` of an events model;
//! * [`client`]: what a device holds of a rows model; [`device`]: the same for a client that makes it by itself;
//! * [`server`]: the backend's tables, as the server itself makes them;
//! * [`evolution`]: migrations from the tables that the last run wrote.

mod client;
pub(crate) mod device;
mod dialect;
mod evolution;
mod fold;
mod json;
mod kind;
mod server;

use minijinja::Environment;
use serde::Serialize;
use sync_runtime::schema::{Mode, Model, Schema};

use crate::{Emitter, Error, FileSet, template};
use dialect::Dialect;

/// SQL in one dialect.
pub(crate) struct Sql {
    dialect: Dialect,
}

impl Sql {
    /// For PostgreSQL and PGlite.
    pub(crate) const POSTGRES: Self = Self {
        dialect: Dialect::Postgres,
    };
    /// For SQLite.
    pub(crate) const SQLITE: Self = Self {
        dialect: Dialect::Sqlite,
    };
}

/// The templates of both dialects.
const TEMPLATES: &[(&str, &str)] = &[
    (
        "changes.postgres",
        include_str!("templates/changes.postgres.sql"),
    ),
    (
        "changes.sqlite",
        include_str!("templates/changes.sqlite.sql"),
    ),
    (
        "clock.postgres",
        include_str!("templates/clock.postgres.sql"),
    ),
    ("clock.sqlite", include_str!("templates/clock.sqlite.sql")),
    (
        "known.postgres",
        include_str!("templates/known.postgres.sql"),
    ),
    ("known.sqlite", include_str!("templates/known.sqlite.sql")),
    (
        "receive.postgres",
        include_str!("templates/receive.postgres.sql"),
    ),
    (
        "receive.sqlite",
        include_str!("templates/receive.sqlite.sql"),
    ),
    (
        "remove.postgres",
        include_str!("templates/remove.postgres.sql"),
    ),
    ("remove.sqlite", include_str!("templates/remove.sqlite.sql")),
    ("rows.postgres", include_str!("templates/rows.postgres.sql")),
    ("rows.sqlite", include_str!("templates/rows.sqlite.sql")),
    (
        "state.postgres",
        include_str!("templates/state.postgres.sql"),
    ),
    ("state.sqlite", include_str!("templates/state.sqlite.sql")),
    (
        "table.postgres",
        include_str!("templates/table.postgres.sql"),
    ),
    ("table.sqlite", include_str!("templates/table.sqlite.sql")),
    ("time.postgres", include_str!("templates/time.postgres.sql")),
];

impl Emitter for Sql {
    fn target(&self) -> &'static str {
        "sql"
    }

    fn dialect(&self) -> Option<&'static str> {
        Some(self.dialect.name())
    }

    fn describe(&self) -> &'static str {
        "tables, views that fold the log, and a device's rows; needs --dialect"
    }

    fn left_out(&self, schema: &Schema) -> Option<String> {
        let views: Vec<String> = of_mode(schema, Mode::Events)
            .filter(|model| !fold::functions(model).is_empty())
            .map(|model| {
                format!(
                    "{} ({})",
                    fold::view_name(model),
                    fold::functions(model).join("; ")
                )
            })
            .collect();
        (!views.is_empty()).then(|| {
            format!(
                "SQL alone cannot fold what a function of yours folds, so there is no view {}",
                views.join(", nor ")
            )
        })
    }

    fn is_kept(&self, path: &str) -> bool {
        evolution::is_kept(path)
    }

    fn emit(&self, schema: &Schema, previous: &FileSet) -> Result<FileSet, Error> {
        let mut out = Output {
            env: template::environment(TEMPLATES)?,
            files: FileSet::new(),
            dialect: self.dialect,
        };
        for (path, text) in server::log(self.dialect) {
            out.files.insert(path, text)?;
        }
        out.render("log/2_clock.sql", "clock", &())?;
        if self.dialect == Dialect::Postgres {
            out.render("log/3_time.sql", "time", &())?;
        }
        for model in of_mode(schema, Mode::Events) {
            let view = fold::view(model, self.dialect);
            let path = format!("log/states/{}.sql", model.entity);
            out.render(&path, "state", &State { view })?;
        }
        let rows =
            of_mode(schema, Mode::Rows).filter_map(|model| client::rows(model, self.dialect));
        let rows: Vec<client::Rows> = rows.collect();
        if !rows.is_empty() {
            out.render("client/1_changes.sql", "changes", &())?;
        }
        for rows in rows {
            let path = format!("client/rows/{}.sql", rows.file);
            out.render(&path, "rows", &Device { rows })?;
        }
        for model in schema.models() {
            let table = server::table(model, self.dialect);
            let path = format!("server/{}.sql", model.path);
            out.render(&path, "table", &Server { table })?;
        }
        let evolved = evolution::files(schema, self.dialect, previous)?;
        out.files.extend(evolved)?;
        Ok(out.files)
    }
}

/// What is written so far.
struct Output {
    env: Environment<'static>,
    files: FileSet,
    dialect: Dialect,
}

impl Output {
    fn render(&mut self, path: &str, template: &str, view: &impl Serialize) -> Result<(), Error> {
        let template = format!("{template}.{}", self.dialect.name());
        let text = template::render(&self.env, &template, view)?;
        self.files.insert(path, text)
    }
}

#[derive(Serialize)]
struct Server {
    table: server::Table,
}

#[derive(Serialize)]
struct State {
    view: fold::View,
}

#[derive(Serialize)]
struct Device {
    rows: client::Rows,
}

fn of_mode(schema: &Schema, mode: Mode) -> impl Iterator<Item = &Model> {
    let models = schema.models().iter();
    models.filter(move |model| model.mode == mode)
}
