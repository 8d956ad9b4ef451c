/// Everything that can be fuzzed, by the name that deploy/ci/fuzz.sh and the folders of seeds use.
let targets: [String: @Sendable (FuzzInput) -> Void] = [
    "lexer": fuzzLexer, "session": fuzzSession, "fields": fuzzFields, "command": fuzzCommand, "toml": fuzzTOML,
    "store": fuzzStore, "ledger": fuzzLedger, "json": fuzzJSON, "control": fuzzControl,
    "manifest": fuzzManifest, "packets": fuzzPackets, "cip": fuzzCIP, "qi": fuzzQI, "bc260y": fuzzBC260Y,
]

/// The one that runs; set once before the first input.
nonisolated(unsafe) var chosen: @Sendable (FuzzInput) -> Void = { _ in }
