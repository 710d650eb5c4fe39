//! Reads our section from object files: rlibs, which are archives of them, and what was linked.

use std::{fs::File, path::Path};

use object::{Object as _, ObjectSection as _, ReadCache, ReadRef, read::archive::ArchiveFile};
use sync_runtime::{embed, schema::Model};

use crate::{Error, Result};

/// What the derive calls it; on Apple's systems in the segment `__DATA`.
const SECTION: &str = "syncmeta";

/// All models in a file. Each static has a section of its own in an rlib, all of one name, and linkers join them.
///
/// # Errors
///
/// When the file cannot be read, or its models were written by another version of sync-runtime.
pub fn models_of(path: &Path) -> Result<Vec<Model>> {
    let file = File::open(path).map_err(|error| Error::io("read", path, &error))?;
    // Reads the headers and our section, not the hundreds of megabytes between them.
    let data = ReadCache::new(file);
    let mut models = Vec::new();
    match ArchiveFile::parse(&data) {
        Ok(archive) => {
            for member in archive.members() {
                let bytes = member.and_then(|member| member.data(&data));
                // Not every member is an object file: the crate's metadata is none.
                if let Ok(bytes) = bytes
                    && let Ok(object) = object::File::parse(bytes)
                {
                    read_object(&object, path, &mut models)?;
                }
            }
        }
        Err(_) => {
            let object = object::File::parse(&data).map_err(|error| {
                Error::new(format!("{} is no object file: {error}", path.display()))
            })?;
            read_object(&object, path, &mut models)?;
        }
    }
    Ok(models)
}

fn read_object<'data, R: ReadRef<'data>>(
    object: &object::File<'data, R>,
    path: &Path,
    models: &mut Vec<Model>,
) -> Result<()> {
    for section in object.sections() {
        if section.name() != Ok(SECTION) {
            continue;
        }
        let bytes = section
            .data()
            .map_err(|error| Error::new(format!("{} is damaged: {error}", path.display())))?;
        let read = embed::read_section(bytes)
            .map_err(|error| Error::new(format!("{}: {error}", path.display())))?;
        models.extend(read);
    }
    Ok(())
}
