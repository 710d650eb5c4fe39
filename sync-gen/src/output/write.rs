//! Carries plans out: first everything that can fail, then the renames.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{Change, Plan};
use crate::{Error, Result};

/// Writes all plans or, where one cannot be written, none.
///
/// Every new text is first written beside its place. Once all of them are there, they are renamed into it, so that a
/// reader sees the old file or the new one.
///
/// # Errors
///
/// When a folder cannot be written to.
pub fn write(plans: &[Plan]) -> Result<()> {
    let mut staged = Staged::default();
    for plan in plans {
        staged.stage(plan)?;
    }
    staged.commit()?;
    for plan in plans {
        remove_stale(plan)?;
    }
    Ok(())
}

/// What has been prepared; dropped before its commit, it leaves nothing behind.
#[derive(Default)]
struct Staged {
    /// From, to.
    files: Vec<(PathBuf, PathBuf)>,
    /// Folders that were made for them, outermost first.
    folders: Vec<PathBuf>,
}

impl Staged {
    fn stage(&mut self, plan: &Plan) -> Result<()> {
        for (path, change) in &plan.changes {
            let full = plan.out.join(path);
            let folder = full.parent().unwrap_or(&plan.out);
            match change {
                Change::New(text) | Change::Changed { new: text, .. } => {
                    self.make_folder(folder)
                        .map_err(|error| unwritable(folder, &error))?;
                    let temporary = self
                        .write_temporary(&full, text)
                        .map_err(|error| unwritable(folder, &error))?;
                    self.files.push((temporary, full));
                }
                // Whoever can make a file there can remove one.
                Change::Stale(_) => {
                    let probe = self
                        .write_temporary(&full, "")
                        .map_err(|error| unwritable(folder, &error))?;
                    fs::remove_file(&probe).map_err(|error| unwritable(folder, &error))?;
                }
            }
        }
        Ok(())
    }

    fn make_folder(&mut self, folder: &Path) -> io::Result<()> {
        if folder.as_os_str().is_empty() || folder.is_dir() {
            return Ok(());
        }
        if let Some(parent) = folder.parent() {
            self.make_folder(parent)?;
        }
        fs::create_dir(folder)?;
        self.folders.push(folder.to_owned());
        Ok(())
    }

    /// A file beside that one. It keeps the ending, so that the next run knows it for ours should this one be killed.
    fn write_temporary(&self, beside: &Path, text: &str) -> io::Result<PathBuf> {
        let ending = beside.file_name().unwrap_or_default().to_string_lossy();
        let name = format!(
            ".sync-gen-{}-{}-{ending}",
            std::process::id(),
            self.files.len()
        );
        let path = beside.with_file_name(name);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)?;
        if let Err(error) = file.write_all(text.as_bytes()) {
            // Nothing else would: it is in no list yet.
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        Ok(path)
    }

    fn commit(mut self) -> Result<()> {
        self.folders.clear();
        while let Some((temporary, path)) = self.files.pop() {
            if let Err(error) = fs::rename(&temporary, &path) {
                let _ = fs::remove_file(&temporary);
                return Err(Error::io("replace", &path, &error));
            }
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for (temporary, _) in &self.files {
            let _ = fs::remove_file(temporary);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

fn remove_stale(plan: &Plan) -> Result<()> {
    for (path, change) in &plan.changes {
        if !matches!(change, Change::Stale(_)) {
            continue;
        }
        let full = plan.out.join(path);
        fs::remove_file(&full).map_err(|error| Error::io("remove", &full, &error))?;
        // The folders that it leaves empty go too; the first that is not empty ends it.
        for folder in full.ancestors().skip(1) {
            if folder == plan.out || fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
    Ok(())
}

fn unwritable(folder: &Path, error: &io::Error) -> Error {
    Error::new(format!(
        "cannot write to {} ({error}); make it writable or choose another folder with --out (nothing was written)",
        folder.display()
    ))
}
