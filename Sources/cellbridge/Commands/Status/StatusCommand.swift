import BridgeRuntime
import Configuration
import Control
import Glibc
import Outbox

/// `cellbridge status`.
struct StatusCommand: Command {
    static let name = "status"
    static let summary = "what the service is doing: link, recovery, signal, queue, certificates, bytes"
    static let details = """
        Asks the running service, which asks the module for signal and operator between its own commands, every 10 s at
        most; each is shown with its age. Where none runs it says so, with what the state directory still tells.
        With --watch it goes on until it is interrupted: on a terminal the picture is drawn anew each second; elsewhere a
        line is printed at each change (with --json the whole object), looked for each second.
        Exit status: 0 the link is up, 1 the service runs and the link is down, 3 the service does not run, 66 there is no
        such file, 75 or 76 the service gives no answer, 77 not permitted, 78 the configuration is wrong; 0 where --watch
        was interrupted.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge status", "how things are, with \(Configuration.defaultPath)"),
        ("cellbridge status --watch", "the same, as it changes"),
        ("cellbridge status --quiet || echo down", "only whether the link is up"),
    ]
    static var options: [CommandOption<StatusCommand>] {
        .common(\.common) + [.flag("watch", nil, "go on showing it until Ctrl-C") { $0.watches = true }]
    }

    var common = CommonOptions()
    var watches = false

    mutating func validate() throws(UsageProblem) {
        if watches, common.isQuiet { throw UsageProblem("--watch and --quiet exclude each other") }
    }

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            let work = try ServiceWork(common.path)
            defer { work.close() }
            if watches { return try watch(work) }
            let report = try look(work)
            common.show(json: report.json, lines: report.lines)
            return report.exitCode
        }
    }

    /// What the service says, or what is left of it.
    private func look(_ work: ServiceWork) throws(CommandFailure) -> StatusReport {
        if try work.hasService() {
            return StatusReport(service: try work.call("status"), hasColours: Console.hasColours && !common.isJSON)
        }
        return StatusReport(
            stopped: work.configuration.bridge.name, Self.summary(work.configuration.queue.path), now: CertsWork.now,
            hasColours: Console.hasColours && !common.isJSON)
    }

    /// Nothing where there is no store, or where it cannot be read: the service does not run, that is what counts.
    private static func summary(_ directory: String) -> Result<StoreReader.Summary?, CommandFailure> {
        do throws(StoreError) {
            guard let reader = try StoreReader.open(directory: directory) else { return .success(nil) }
            defer { reader.close() }
            return .success(try reader.summary())
        } catch {
            return .failure(QueueWork.failure(error, directory))
        }
    }

    private func watch(_ work: ServiceWork) throws(CommandFailure) -> ExitCode {
        let redraws = isatty(1) == 1 && !common.isJSON
        var told: String?
        if redraws { Console.write("\u{1B}[2J") }
        while !work.isInterrupted {
            var report: StatusReport?
            do throws(CommandFailure) {
                report = try look(work)
            } catch {
                work.disconnect()
                if work.isInterrupted { break }
                // It may just be ending, or starting.
                guard error.code == .unavailable || error.code == .temporary else { throw error }
            }
            if let report {
                if redraws {
                    guard Console.draw(report.lines + ["", "Ctrl-C ends it"]) else { break }
                } else if report.mark(isJSON: common.isJSON) != told {
                    told = report.mark(isJSON: common.isJSON)
                    guard Console.line(common.isJSON ? report.json.description : report.line) else { break }
                }
            }
            work.rest(.seconds(1))
        }
        return .ok
    }
}

extension Console {
    /// Draws a picture from the upper left corner over the one before; false when nobody sees it any more.
    static func draw(_ lines: [String]) -> Bool {
        line("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }
}
