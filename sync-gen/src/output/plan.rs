//! What would have to change on disk.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use sync_emitters::{FileSet, is_ours};

use crate::{Error, Result};

/// What would have to change below one folder for one target.
#[derive(Debug)]
pub struct Plan {
    /// The target.
    pub target: String,
    /// The folder.
    pub out: PathBuf,
    /// By path relative to the folder.
    pub changes: BTreeMap<String, Change>,
    /// How many files are right as they are.
    pub unchanged: usize,
}

/// What has to happen to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is not there.
    New(String),
    /// It says something else.
    Changed {
        /// What it says.
        old: String,
        /// What it has to say.
        new: String,
    },
    /// We wrote it once and no longer do.
    Stale(String),
}

impl Plan {
    /// Compares the files with the folder.
    ///
    /// # Errors
    ///
    /// When the folder is a file, or a file that we did not write is in the way.
    pub fn new(target: &str, out: &Path, files: &FileSet) -> Result<Self> {
        // A symlink that the user names as the folder is the user's wish.
        match fs::metadata(out) {
            Ok(found) if !found.is_dir() => {
                return Err(Error::new(format!(
                    "{} is a file; name a folder with --out",
                    out.display()
                )));
            }
            _ => {}
        }
        let mut plan = Plan {
            target: target.to_owned(),
            out: out.to_owned(),
            changes: BTreeMap::new(),
            unchanged: 0,
        };
        for (path, text) in files.iter() {
            plan.compare(path, text)?;
        }
        plan.find_stale(out, "", files)?;
        Ok(plan)
    }

    /// Whether the disk is right as it is.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many files have to be written.
    pub fn written(&self) -> usize {
        self.changes.len() - self.removed()
    }

    /// How many files have to be removed.
    pub fn removed(&self) -> usize {
        self.changes
            .values()
            .filter(|change| matches!(change, Change::Stale(_)))
            .count()
    }

    fn compare(&mut self, path: &str, text: &str) -> Result<()> {
        self.check_parents(path)?;
        let full = self.out.join(path);
        match fs::symlink_metadata(&full) {
            Err(error) if is_absent(&error) => {
                self.changes
                    .insert(path.to_owned(), Change::New(text.to_owned()));
            }
            Err(error) => return Err(Error::io("read", &full, &error)),
            Ok(found) if !found.is_file() => return Err(in_the_way(&full)),
            Ok(_) => {
                let old = read(&full)?.filter(|old| is_ours(&self.target, path, old));
                let Some(old) = old else {
                    return Err(in_the_way(&full));
                };
                // Git may have checked it out with the line ends of Windows.
                if old == text || (old.contains('\r') && old.replace("\r\n", "\n") == text) {
                    self.unchanged += 1;
                } else {
                    let new = text.to_owned();
                    self.changes
                        .insert(path.to_owned(), Change::Changed { old, new });
                }
            }
        }
        Ok(())
    }

    /// The folders between ours and the file are folders, or not there yet.
    fn check_parents(&self, path: &str) -> Result<()> {
        let parents = path
            .match_indices('/')
            .map(|(end, _)| self.out.join(&path[..end]));
        for parent in parents {
            match fs::symlink_metadata(&parent) {
                Ok(found) if !found.is_dir() => return Err(in_the_way(&parent)),
                Ok(_) => {}
                Err(error) if is_absent(&error) => return Ok(()),
                Err(error) => return Err(Error::io("read", &parent, &error)),
            }
        }
        Ok(())
    }

    fn find_stale(&mut self, folder: &Path, prefix: &str, files: &FileSet) -> Result<()> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(()),
            Err(error) => return Err(Error::io("read", folder, &error)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| Error::io("read", folder, &error))?;
            // A name that is no UTF-8 is none of ours.
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                continue;
            };
            let kind = entry
                .file_type()
                .map_err(|error| Error::io("read", &entry.path(), &error))?;
            let path = format!("{prefix}{name}");
            if kind.is_dir() && !is_none_of_ours(&name) {
                self.find_stale(&entry.path(), &format!("{path}/"), files)?;
            } else if kind.is_file()
                && files.get(&path).is_none()
                && let Some(old) = read(&entry.path())?
                && is_ours(&self.target, &path, &old)
            {
                self.changes.insert(path, Change::Stale(old));
            }
        }
        Ok(())
    }
}

/// Folders that are never worth a look: `--out .` in a project should not read all of its dependencies.
pub(super) fn is_none_of_ours(folder: &str) -> bool {
    matches!(folder, "node_modules" | "target") || folder.starts_with('.')
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The text of a file, or `None` where it is not text.
fn read(path: &Path) -> Result<Option<String>> {
    let bytes = fs::read(path).map_err(|error| Error::io("read", path, &error))?;
    Ok(String::from_utf8(bytes).ok())
}

fn in_the_way(path: &Path) -> Error {
    Error::new(format!(
        "{} is in the way and was not written by cargo sync-gen for this target; move it, or choose another folder with --out",
        path.display()
    ))
}
