//! The TypeScript client of a backend.
//!
//! What is the same for every project is real TypeScript under `runtime/`, tested there and copied. What depends on a
//! model is a template under `templates/`, filled with what is decided here:
//!
//! * [`plan`]: names and files of everything, one namespace;
//! * [`types`] and [`unions`]: types and their parsers; [`literals`]: values; [`complete`]: what a payload leaves out. One
//!   exhaustive match each, so that a new schema type does not compile until it is decided here;
//! * [`syntax`]: keys, strings and comments; every text of a declaration goes through it;
//! * [`layout`]: line breaking as the formatter does it;
//! * [`database`]: a device's tables, for stores in SQL;
//! * [`schemas`], [`payloads`], [`forms`], [`events`], [`materializers`] (with [`completions`] and [`cases`]), [`surface`]:
//!   what each template is given;
//! * [`rows`]: what only models of rows have of all that;
//! * [`api`]: the same for models in api mode, with their own templates.

mod access;
mod api;
mod cases;
mod complete;
mod completions;
mod database;
mod events;
mod forms;
mod imports;
mod layout;
mod literals;
mod materializers;
mod payloads;
mod plan;
mod rows;
mod runtime;
mod schemas;
mod surface;
mod syntax;
mod types;
mod unions;

use minijinja::Environment;
use serde::Serialize;
use sync_runtime::schema::{Mode, Schema};

use crate::{Emitter, Error, FileSet, template};
use plan::{ModelPlan, Plan};

/// The TypeScript client.
pub(crate) struct TypeScript {
    /// Whether zod schemas of the payloads are written, too.
    pub(crate) zod: bool,
}

impl Emitter for TypeScript {
    fn target(&self) -> &'static str {
        "ts"
    }

    fn describe(&self) -> &'static str {
        "a typed offline-first client with React hooks"
    }

    fn is_copied(&self, path: &str) -> bool {
        runtime::all().any(|copied| copied == path)
    }

    fn with_zod(&self) -> Option<&'static dyn Emitter> {
        Some(&Self { zod: true })
    }

    fn emit(&self, schema: &Schema, _previous: &FileSet) -> Result<FileSet, Error> {
        let database = database::files(schema)?;
        let plan = Plan::new(schema)?;
        let mut out = Output {
            env: template::environment(&[TEMPLATES, api::TEMPLATES].concat())?,
            files: FileSet::new(),
        };
        for (path, text) in runtime::FILES {
            out.files.insert(*path, *text)?;
        }
        for (mode, files) in [(Mode::Api, runtime::API), (Mode::Rows, runtime::ROWS)] {
            if plan.of_mode(mode).next().is_some() {
                for (path, text) in files {
                    out.files.insert(*path, *text)?;
                }
            }
        }
        for (at, model) in plan.models.iter().enumerate() {
            match model.model.mode {
                Mode::Events | Mode::Rows => out.logged_model(&plan, at, model)?,
                Mode::Api => api::write(&mut out, &plan, at, model)?,
            }
        }
        if let Some(shared) = schemas::shared(&plan)? {
            out.render("schemas/shared", "schemas", &shared)?;
        }
        if let Some(shared) = materializers::shared(&plan)? {
            out.render("materializers/shared", "shared_materializer", &shared)?;
        }
        if self.zod {
            for (path, text) in runtime::ZOD {
                out.files.insert(*path, *text)?;
            }
            let models = plan.models.iter().enumerate();
            for (at, model) in models.filter(|(_, model)| model.model.mode == Mode::Events) {
                let forms = forms::of_model(&plan, at, model)?;
                out.render(&model.at("forms"), "forms", &forms)?;
            }
            if let Some(shared) = forms::shared(&plan)? {
                out.render("forms/shared", "forms", &shared)?;
            }
        }
        out.render("client/methods", "methods", &surface::methods(&plan))?;
        out.render("index", "index", &surface::index(&plan)?)?;
        out.files
            .insert("hooks/index.ts", surface::hooks_index(&plan))?;
        out.files.extend(database)?;
        Ok(out.files)
    }
}

/// The files so far.
struct Output {
    env: Environment<'static>,
    files: FileSet,
}

impl Output {
    /// Writes the files of a model whose changes are in the log.
    fn logged_model(
        &mut self,
        plan: &Plan<'_>,
        at: usize,
        model: &ModelPlan<'_>,
    ) -> Result<(), Error> {
        let types = schemas::of_model(plan, at, model)?;
        self.render(&model.at("schemas"), "schemas", &types)?;
        let events = events::of_model(plan, model)?;
        self.render(&model.at("events"), "events", &events)?;
        let materializer = materializers::of_model(plan, at, model)?;
        self.render(&model.at("materializers"), "materializer", &materializer)?;
        let collection = surface::collection(plan, model)?;
        self.render(&model.at("collections"), "collection", &collection)?;
        let hooks = surface::hooks(model);
        self.render(&format!("hooks/{}", model.use_one), "hooks", &hooks)
    }

    fn render(&mut self, path: &str, template: &str, view: &impl Serialize) -> Result<(), Error> {
        let text = template::render(&self.env, template, view)?;
        self.files.insert(format!("{path}.ts"), text)
    }
}

const TEMPLATES: &[(&str, &str)] = &[
    ("schemas", include_str!("templates/schemas.ts.jinja")),
    ("events", include_str!("templates/events.ts.jinja")),
    (
        "materializer",
        include_str!("templates/materializer.ts.jinja"),
    ),
    (
        "shared_materializer",
        include_str!("templates/shared_materializer.ts.jinja"),
    ),
    ("collection", include_str!("templates/collection.ts.jinja")),
    ("forms", include_str!("templates/forms.ts.jinja")),
    ("hooks", include_str!("templates/hooks.ts.jinja")),
    ("methods", include_str!("templates/methods.ts.jinja")),
    ("index", include_str!("templates/index.ts.jinja")),
];
