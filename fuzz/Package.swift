// swift-tools-version: 6.2
import PackageDescription

// The product's own sources, built once more with the fuzzer's instrumentation: `Sources/Product` is a link to the
// sources of the service, so that no flag of these builds gets near its own. Built and run by deploy/ci/fuzz.sh.

let instrumented: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    // Targets look inside the modules; a release build has no testing otherwise.
    .unsafeFlags(["-sanitize=fuzzer,address", "-enable-testing"]),
]

func product(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Product/\(name)", swiftSettings: instrumented)
}

let package = Package(
    name: "fuzz",
    targets: [
        .target(name: "CLinuxShims", path: "Sources/Product/C/CLinuxShims"),
        .systemLibrary(name: "CSQLite", path: "Sources/Product/C/CSQLite", pkgConfig: "sqlite3"),
        .systemLibrary(name: "COpenSSL", path: "Sources/Product/C/COpenSSL", pkgConfig: "libssl"),
        .systemLibrary(name: "CJansson", path: "Sources/Product/C/CJansson", pkgConfig: "jansson"),
        .target(
            name: "CToml", path: "Sources/Product/C/CToml",
            cxxSettings: [
                .define("TOML_EXCEPTIONS", to: "0"), .define("NDEBUG"),
                .unsafeFlags(["-fsanitize=fuzzer-no-link,address"]),
            ]),
        product("ATProtocol"),
        product("ModemCore", ["ATProtocol"]),
        product("BridgeCore"),
        product("LinuxIO", ["CLinuxShims"]),
        product("Outbox", ["BridgeCore", "CSQLite"]),
        product("Configuration", ["CToml"]),
        product("Control", ["LinuxIO", "CLinuxShims", "CJansson", "COpenSSL"]),
        product("ModuleSimulator", ["LinuxIO", "CLinuxShims", "COpenSSL"]),
        .target(name: "CFuzzer"),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "ATProtocol", "ModemCore", "BridgeCore", "Outbox", "Configuration", "Control", "LinuxIO",
                "ModuleSimulator", "CSQLite",
                "CFuzzer",
            ],
            swiftSettings: instrumented,
            // The main function is ours, see main.swift; gold, the default, fails on what this links.
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
