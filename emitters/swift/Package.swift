// swift-tools-version: 6.0
import PackageDescription

// The runtime with its tests, and what is generated for each test case: one build for all of it. `cargo xtask test swift`
// writes `check/generated` and runs this. What users get is a package of its own, which carries the runtime's sources.

/// A module that is generated for a test case.
func generated(_ module: String, of example: String) -> Target {
  .target(name: module, dependencies: ["SyncRuntime"], path: "check/generated/\(example)/Sources/\(module)")
}

// What only Apple's systems have is type-checked against modules that say what this repository uses of them. They are there
// where this is set, because `canImport` then holds.
let isApple = Context.environment["SYNC_APPLE_STUBS"] != nil
let apple: [Target] = [
  .target(name: "SwiftUI", path: "check/Apple/SwiftUI"),
  .target(name: "Security", path: "check/Apple/Security"),
  .target(name: "PosViews", dependencies: ["PosModels", "SwiftUI"], path: "check/generated/pos-views"),
]

let package = Package(
  name: "check",
  platforms: [.iOS(.v17), .macOS(.v14), .watchOS(.v10), .tvOS(.v17), .visionOS(.v1)],
  targets: [
    .systemLibrary(name: "CSQLite", path: "runtime/Sources/CSQLite"),
    .target(
      name: "SyncRuntime", dependencies: isApple ? ["CSQLite", "SwiftUI", "Security"] : ["CSQLite"],
      path: "runtime/Sources/SyncRuntime", resources: [.copy("PrivacyInfo.xcprivacy")]),
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
    .executableTarget(
      name: "sync-bench", dependencies: ["SyncFixturesModels", "CSQLite"], path: "check/Sources/sync-bench"),
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
  ] + (isApple ? apple : []),
  swiftLanguageModes: [.v6]
)
