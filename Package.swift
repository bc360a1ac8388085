// swift-tools-version: 6.2
import PackageDescription

/// Swift settings shared by every target: a warning is an error.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// Numeric targets are optimised in debug builds too: without it the tests take minutes (docs/decisions/0002).
let numeric: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// C kernels are compiled with -O2 in debug builds for the same reason.
let kernels: [CSetting] = [
  .unsafeFlags(["-Wall", "-Wextra", "-Werror"]),
  .unsafeFlags(["-O2"], .when(configuration: .debug)),
]

let package = Package(
  name: "steersh",
  products: [
    .executable(name: "steersh", targets: ["steersh"]),
    .library(name: "Steering", targets: ["Tensors", "Autodiff", "Checkpoints", "Models", "Interventions", "Interop"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    // System libraries and C.
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CHistedit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
    .systemLibrary(name: "CSPNG", pkgConfig: "spng", providers: [.apt(["libspng-dev"])]),
    .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CWebP", pkgConfig: "libwebpdemux", providers: [.apt(["libwebp-dev"])]),
    .systemLibrary(name: "CGIF", pkgConfig: "libgif", providers: [.apt(["libgif-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CSnappy", pkgConfig: "snappy", providers: [.apt(["libsnappy-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .target(name: "CEditline", dependencies: ["CHistedit"], cSettings: kernels),
    .target(name: "CEmbedded", cSettings: kernels),
    .target(name: "Kernels", cSettings: kernels),

    // The steering library.
    .target(name: "Tensors", dependencies: ["Kernels", "COpenBLAS"], swiftSettings: numeric),
    .target(
      name: "Checkpoints", dependencies: ["Tensors", "Kernels", "CSPNG", "CTurboJPEG", "CWebP", "CGIF", "CZlib"],
      swiftSettings: numeric),
    .target(name: "Autodiff", dependencies: ["Tensors", "Kernels"], swiftSettings: numeric),
    .target(name: "Models", dependencies: ["Autodiff", "Tensors", "Checkpoints", "Kernels"], swiftSettings: numeric),
    .target(
      name: "Interventions", dependencies: ["Models", "Autodiff", "Tensors", "Checkpoints"], swiftSettings: numeric),
    .target(
      name: "Interop", dependencies: ["Interventions", "Models", "Checkpoints", "Tensors"], swiftSettings: numeric),
    .target(name: "Scenes", dependencies: ["Tensors", "Checkpoints"], swiftSettings: numeric),
    .target(
      name: "Datasets", dependencies: ["Tensors", "Checkpoints", "CSnappy", "CZlib", "CZstd"], swiftSettings: numeric),
    .target(name: "Figures", dependencies: [], swiftSettings: strict),
    .target(
      name: "Records", dependencies: ["Figures", .product(name: "GRDB", package: "GRDB.swift")], swiftSettings: strict),
    .target(name: "Reports", dependencies: ["Figures"], swiftSettings: strict),

    // The language.
    .target(name: "Syntax", swiftSettings: strict),
    .target(name: "Interpreter", dependencies: ["Syntax"], swiftSettings: numeric),
    .target(name: "StandardLibrary", dependencies: ["CEmbedded"], swiftSettings: strict),

    // Where the two meet, and the program.
    .target(
      name: "Bindings",
      dependencies: [
        "Interpreter", "Syntax", "StandardLibrary", "Interop", "Interventions", "Models", "Autodiff", "Checkpoints",
        "Tensors", "Scenes", "Figures", "Records", "Reports", "Datasets",
      ], swiftSettings: strict),
    .target(
      name: "Shell",
      dependencies: [
        "Bindings", "Interpreter", "Syntax", "StandardLibrary", "Figures", "Records", "CEditline",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),
    .executableTarget(name: "steersh", dependencies: ["Shell", "Bindings", "Records"], swiftSettings: strict),
    // Measurements for developers (scripts/bench); not part of a product.
    .executableTarget(
      name: "bench",
      dependencies: [
        "Kernels", "COpenBLAS", "Tensors", "Autodiff", "Checkpoints", "Models", "Interventions", "Bindings", "Syntax",
        "StandardLibrary",
      ], swiftSettings: strict),

    // Tests.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "Kernels", "TestSupport"], swiftSettings: numeric),
    .testTarget(
      name: "AutodiffTests", dependencies: ["Autodiff", "Checkpoints", "Tensors", "Kernels", "TestSupport"],
      swiftSettings: numeric),
    .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints", "TestSupport"], swiftSettings: numeric),
    .target(name: "CAllocations", path: "Tests/CAllocations", cSettings: kernels),
    .testTarget(
      name: "ModelsTests", dependencies: ["Models", "StandardLibrary", "TestSupport", "CAllocations"],
      swiftSettings: numeric),
    .testTarget(
      name: "InterventionsTests", dependencies: ["Interventions", "StandardLibrary", "TestSupport"],
      swiftSettings: numeric),
    .testTarget(
      name: "InteropTests", dependencies: ["Interop", "Interventions", "Models", "Checkpoints", "TestSupport"],
      swiftSettings: numeric),
    .testTarget(
      name: "ScenesTests", dependencies: ["Scenes", "Models", "StandardLibrary", "TestSupport"], swiftSettings: numeric),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Datasets", "Checkpoints", "TestSupport"], swiftSettings: numeric),
    .testTarget(name: "FiguresTests", dependencies: ["Figures", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "RecordsTests", dependencies: ["Records", "Figures", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "ReportsTests", dependencies: ["Reports", "Figures", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "SyntaxTests", dependencies: ["Syntax", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "InterpreterTests", dependencies: ["Interpreter", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "BindingsTests",
      dependencies: [
        "Bindings", "Interventions", "Models", "Checkpoints", "StandardLibrary", "Records", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(name: "ShellTests", dependencies: ["Shell", "TestSupport"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu2x
)
