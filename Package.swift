// swift-tools-version: 6.2
import PackageDescription

/// One list for every Swift target: language mode 6 plus the upcoming features we build against,
/// memory safety made visible, and no warning left standing.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = [])
    -> Target
{
    .testTarget(
        name: name + "Tests", dependencies: dependencies, exclude: exclude, resources: resources,
        swiftSettings: settings)
}

let package = Package(
    name: "cellbridge",
    products: [.executable(name: "cellbridge", targets: ["cellbridge"])],
    targets: [
        // C libraries and shims.
        .target(name: "CLinuxShims", path: "Sources/C/CLinuxShims"),
        .systemLibrary(
            name: "CMosquitto", path: "Sources/C/CMosquitto", pkgConfig: "libmosquitto",
            providers: [.apt(["libmosquitto-dev"])]),
        .systemLibrary(
            name: "CSQLite", path: "Sources/C/CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(
            name: "COpenSSL", path: "Sources/C/COpenSSL", pkgConfig: "libssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CJansson", path: "Sources/C/CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
        // libedit, opened when a console asks for it: the service does not pay for it.
        .target(name: "CEdit", path: "Sources/C/CEdit", linkerSettings: [.linkedLibrary("dl")]),
        .systemLibrary(
            name: "CGPIO", path: "Sources/C/CGPIO", pkgConfig: "libgpiod", providers: [.apt(["libgpiod-dev"])]),
        .target(
            name: "CToml", path: "Sources/C/CToml",
            // NDEBUG: toml++ 3.3 asserts on a control byte after `[`, which would end the process.
            cxxSettings: [.define("TOML_EXCEPTIONS", to: "0"), .define("NDEBUG")]),

        // Pure: no I/O, no clock.
        module("ATProtocol"),
        module("ModemCore", ["ATProtocol"]),
        module("BridgeCore"),

        // Adapters, one thing each.
        module("LinuxIO", ["CLinuxShims"]),
        module("MosquittoClient", ["CMosquitto", "LinuxIO"]),
        module("Outbox", ["BridgeCore", "CSQLite"]),
        module("Configuration", ["CToml"]),
        module("Certificates", ["COpenSSL"]),
        // TLS of the socket link, between memory buffers.
        module("TLSStream", ["COpenSSL"]),
        // The control socket: newline-delimited JSON between the service and the commands.
        module("Control", ["LinuxIO", "CLinuxShims", "CJansson", "COpenSSL"]),
        module("GPIO", ["CGPIO"]),

        // Assembly.
        module(
            "BridgeRuntime",
            [
                "ATProtocol", "ModemCore", "BridgeCore", "LinuxIO", "MosquittoClient", "Outbox", "Configuration",
                "Certificates", "TLSStream", "Control", "GPIO",
            ]),
        module("ModuleSimulator", ["LinuxIO", "CLinuxShims", "COpenSSL"]),
        // Real brokers in temporary directories, for the demo and the tests.
        module("PrivateBroker", ["LinuxIO", "CLinuxShims"]),
        .executableTarget(
            name: "cellbridge",
            dependencies: [
                "BridgeRuntime", "ModuleSimulator", "Configuration", "LinuxIO", "MosquittoClient", "PrivateBroker",
                "CLinuxShims", "Control", "Outbox", "BridgeCore", "ATProtocol", "CEdit",
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "bench",
            dependencies: ["ModuleSimulator", "LinuxIO", "MosquittoClient", "BridgeTestKit"],
            path: "examples/bench", swiftSettings: settings),

        // The whole bridge in a world of its own, under virtual time.
        module(
            "Soak", ["BridgeRuntime", "BridgeCore", "ModemCore", "LinuxIO", "MosquittoClient", "ModuleSimulator"]),
        .executableTarget(name: "soak", dependencies: ["Soak"], path: "examples/soak", swiftSettings: settings),

        // Tests.
        module(
            "BridgeTestKit",
            ["ATProtocol", "ModemCore", "BridgeCore", "LinuxIO", "MosquittoClient", "PrivateBroker", "BridgeRuntime"]),
        tests("ATProtocol", ["ATProtocol", "BridgeTestKit"], resources: [.copy("Fixtures")]),
        tests("ModemCore", ["ModemCore", "ATProtocol", "BridgeTestKit"]),
        tests("BridgeCore", ["BridgeCore", "BridgeTestKit"]),
        tests("LinuxIO", ["LinuxIO", "BridgeTestKit"]),
        tests("MosquittoClient", ["MosquittoClient", "LinuxIO", "BridgeTestKit"]),
        tests("Outbox", ["Outbox", "BridgeCore", "LinuxIO", "BridgeTestKit"]),
        tests("Configuration", ["Configuration", "BridgeTestKit"]),
        tests("Certificates", ["Certificates", "BridgeTestKit"]),
        tests("TLSStream", ["TLSStream", "LinuxIO", "PrivateBroker", "BridgeTestKit"]),
        tests("Control", ["Control", "LinuxIO", "CLinuxShims", "PrivateBroker", "BridgeTestKit"]),
        tests("GPIO", ["GPIO"]),
        tests(
            "BridgeRuntime",
            [
                "BridgeRuntime", "BridgeCore", "ATProtocol", "ModemCore", "LinuxIO", "MosquittoClient", "Configuration",
                "BridgeTestKit", "PrivateBroker", "GPIO", "TLSStream",
            ]),
        tests("ModuleSimulator", ["ModuleSimulator", "LinuxIO", "BridgeTestKit"]),
        tests(
            "cellbridge",
            [
                "cellbridge", "BridgeRuntime", "Configuration", "Control", "ModuleSimulator", "PrivateBroker",
                "LinuxIO", "Outbox", "BridgeCore",
            ], exclude: ["Snapshots"]),
        tests("Soak", ["Soak"]),
        tests("EndToEnd", ["BridgeTestKit", "LinuxIO", "MosquittoClient"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
