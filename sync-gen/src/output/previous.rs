//! What an earlier run wrote and this one has to know.

use std::{fs, io, path::Path};

use sync_emitters::{FileSet, is_ours};

use crate::{Error, Result};

/// The files of ours below a folder that the emitter keeps.
///
/// # Errors
///
/// A folder or a file that cannot be read.
pub fn previous(target: &str, out: &Path, is_kept: &dyn Fn(&str) -> bool) -> Result<FileSet> {
    let mut files = FileSet::new();
    walk(out, "", &mut |path, full| {
        if !is_kept(path) {
            return Ok(());
        }
        let text = fs::read_to_string(full).map_err(|error| Error::io("read", full, &error))?;
        // Git may have checked it out with the line ends of Windows.
        let text = text.replace("\r\n", "\n");
        match is_ours(target, path, &text) {
            true => Ok(files.insert(path, text)?),
            false => Ok(()),
        }
    })?;
    Ok(files)
}

fn walk(
    folder: &Path,
    prefix: &str,
    each: &mut dyn FnMut(&str, &Path) -> Result<()>,
) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(());
        }
        Err(error) => return Err(Error::io("read", folder, &error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| Error::io("read", folder, &error))?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            continue;
        };
        let kind = entry
            .file_type()
            .map_err(|error| Error::io("read", &entry.path(), &error))?;
        let path = format!("{prefix}{name}");
        if kind.is_dir() && !super::plan::is_none_of_ours(&name) {
            walk(&entry.path(), &format!("{path}/"), each)?;
        } else if kind.is_file() {
            each(&path, &entry.path())?;
        }
    }
    Ok(())
}
