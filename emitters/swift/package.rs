//! The package around the sources.

use super::plan::Plan;

/// `Package.swift`.
pub(super) fn manifest(plan: &Plan<'_>) -> String {
    let module = &plan.module;
    format!(
        r#"import PackageDescription

let package = Package(
  name: "{module}",
  platforms: [.iOS(.v17), .macOS(.v14), .watchOS(.v10), .tvOS(.v17), .visionOS(.v1)],
  products: [.library(name: "{module}", targets: ["{module}"])],
  targets: [
    .systemLibrary(name: "CSQLite"),
    .target(name: "SyncRuntime", dependencies: ["CSQLite"], resources: [.copy("PrivacyInfo.xcprivacy")]),
    .target(name: "{module}", dependencies: ["SyncRuntime"]),
  ],
  swiftLanguageModes: [.v6]
)
"#
    )
}

/// What brings the runtime along with the models.
pub(super) fn exports() -> String {
    "@_exported import SyncRuntime\n".to_owned()
}
