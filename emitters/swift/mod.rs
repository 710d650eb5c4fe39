//! The Swift package of a backend's models.
//!
//! What is the same for every project is real Swift under `runtime/`, tested there and copied as a target of the package.
//! What depends on a model is written line by line with [`code`], after [`plan`] has named everything:
//!
//! * [`types`]: the schema's types, one exhaustive match for each question;
//! * [`structs`] and [`enums`]: declared types, with their drafts and changes;
//! * [`models`]: a model's state and its reducer; [`events`]: what can happen to it;
//! * [`access`]: what each role may write;
//! * [`rows`]: the tables of a rows model, as the SQL target has them;
//! * [`client`]: the client, and what it can be told to do.

mod access;
mod client;
mod code;
mod enums;
mod events;
mod models;
mod package;
mod plan;
mod rows;
mod runtime;
mod structs;
mod types;

use sync_runtime::schema::{Schema, Type};

use crate::{Emitter, Error, FileSet};
use plan::{Plan, TypePlan};

/// The Swift package.
pub(crate) struct Swift;

impl Emitter for Swift {
    fn target(&self) -> &'static str {
        "swift"
    }

    fn describe(&self) -> &'static str {
        "a Swift package"
    }

    fn is_copied(&self, path: &str) -> bool {
        runtime::FILES.iter().any(|(copied, _)| *copied == path)
    }

    fn emit(&self, schema: &Schema, _previous: &FileSet) -> Result<FileSet, Error> {
        let plan = Plan::new(schema)?;
        let mut files = FileSet::new();
        for (path, text) in runtime::FILES {
            files.insert(*path, *text)?;
        }
        files.insert("Package.swift", package::manifest(&plan))?;
        let module = format!("Sources/{}", plan.module);
        files.insert(format!("{module}/Exports.swift"), package::exports())?;
        files.insert(format!("{module}/{}.swift", plan.client), plan.client())?;
        for model in &plan.models {
            let folder = format!("{module}/{}", model.name);
            files.insert(format!("{folder}/{}.swift", model.name), plan.model(model))?;
            files.insert(
                format!("{folder}/{}Event.swift", model.name),
                plan.events(model),
            )?;
            files.insert(
                format!("{folder}/{}+Commands.swift", model.name),
                plan.commands(model),
            )?;
            files.insert(
                format!("{folder}/{}+SyncModel.swift", model.name),
                plan.reducer(model),
            )?;
            if let Some(table) = plan.table(model) {
                files.insert(format!("{folder}/{}+Rows.swift", model.name), table)?;
            }
        }
        if let Some(outbox) = plan.outbox() {
            files.insert(format!("{module}/Shared/RowOutbox.swift"), outbox)?;
        }
        if !plan.counts.is_empty() {
            files.insert(format!("{module}/Shared/Counts.swift"), plan.lengths())?;
        }
        for ty in &plan.types {
            let folder = match ty.home {
                Some(at) => &plan.models[at].name,
                None => "Shared",
            };
            files.insert(
                format!("{module}/{folder}/{}.swift", ty.name),
                declared(&plan, ty),
            )?;
        }
        Ok(files)
    }
}

fn declared(plan: &Plan<'_>, ty: &TypePlan<'_>) -> String {
    let text = match ty.ty {
        Type::Struct(shape) => plan.struct_type(ty, shape),
        Type::Enum(shape) => enums::unit_enum(ty, shape),
        Type::Union(shape) => plan.union_type(ty, shape),
        // `Plan` finds no others.
        _ => String::new(),
    };
    format!("import Foundation\nimport SyncRuntime\n\n{text}")
}
