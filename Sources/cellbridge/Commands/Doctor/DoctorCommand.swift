import BridgeRuntime
import Control
import LinuxIO

/// `cellbridge doctor`: from the port to a message that comes back.
struct DoctorCommand: Command {
    static let name = "doctor"
    static let summary = "find out where the way from the port to the broker breaks, and what to do"
    static let details = """
        Goes through the stages in their order and stops at the first that fails, with what is likely behind it and what to
        try. Through the running service when there is one, which is not disturbed: then it only asks, subscribes and
        publishes. Else this process opens the port and connects as <client_id>-cli with a clean session.
        Exit status: 0 all well, warnings included; or the stage that failed:
        \(Self.statuses[..<8].joined(separator: ", ")),
        \(Self.statuses[8...].joined(separator: ", "));
        75 interrupted; 66, 77 and 78 as with run, for the configuration.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge doctor", "all stages, with the service or without"),
        ("cellbridge doctor -v --wait 3min", "with the AT dialogue, and more patience with a weak network"),
        ("cellbridge doctor --json | jq -r '.stages[] | select(.outcome == \"failed\") | .next'", "for scripts"),
    ]
    static var options: [CommandOption<DoctorCommand>] {
        [
            .duration(
                "wait", "how long card, registration and connection may take, each (default 1 min)", \.options.wait),
            .text(
                "topic", "t", "TOPIC", "the topic of the message that comes back (default the heartbeat's)",
                \.options.topic),
            .flag("same-id", nil, "use the service's client id and session; the service must be stopped") {
                $0.options.sameID = true
            },
            .verbose(\.isVerbose),
        ] + .common(\.common)
    }

    private static let statuses = DoctorStage.allCases.map { "\($0.exitStatus.rawValue) \($0.name)" }

    var options = Doctor.Options()
    var isVerbose = false
    var common = CommonOptions()

    mutating func validate() throws(UsageProblem) {
        guard options.wait > .zero, options.wait <= .seconds(3600) else {
            throw UsageProblem("--wait: expected up to an hour")
        }
    }

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            let work = try DoctorWork(common.path, isVerbose: isVerbose)
            defer { work.close() }
            let service = try work.service()
            if service == nil { try work.startSimulator() }
            let doctor = Doctor(work.configuration, options: options, loop: work.loop, log: work.log)
            doctor.isInterrupted = { work.isInterrupted }
            let isPlain = !common.isJSON && !common.isQuiet
            let hasColours = Console.hasColours
            doctor.onFinding = { finding in
                if isPlain { DoctorReport.lines(finding, colours: hasColours).forEach { Console.line($0) } }
            }
            if let service {
                guard !options.sameID else {
                    throw CommandFailure(.usage, "--same-id is for a stopped service: the running one has that session")
                }
                let dialogue = isVerbose ? DialoguePrinter(service, work.loop) : nil
                defer { dialogue?.finish() }
                try doctor.run(through: service)
            } else {
                let same = options.sameID
                try doctor.run(
                    alone: { () throws(CommandFailure) in try work.session(sameID: same) },
                    lastError: { work.lastError })
            }
            let status = doctor.failure?.stage.exitStatus ?? .ok
            if common.isJSON {
                Console.line(DoctorReport.json(doctor.findings, isService: service != nil, status).description)
            } else {
                common.note(DoctorReport.end(doctor.findings))
            }
            return status
        }
    }
}
