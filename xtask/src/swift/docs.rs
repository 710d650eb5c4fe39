//! The documentation of the runtime and of each generated module, as DocC makes it of the comments: a link that leads nowhere
//! is an error.

use super::{PACKAGE, Toolchain};
use crate::run::{Outcome, output, root, step};

/// The runtime and the generated modules; `super::CASES` in the words of Swift.
const MODULES: [&str; 6] = [
    "SyncRuntime",
    "SyncFixturesModels",
    "PosModels",
    "EmitModels",
    "FixturesModels",
    "AwkwardModels",
];
/// Within the package's folder.
const SYMBOLS: &str = ".build/symbols";

/// Converts what the last build has compiled.
pub(super) fn convert(swift: &Toolchain) -> Outcome {
    let target = output(&mut swift.command(PACKAGE, &["swiftc", "-print-target-info"]))?;
    let target: serde_json::Value =
        serde_json::from_str(&target).map_err(|error| format!("the target of swiftc: {error}"))?;
    let triple = target["target"]["triple"].as_str().unwrap_or_default();
    for module in MODULES {
        let folder = format!("{SYMBOLS}/{module}");
        let path = root().join(PACKAGE).join(&folder);
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        step(
            &format!("the symbols of {module}"),
            &mut swift.command(
                PACKAGE,
                &[
                    "swift-symbolgraph-extract",
                    "-module-name",
                    module,
                    "-target",
                    triple,
                    "-I",
                    ".build/debug/Modules",
                    "-I",
                    "runtime/Sources/CSQLite",
                    "-minimum-access-level",
                    "public",
                    "-emit-extension-block-symbols",
                    "-output-dir",
                    &folder,
                ],
            ),
        )?;
        step(
            &format!("the documentation of {module}"),
            &mut swift.command(
                PACKAGE,
                &[
                    "docc",
                    "convert",
                    "--fallback-display-name",
                    module,
                    "--fallback-bundle-identifier",
                    module,
                    "--additional-symbol-graph-dir",
                    &folder,
                    "--output-path",
                    &format!("{SYMBOLS}/{module}.doccarchive"),
                    "--warnings-as-errors",
                ],
            ),
        )?;
    }
    Ok(())
}
