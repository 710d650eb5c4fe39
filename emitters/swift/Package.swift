// swift-tools-version: 6.0
import PackageDescription

// The runtime with its tests, and what is generated for each test case: one build for all of it. `cargo xtask test swift`
// writes `check/generated` and runs this. What users get is a package of its own, which carries the runtime's sources.

/// A module that is generated for a test case.
func generated(_ module: String, of example: String) -> Target {
  .target(name: module, dependencies: ["SyncRuntime"], path: "check/generated/\(example)/Sources/\(module)")
}

let package = Package(
  name: "check",
  platforms: [.iOS(.v17), .macOS(.v14), .watchOS(.v10), .tvOS(.v17), .visionOS(.v1)],
  targets: [
    .systemLibrary(name: "CSQLite", path: "runtime/Sources/CSQLite"),
    .target(name: "SyncRuntime", dependencies: ["CSQLite"], path: "runtime/Sources/SyncRuntime"),
    generated("SyncFixturesModels", of: "fixtures"),
    generated("PosModels", of: "pos"),
    generated("EmitModels", of: "repair"),
    generated("FixturesModels", of: "types"),
    generated("AwkwardModels", of: "awkward"),
    .executableTarget(
      name: "sync-conformance", dependencies: ["SyncFixturesModels"], path: "check/Sources/sync-conformance"),
    .target(name: "CheckSupport", dependencies: ["SyncRuntime"], path: "check/Sources/CheckSupport"),
    .executableTarget(
      name: "sync-peer", dependencies: ["SyncFixturesModels", "CheckSupport"], path: "check/Sources/sync-peer"),
    .executableTarget(name: "sync-scribe", dependencies: ["SyncFixturesModels"], path: "check/Sources/sync-scribe"),
    .testTarget(
      name: "ServerTests", dependencies: ["SyncFixturesModels", "CheckSupport", "sync-scribe"],
      path: "check/Tests/ServerTests"),
    .testTarget(
      name: "SyncRuntimeTests", dependencies: ["SyncRuntime"], path: "runtime/Tests/SyncRuntimeTests"),
    .testTarget(
      name: "GeneratedTests",
      dependencies: ["SyncFixturesModels", "PosModels", "EmitModels", "FixturesModels", "AwkwardModels"],
      path: "check/Tests/GeneratedTests"),
  ],
  swiftLanguageModes: [.v6]
)
