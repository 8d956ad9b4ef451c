import BridgeRuntime
import Configuration
import Glibc

/// Finds the subcommand and runs it.
enum CommandLineTool {
    /// The process's exit status.
    static func main(_ arguments: [String]) -> Int32 {
        guard arguments.count > 1 else { return ExitCode.usage.rawValue }
        switch arguments[1] {
        case "run": return run(arguments.count > 3 ? arguments[3] : Configuration.defaultPath).rawValue
        default: return ExitCode.usage.rawValue
        }
    }

    private static func run(_ path: String) -> ExitCode {
        let log = Log.standardError(threshold: unsafe getenv("CELLBRIDGE_DEBUG") == nil ? .info : .debug)
        switch Configuration.load(path: path) {
        case .invalid(let problems):
            for problem in problems { log(problem.severity == .error ? .error : .warning, "\(problem)") }
            return .configuration
        case .valid(let configuration, let warnings):
            for warning in warnings { log(.warning, "\(warning)") }
            return BridgeService.run(configuration, log: log)
        }
    }
}
