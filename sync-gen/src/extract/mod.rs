//! From a crate to its models: build it as it is, read the section that the derive filled.

mod artifacts;
mod cargo;
mod object;

use std::path::PathBuf;

use sync_runtime::schema::{Model, Schema};

pub use self::object::models_of;
use crate::{Error, Result, cli::CargoArgs};

/// What a build gave.
#[derive(Debug)]
pub struct Extracted {
    /// The models, checked.
    pub schema: Schema,
    /// Folder of the selected package, or of the workspace when that is what was built.
    pub root: PathBuf,
}

/// Builds what is selected and reads its models.
///
/// # Errors
///
/// With the sentence that the user needs: no manifest, a crate that does not compile, no model, models that contradict
/// each other.
pub fn extract(args: &CargoArgs, include_deps: bool) -> Result<Extracted> {
    let workspace = cargo::metadata(args)?;
    let artifacts = cargo::build(args)?;
    let mut models = Vec::new();
    for artifact in &artifacts {
        if include_deps || artifact.is_local() {
            models.extend(artifacts::read(artifact, &workspace, args)?);
        }
    }
    if models.is_empty() {
        return Err(nothing_found(&artifacts));
    }
    Ok(Extracted {
        schema: checked(models)?,
        root: workspace.root(args),
    })
}

/// Drops the copies that come from linking a library into a binary, and checks the rest together.
///
/// # Errors
///
/// Every problem between the models, one a line.
pub fn checked(models: Vec<Model>) -> Result<Schema> {
    let mut distinct: Vec<Model> = Vec::new();
    for model in models {
        if !distinct.contains(&model) {
            distinct.push(model);
        }
    }
    Schema::new(distinct).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Error::new(lines.join("\nerror: "))
    })
}

fn nothing_found(artifacts: &[cargo::Artifact]) -> Error {
    let looked: Vec<String> = artifacts
        .iter()
        .filter(|artifact| artifact.is_local())
        .map(cargo::Artifact::label)
        .collect();
    let looked = if looked.is_empty() {
        "no local library or binary was built".to_owned()
    } else {
        format!("looked in {}", looked.join(", "))
    };
    Error::new(format!(
        "no model found ({looked}); put #[derive(Syncable)] on a struct, or select the package that has one with -p, and check that it is compiled in with these features"
    ))
}
