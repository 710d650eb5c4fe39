//! The two questions that cargo answers: what is here, and what did the build make.

use std::{
    ffi::OsString,
    io::BufReader,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::Deserialize;

use crate::{Error, Result, cli::CargoArgs};

/// What `cargo metadata --no-deps` says about the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    packages: Vec<Package>,
    workspace_root: PathBuf,
    #[serde(default)]
    workspace_default_members: Vec<String>,
}

/// A member of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    name: String,
    id: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    kind: Vec<String>,
}

/// A library or binary that cargo built or found fresh.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Artifact {
    pub(crate) package_id: String,
    pub(crate) target: Target,
    filenames: Vec<PathBuf>,
    executable: Option<PathBuf>,
}

/// A line of cargo's output; of the many kinds one matters.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact(Artifact),
    #[serde(other)]
    Other,
}

impl Workspace {
    /// The folder that default output goes to: that of the one package which is selected, else the workspace's.
    pub(crate) fn root(&self, args: &CargoArgs) -> PathBuf {
        let mut selected = self.packages.iter().filter(|package| {
            if args.package.is_empty() {
                self.workspace_default_members.contains(&package.id)
            } else {
                args.package.contains(&package.name)
            }
        });
        match (selected.next(), selected.next()) {
            (Some(package), None) => package
                .manifest_path
                .parent()
                .map_or_else(|| self.workspace_root.clone(), Path::to_path_buf),
            _ => self.workspace_root.clone(),
        }
    }

    pub(crate) fn package_of(&self, artifact: &Artifact) -> Option<&Package> {
        self.packages
            .iter()
            .find(|package| package.id == artifact.package_id)
    }
}

impl Package {
    /// Whether a binary of this package is the only place where its models can be.
    pub(crate) fn has_only_binaries(&self) -> bool {
        self.dependencies
            .iter()
            .any(|dependency| dependency.name == "sync-runtime")
            && !self.targets.iter().any(Target::is_library)
    }
}

impl Target {
    fn is(&self, kind: &str) -> bool {
        self.kind.iter().any(|known| known == kind)
    }

    fn is_library(&self) -> bool {
        ["lib", "rlib", "dylib", "cdylib", "staticlib"]
            .iter()
            .any(|kind| self.is(kind))
    }
}

impl Artifact {
    /// Whether its source is on this disk and not a registry's or git's copy.
    pub(crate) fn is_local(&self) -> bool {
        self.package_id.starts_with("path+")
    }

    /// For messages: `shop (bin server)`.
    pub(crate) fn label(&self) -> String {
        let kind = if self.target.is("bin") { "bin" } else { "lib" };
        format!("{kind} {}", self.target.name)
    }

    pub(crate) fn executable(&self) -> Option<&Path> {
        self.executable.as_deref()
    }

    /// The one file to read: the rlib where there is one, because no linker has touched it, else whatever was linked.
    pub(crate) fn file(&self) -> Option<&Path> {
        let rlib = self.filenames.iter().find(|file| {
            file.extension()
                .is_some_and(|extension| extension == "rlib")
        });
        let linked = || {
            self.filenames.iter().find(|file| {
                file.extension().is_some_and(|extension| {
                    ["so", "dylib", "dll", "a"].iter().any(|e| extension == *e)
                })
            })
        };
        rlib.or(self.executable.as_ref())
            .or_else(linked)
            .map(PathBuf::as_path)
    }

    fn can_hold_models(&self) -> bool {
        self.target.is_library() || self.target.is("bin")
    }
}

/// Asks cargo what the workspace is.
pub(crate) fn metadata(args: &CargoArgs) -> Result<Workspace> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .args(args.common())
        .output()
        .map_err(no_cargo)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        if said.contains("could not find `Cargo.toml`") {
            return Err(Error::new(
                "there is no Cargo.toml here; run cargo sync-gen inside your backend crate, or name it with --manifest-path",
            ));
        }
        eprint!("{said}");
        return Err(Error::new(
            "cargo cannot read the package; fix what it says above and run cargo sync-gen again",
        ));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| {
        Error::new(format!(
            "cargo metadata gave an unexpected answer ({error}); update cargo and sync-gen"
        ))
    })
}

/// Builds what is selected; compile errors are the user's normal ones, on stderr as they come.
pub(crate) fn build(args: &CargoArgs) -> Result<Vec<Artifact>> {
    let mut build: Vec<OsString> = vec!["build".into()];
    build.extend(args.build());
    build.extend(args.selection());
    run(&build)
}

/// Links one binary again and keeps the sections that nothing refers to.
pub(crate) fn relink(args: &CargoArgs, package: &Package, binary: &str) -> Result<Option<PathBuf>> {
    let mut rustc: Vec<OsString> = vec!["rustc".into()];
    rustc.extend(args.build());
    rustc.extend([
        "--package".into(),
        (&package.id).into(),
        "--bin".into(),
        binary.into(),
    ]);
    rustc.extend(["--".into(), "-Clink-arg=-Wl,--no-gc-sections".into()]);
    let artifacts = run(&rustc)?;
    Ok(artifacts
        .into_iter()
        .find(|artifact| artifact.package_id == package.id && artifact.target.name == binary)
        .and_then(|artifact| artifact.executable))
}

fn run(args: &[OsString]) -> Result<Vec<Artifact>> {
    let (command, rest) = args.split_first().expect("a subcommand");
    let mut child = cargo()
        .arg(command)
        .arg("--message-format=json-render-diagnostics")
        .args(rest)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(no_cargo)?;
    let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut artifacts = Vec::new();
    for message in serde_json::Deserializer::from_reader(stdout).into_iter::<Message>() {
        match message {
            Ok(Message::CompilerArtifact(artifact)) if artifact.can_hold_models() => {
                artifacts.push(artifact);
            }
            Ok(_) => {}
            // What a build script prints never gets here; this is cargo being killed in the middle of a line.
            Err(_) => break,
        }
    }
    let status = child.wait().map_err(no_cargo)?;
    if status.success() {
        Ok(artifacts)
    } else {
        Err(Error::new(
            "the crate does not build; fix what cargo says above and run cargo sync-gen again (nothing was written)",
        ))
    }
}

fn cargo() -> Command {
    // Cargo says which one it is when it runs us.
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn no_cargo(error: std::io::Error) -> Error {
    Error::new(format!(
        "cannot run cargo ({error}); install Rust or set CARGO to its path"
    ))
}
