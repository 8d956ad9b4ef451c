import BridgeRuntime
import Configuration

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
            .flag("quiet", "q", "problems only: nothing when there are none") { $0.isQuiet = true },
        ]
    }

    var path = Configuration.defaultPath
    var isQuiet = false

    func run() -> ExitCode {
        if let complaint = ConfigurationFile.complaint(path) {
            Console.error(complaint)
            return .noInput
        }
        let (lines, code) = Self.report(ConfigurationCheck.load(path: path), path: path, isQuiet: isQuiet)
        for line in lines { Console.line(line) }
        return code
    }

    /// What is printed, and the exit status.
    static func report(
        _ loaded: Configuration.Loaded, path: String, isQuiet: Bool
    ) -> (lines: [String], code: ExitCode) {
        switch loaded {
        case .invalid(let problems): return (problems.map(ConfigurationFile.line), .configuration)
        case .valid(let configuration, let warnings):
            let lines = warnings.map(ConfigurationFile.line)
            guard !isQuiet else { return (lines, .ok) }
            return (
                lines + ["\(path): ok"] + ConfigurationCheck.summary(configuration).map { "  " + $0 }, .ok
            )
        }
    }
}
