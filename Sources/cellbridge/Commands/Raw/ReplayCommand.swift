import BridgeRuntime
import Control
import Glibc
import LinuxIO

/// `cellbridge replay`: what this release makes of a recorded dialogue.
struct ReplayCommand: Command {
    static let name = "replay"
    static let summary = "what this release makes of a recorded dialogue with a module"
    static let details = """
        Reads the service's flight records, what console --record keeps, a transcript of the simulator, or a posted log
        whose lines are commands and answers. Of a flight record the controller runs again, under the record's time; what it
        would send now and the record has not, or the other way round, is a difference (!!). Otherwise lexer and session
        only. Needs no module, no broker, no configuration.
        Exit status: 0 no difference, 1 some, 65 the file is no record, 66 no such file, 77 not permitted.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge replay flight-20261120T140923Z-context.log", "commands, decisions and differences"),
        ("cellbridge replay -v --from 90s talk.log", "with every token, from a minute and a half on"),
    ]
    static var operands: [CommandOperand<ReplayCommand>] {
        [.one("FILE", "the record", \.file)]
    }
    static var options: [CommandOption<ReplayCommand>] {
        [
            .duration("from", "print from this time of the record on", \.from),
            .flag("verbose", "v", "also what lexer and session made of the bytes") { $0.isVerbose = true },
            .json(\.isJSON),
            .flag("quiet", nil, "print nothing but differences: the exit status tells") { $0.isQuiet = true },
        ]
    }

    var file = ""
    var from: Duration = .zero
    var isVerbose = false
    var isJSON = false
    var isQuiet = false

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            let bytes: [UInt8]
            do throws(SystemError) {
                bytes = try Files.read(file, limit: DialogueRecord.limit)
            } catch {
                let code: ExitCode = error.code == EFBIG ? .dataError : error.code == EACCES ? .noPermission : .noInput
                throw CommandFailure(code, "\(error)")
            }
            let record: DialogueRecord
            do throws(DialogueRecord.Problem) {
                record = try DialogueRecord(bytes)
            } catch {
                throw CommandFailure(.dataError, "\(file):\(error.line): \(error.text)")
            }
            let hasColours = Console.hasColours
            let summary = Replay.run(record) { line in
                guard line.at >= from || line.kind == .difference, isShown(line.kind) else { return }
                if isJSON {
                    Console.line(line.json.description)
                    return
                }
                let text = "\(line.line): \(line.description)"
                Console.line(hasColours && line.kind == .difference ? "\u{1B}[31m\(text)\u{1B}[0m" : text)
            }
            finish(summary, record)
            return summary.differences == 0 ? .ok : .failed
        }
    }

    private func isShown(_ kind: Replay.Line.Kind) -> Bool {
        switch kind {
        case .token: isVerbose && !isQuiet
        case .difference: true
        case .sent, .decision, .note: !isQuiet
        }
    }

    private func finish(_ summary: Replay.Summary, _ record: DialogueRecord) {
        let seconds = (record.entries.last?.at ?? .zero).components.seconds
        if isJSON {
            Console.line(
                JSONValue.members([
                    "events": .number(summary.events), "commands": .number(summary.commands),
                    "seconds": .number(seconds), "controller": .bool(summary.hasController),
                    "differences": .number(summary.differences),
                ]).description)
        } else if !isQuiet {
            let verdict =
                !summary.hasController
                ? "session only: nothing to hold against this release"
                : summary.differences == 0 ? "no differences" : "\(summary.differences) difference(s)"
            Console.line("\(summary.events) events, \(summary.commands) commands in \(seconds) s: \(verdict)")
        }
    }
}
