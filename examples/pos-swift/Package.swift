// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "waiter",
  platforms: [.macOS(.v14)],
  dependencies: [.package(path: "sync")],
  targets: [
    .executableTarget(name: "waiter", dependencies: [.product(name: "PosModels", package: "sync")])
  ],
  swiftLanguageModes: [.v6]
)
