//! The models of one artifact, and the second look at a binary whose linker dropped them.

use sync_runtime::schema::Model;

use super::{
    cargo::{self, Artifact, Workspace},
    models_of,
};
use crate::{Result, cli::CargoArgs};

/// The models in an artifact.
///
/// A linker may drop sections that nothing refers to (Rust marks ours to be kept, but not every linker obeys). Where a
/// package has only binaries and one holds nothing, it is linked again with those sections kept.
pub(crate) fn read(
    artifact: &Artifact,
    workspace: &Workspace,
    args: &CargoArgs,
) -> Result<Vec<Model>> {
    let Some(file) = artifact.file() else {
        return Ok(Vec::new());
    };
    let models = models_of(file)?;
    if !models.is_empty() || artifact.executable().is_none() || !cfg!(target_os = "linux") {
        return Ok(models);
    }
    match workspace.package_of(artifact) {
        Some(package) if package.has_only_binaries() => {
            match cargo::relink(args, package, &artifact.target.name)? {
                Some(file) => models_of(&file),
                None => Ok(models),
            }
        }
        _ => Ok(models),
    }
}
