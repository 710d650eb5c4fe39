// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "waiter",
  platforms: [.iOS(.v17), .macOS(.v14)],
  products: [.library(name: "PosViews", targets: ["PosViews"])],
  dependencies: [.package(path: "sync")],
  targets: [
    .target(name: "PosViews", dependencies: [.product(name: "PosModels", package: "sync")]),
    .executableTarget(name: "waiter", dependencies: [.product(name: "PosModels", package: "sync")])
  ],
  swiftLanguageModes: [.v6]
)
