// swift-tools-version: 6.2
import PackageDescription

// Arrows only point down: snap → SnapCLI → SnapStore → SnapSystem → C (a test checks the imports). SnapPages, which sets
// the manual, stands beside snap.

let common: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    // Fault points (fail or kill at the n-th system call) exist in debug builds only.
    .define("SNAP_FAULTS", .when(configuration: .debug)),
]

let strict = common + [.strictMemorySafety()]

// Tests call Foundation and C freely; the sources they test do not.
let tests = common

let package = Package(
    name: "snap",
    products: [
        .executable(name: "snap", targets: ["snap"]),
        .library(name: "SnapStore", targets: ["SnapStore"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0")
    ],
    targets: [
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"]), .brew(["lz4"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .target(name: "CSnapKernels"),
        .target(name: "CSnapSystem"),
        .target(name: "SnapSystem", dependencies: ["CSnapSystem", "CSnapKernels"], swiftSettings: strict),
        .target(
            name: "SnapStore",
            dependencies: ["SnapSystem", "CSnapKernels", "CZstd", "CLZ4", "CZlib"],
            swiftSettings: strict),
        .target(name: "SnapCLI", dependencies: ["SnapStore", "SnapSystem"], swiftSettings: strict),
        .executableTarget(name: "snap", dependencies: ["SnapCLI"], swiftSettings: strict),
        .target(name: "SnapPages", dependencies: ["SnapCLI"], swiftSettings: strict),
        .executableTarget(
            name: "snapshot-example", dependencies: ["SnapStore"], path: "Examples/snapshot-example",
            swiftSettings: strict),
        .testTarget(
            name: "SnapSystemTests",
            dependencies: ["SnapSystem", "CSnapKernels", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: tests),
        .testTarget(
            name: "SnapStoreTests", dependencies: ["SnapStore", "SnapSystem", "CSnapKernels"], swiftSettings: tests),
        .testTarget(
            name: "SnapCLITests", dependencies: ["SnapCLI", "SnapStore", "SnapSystem", "snap", "snapshot-example"],
            swiftSettings: tests),
        .testTarget(name: "SnapPagesTests", dependencies: ["SnapPages", "SnapCLI"], swiftSettings: tests),
    ]
)
