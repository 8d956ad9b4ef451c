import BridgeRuntime

struct DemoCommand: Command {
    static let name = "demo"
    static let summary = "messages cross between two private brokers through a simulated module"
    static let examples: [(line: String, meaning: String)] = [("cellbridge demo", "runs about 15 s and ends by itself")]
    static var options: [CommandOption<DemoCommand>] { [] }
    func run() -> ExitCode { .ok }
}
