//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, builder::PossibleValue};

/// Writes typed clients and API descriptions from the models of a crate.
///
/// Builds the crate as `cargo build` does, reads the models that `#[derive(Syncable)]` put into the artifacts, and
/// writes what changed. Models of the selected packages and of the local crates that they depend on are read; those of
/// registry and git dependencies with `--include-deps`.
#[derive(Debug, Clone, Parser)]
#[command(name = "cargo sync-gen", bin_name = "cargo sync-gen", version)]
pub struct Cli {
    /// What to write; may be given several times.
    #[arg(long = "target", value_name = "TARGET", required = true, value_parser = targets())]
    pub targets: Vec<String>,

    /// In which dialect, for a target that has several; may be given several times.
    #[arg(long = "dialect", value_name = "DIALECT")]
    pub dialects: Vec<String>,

    /// With `--target ts`: payloads as zod schemas, too, in `forms/`. The application brings zod.
    #[arg(long)]
    pub zod: bool,

    /// Where to write it: once for each --target in their order, or once for all, then with a folder per target in it.
    /// Without it: `generated/<target>` beside the package's manifest.
    #[arg(long = "out", value_name = "DIR")]
    pub outs: Vec<PathBuf>,

    /// Write nothing; show what would change, and exit with 1 if anything would.
    #[arg(long)]
    pub check: bool,

    /// Read the models from an OpenAPI document with x-sync (JSON or YAML) and build nothing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["package", "manifest_path", "bin", "lib"])]
    pub from: Option<PathBuf>,

    /// Read the models of registry and git dependencies too.
    #[arg(long)]
    pub include_deps: bool,

    /// What to build.
    #[command(flatten)]
    pub cargo: CargoArgs,
}

/// Flags that go to cargo as they are.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Cargo")]
pub struct CargoArgs {
    /// Package to build.
    #[arg(short, long, value_name = "SPEC")]
    pub package: Vec<String>,

    /// Build the library only.
    #[arg(long)]
    pub lib: bool,

    /// Build that binary only.
    #[arg(long, value_name = "NAME")]
    pub bin: Vec<String>,

    /// Features to activate.
    #[arg(short = 'F', long, value_name = "FEATURES")]
    pub features: Vec<String>,

    /// Activate all features.
    #[arg(long)]
    pub all_features: bool,

    /// Leave the default features off.
    #[arg(long)]
    pub no_default_features: bool,

    /// Path to Cargo.toml.
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,

    /// Folder for the build; one of its own avoids waiting for an editor's build.
    #[arg(long, value_name = "DIR")]
    pub target_dir: Option<PathBuf>,

    /// Leave Cargo.lock as it is.
    #[arg(long)]
    pub locked: bool,

    /// Do without the network.
    #[arg(long)]
    pub offline: bool,

    /// Both of these.
    #[arg(long)]
    pub frozen: bool,
}

/// The targets that exist, with their descriptions for the help.
fn targets() -> impl clap::builder::TypedValueParser<Value = String> {
    let mut targets: Vec<PossibleValue> = Vec::new();
    for emitter in sync_emitters::ALL {
        // A target with dialects is one.
        if !targets
            .iter()
            .any(|known| known.get_name() == emitter.target())
        {
            targets.push(PossibleValue::new(emitter.target()).help(emitter.describe()));
        }
    }
    clap::builder::PossibleValuesParser::new(targets)
}

impl CargoArgs {
    /// Flags that both `cargo metadata` and `cargo build` take.
    pub(crate) fn common(&self) -> Vec<std::ffi::OsString> {
        let mut args = Vec::new();
        if let Some(path) = &self.manifest_path {
            args.extend(["--manifest-path".into(), path.into()]);
        }
        for (name, given) in [
            ("--locked", self.locked),
            ("--offline", self.offline),
            ("--frozen", self.frozen),
            ("--all-features", self.all_features),
            ("--no-default-features", self.no_default_features),
        ] {
            if given {
                args.push(name.into());
            }
        }
        for features in &self.features {
            args.extend(["--features".into(), features.into()]);
        }
        args
    }

    /// Flags that only a build takes and that hold for whatever it builds.
    pub(crate) fn build(&self) -> Vec<std::ffi::OsString> {
        let mut args = self.common();
        if let Some(dir) = &self.target_dir {
            args.extend(["--target-dir".into(), dir.into()]);
        }
        args
    }

    /// Flags that say what to build.
    pub(crate) fn selection(&self) -> Vec<std::ffi::OsString> {
        let mut args = Vec::new();
        for package in &self.package {
            args.extend(["--package".into(), package.into()]);
        }
        if self.lib {
            args.push("--lib".into());
        }
        for bin in &self.bin {
            args.extend(["--bin".into(), bin.into()]);
        }
        args
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn targets_come_from_the_registry() {
        let error = Cli::try_parse_from(["cargo sync-gen", "--target", "cobol"])
            .unwrap_err()
            .to_string();
        assert!(error.contains("possible values"), "{error}");
        assert!(error.contains("openapi"), "{error}");
    }

    #[test]
    fn flags_go_to_cargo_as_they_are() {
        let cli = Cli::parse_from([
            "cargo sync-gen",
            "--target",
            "openapi",
            "-p",
            "shop",
            "--features",
            "a,b",
            "--bin",
            "server",
            "--locked",
        ]);
        assert_eq!(cli.cargo.build(), ["--locked", "--features", "a,b"]);
        assert_eq!(
            cli.cargo.selection(),
            ["--package", "shop", "--bin", "server"]
        );
    }
}
