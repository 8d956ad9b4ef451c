import BridgeRuntime
import Configuration

/// `cellbridge run`: the service.
struct RunCommand: Command {
    static let name = "run"
    static let summary = "the service: runs until SIGTERM"
    static let details = """
        Logs to standard error, one line an event; not on a terminal each line begins with its priority, as journald
        reads it. With port = "simulator" a simulated module is started for it; its TCP connection is a real one, to
        the host and port of [remote].
        Exit status: 0 stopped on request, 66 no such file or port, 75 in use by another process, 77 not permitted,
        78 the configuration is wrong.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge run", "runs with \(Configuration.defaultPath)"),
        ("cellbridge run -v -c field-box.toml", "runs with another file and shows the AT dialogue"),
    ]
    static var options: [CommandOption<RunCommand>] {
        [
            .configurationFile(\.path),
            .flag("verbose", "v", "log the AT dialogue too (without passwords, PINs and payloads)") {
                $0.isVerbose = true
            },
            .flag("quiet", nil, "log warnings and errors only") { $0.isQuiet = true },
        ]
    }

    var path = Configuration.defaultPath
    var isVerbose = false
    var isQuiet = false

    mutating func validate() throws(UsageProblem) {
        if isVerbose, isQuiet { throw UsageProblem("--verbose and --quiet exclude each other") }
    }

    func run() -> ExitCode {
        let log = Log.standardError(threshold: isVerbose ? .debug : isQuiet ? .warning : .info)
        if let complaint = ConfigurationFile.complaint(path) {
            log(.error, complaint)
            return .noInput
        }
        switch ConfigurationCheck.load(path: path) {
        case .invalid(let problems):
            for problem in problems { log(problem.severity == .error ? .error : .warning, "\(problem)") }
            return .configuration
        case .valid(var configuration, let warnings):
            for warning in warnings { log(.warning, "\(warning)") }
            do throws(CommandFailure) {
                let simulator = try SimulatorProcess.start(for: &configuration.module)
                defer { simulator?.end() }
                if let simulator { log(.info, "simulated module on \(simulator.path), process \(simulator.pid)") }
                return BridgeService.run(configuration, log: log, simulator: simulator?.pid)
            } catch {
                log(.error, error.text)
                return error.code
            }
        }
    }
}
