//! A Swift compiler: the machine's own, or Debian's unpacked beside it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::run::{Outcome, root, step};

/// Where `swift` comes from.
pub(crate) enum Toolchain {
    /// It is on the path.
    Installed,
    /// Debian's packages, in a folder.
    Unpacked(PathBuf),
}

/// The toolchain, unpacked from Debian's packages where there is none.
pub(crate) fn find() -> Outcome<Toolchain> {
    let version = Command::new("swift")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if version.is_ok_and(|status| status.success()) {
        return Ok(Toolchain::Installed);
    }
    let folder = folder()?;
    if folder.join("complete").exists() {
        return Ok(Toolchain::Unpacked(folder));
    }
    if !Path::new("/usr/bin/apt-get").exists() {
        return Err(
            "Swift is missing, and only Debian's packages can be unpacked here: install Swift 6"
                .to_owned(),
        );
    }
    step(
        &format!(
            "unpacking Swift from Debian's packages into {}: 0.5 GB to fetch, 1.3 GB to keep",
            folder.display()
        ),
        Command::new(root().join("tools/swift/install.sh")).arg(&folder),
    )?;
    Ok(Toolchain::Unpacked(folder))
}

/// Outside the checkout, so that it outlives one: `SWIFT_TOOLCHAIN`, or a folder of the user's cache.
fn folder() -> Outcome<PathBuf> {
    if let Some(set) = std::env::var_os("SWIFT_TOOLCHAIN") {
        return Ok(set.into());
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    cache
        .map(|cache| cache.join("syncable/swift"))
        .ok_or_else(|| {
            "neither HOME nor XDG_CACHE_HOME is set: where is Swift to be kept?".to_owned()
        })
}

impl Toolchain {
    /// A command in a folder of the workspace.
    pub(crate) fn command(&self, folder: &str, words: &[&str]) -> Command {
        let work = root().join(folder);
        match self {
            Toolchain::Installed => {
                let mut command = Command::new(words[0]);
                command.args(&words[1..]).current_dir(work);
                command
            }
            Toolchain::Unpacked(toolchain) => {
                let mut command = Command::new(root().join("tools/swift/enter.sh"));
                command.arg(toolchain).arg(work).args(words);
                command
            }
        }
    }
}
