import BridgeRuntime
import Configuration
import Glibc

/// `cellbridge check`: reads the configuration and says what is wrong with it.
struct CheckCommand: Command {
    static let name = "check"
    static let summary = "reads the configuration and says what is wrong, with file, line and key"
    static let details = """
        Problems are printed one a line: FILE:LINE: KEY: what is wrong and what was expected.
        Exit status: 0 it can be used, 66 there is no such file, 78 it cannot be used.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge check", "checks \(Configuration.defaultPath)"),
        ("cellbridge check -c field-box.toml", "checks another file; relative paths in it are relative to it"),
    ]
    static var options: [CommandOption<CheckCommand>] {
        [
            .configurationFile(\.path),
            .flag("quiet", "q", "problems only, no summary") { $0.isQuiet = true },
        ]
    }

    var path = Configuration.defaultPath
    var isQuiet = false

    func run() -> ExitCode {
        if let complaint = ConfigurationFile.complaint(path) {
            Console.error(complaint)
            return .noInput
        }
        switch ConfigurationCheck.load(path: path) {
        case .invalid(let problems):
            for problem in problems { Console.line(ConfigurationFile.line(problem)) }
            return .configuration
        case .valid(let configuration, let warnings):
            for warning in warnings { Console.line(ConfigurationFile.line(warning)) }
            Console.line("\(path): ok")
            if !isQuiet { for line in ConfigurationCheck.summary(configuration) { Console.line("  " + line) } }
            return .ok
        }
    }
}

/// What the commands that take `-c` share.
enum ConfigurationFile {
    /// What is wrong when there is no such file or it cannot be read.
    static func complaint(_ path: String) -> String? {
        guard unsafe access(path, R_OK) != 0 else { return nil }
        let reason = unsafe String(cString: strerror(errno))
        return "\(path): \(reason); name the configuration with -c FILE"
    }

    /// One line for people; a warning says that it is one.
    static func line(_ problem: Problem) -> String {
        guard problem.severity == .warning else { return problem.description }
        var marked = problem
        marked.message = "warning: " + problem.message
        return marked.description
    }
}

extension CommandOption {
    /// `-c, --config FILE`.
    static func configurationFile(_ place: WritableKeyPath<Target, String>) -> CommandOption {
        .value(
            "config", "c", "FILE", "the configuration (\(Configuration.defaultPath))", place, expected: "a path"
        ) { $0.isEmpty ? nil : $0 }
    }
}
