import ATProtocol
package import Control
import ModemCore

/// A recorded dialogue, run through what this release would do with it.
///
/// A record of the service has all that its controller was told: the same driver, session and machines run again, under
/// the record's time, and what they would send is held against what was sent. Any other record goes through lexer and
/// session only. Deterministic: the same file gives the same lines.
package struct Replay {
    /// One line of what came out.
    package struct Line: Equatable, Sendable {
        /// What it is.
        package enum Kind: String, Sendable {
            /// A command, as it was sent and would be sent.
            case sent
            /// What lexer and session made of the module's bytes.
            case token
            /// What the controller did or was told.
            case decision
            /// Something that happens otherwise now.
            case difference
            /// For people.
            case note
        }

        /// Since the record began.
        package var at: Duration
        /// The line of the file; 0: none.
        package var line: Int
        /// What it is.
        package var kind: Kind
        /// For people.
        package var text: String

        /// `+1.234 s`, a mark, and the text.
        package var description: String {
            let mark =
                switch kind {
                case .sent: "->"
                case .token: "<-"
                case .decision: "=="
                case .difference: "!!"
                case .note: "--"
                }
            return "\(Self.seconds(at)) \(mark) \(text)"
        }

        static func seconds(_ time: Duration) -> String {
            let milliseconds = max(0, Int64(time / .milliseconds(1)))
            let fraction = String(milliseconds % 1000)
            return "+\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction) s"
        }

        /// One JSON object.
        package var json: JSONValue {
            .members([
                "ms": .number(Int64(at / .milliseconds(1))), "line": .number(line), "kind": .text(kind.rawValue),
                "text": .text(text),
            ])
        }
    }

    /// What came of it all.
    package struct Summary: Equatable, Sendable {
        /// Events of the record.
        package var events = 0
        /// Commands in it.
        package var commands = 0
        /// Things that happen otherwise now.
        package var differences = 0
        /// Whether the controller took part.
        package var hasController = false
    }

    /// Differences after which record and controller are too far apart to be held against each other.
    static let differenceLimit = 50

    /// Runs it; `onLine` gets what comes out, in order.
    package static func run(_ record: DialogueRecord, onLine: @escaping (Line) -> Void) -> Summary {
        var summary = Summary(events: record.entries.count)
        for entry in record.entries {
            if case .sent = entry.event { summary.commands += 1 }
        }
        func count(_ line: Line) {
            if line.kind == .difference { summary.differences += 1 }
            onLine(line)
        }
        if let settings = ReplaySettings(record.settings) {
            let isCut = record.settings["began"] != "start"
            if isCut, settings.link.tls != nil {
                count(
                    Line(
                        at: .zero, line: 0, kind: .note,
                        text: "the beginning is gone, and what of TLS was set up with it: session only"))
            } else {
                let controller = ControllerReplay(record, settings, isCut: isCut, onLine: count)
                controller.run()
                summary.hasController = true
                return summary
            }
        }
        let session = SessionReplay(record, onLine: count)
        session.run()
        return summary
    }

    /// What a token or an event of the session is called; nil for what goes to the module.
    static func text(_ action: CommandSession.Action) -> String? {
        switch action {
        case .write: nil
        case .completed(let result):
            "answer " + result.lines.map { readable($0) + " | " }.joined() + shown(result.final)
        case .urc(.other(let line)): "line \(readable(line))"
        case .urc(let urc): "event \(shown(urc))"
        case .message(let message):
            "message \(readable(message.topic)), \(message.payload.count) bytes\(message.fromCache ? ", cached" : "")"
        case .synchronised: "in step"
        case .synchronisationFailed: "no answer to AT"
        case .echoReturned: "echo: the module restarted"
        case .dataModeUnknown(let declared): "data mode of \(declared) bytes may be open"
        case .data(let bytes): "data \(bytes.count)"
        case .dataDamaged(let discard): "data damaged: \(readable(discard.excerpt))"
        case .discarded(let discard): "discarded \(discard.kind): \(readable(discard.excerpt))"
        }
    }
}
