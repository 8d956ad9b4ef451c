import BridgeRuntime
import Glibc
import LinuxIO

/// `cellbridge explain`.
struct ExplainCommand: Command {
    static let name = "explain"
    static let summary = "which route takes a topic, what becomes of it, and what it costs"
    static let details = """
        Asks the routing table and the encoders of the service, without one: neither module nor broker is needed, and no
        secret is read. TOPIC is the one at the local broker, with --in the one at the remote broker; what the other
        direction would do with it is told too.
        Bytes on the serial line are exact for the usual spellings of the module's answers. Bytes in the air and per
        month are an estimate: MQTT packets with their acknowledgements, TCP/IP headers and, with tls, its records;
        without keep-alives, heartbeats and connects. Over the socket link sends and reads of a message alone are
        counted. A month is 30 days, a MB 1,000,000 bytes.
        Exit status: 0 a route takes it, 1 none does or it cannot be carried, 65 the payload's file is over 1 MiB,
        66 no such file, 78 the configuration is wrong.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge explain sensors/tank/level", "with a payload of 100 bytes, once a minute"),
        (
            "cellbridge explain -m '{\"on\":true}' --rate 10/h -q 1 -r zigbee2mqtt/lamp",
            "with this payload, ten times an hour, published at QoS 1 and retained"
        ),
        ("cellbridge explain --in site/17/commands/pump", "a message from the remote broker"),
        ("cellbridge explain --quiet alarms/fire || echo 'not forwarded'", "the exit status only, for scripts"),
    ]
    static var operands: [CommandOperand<ExplainCommand>] {
        [.one("TOPIC", "the topic of the message", \.topic)]
    }
    static var options: [CommandOption<ExplainCommand>] {
        .common(\.common) + [
            .flag("in", "i", "it comes from the remote broker, not from the local one") { $0.way = .in },
            .text("message", "m", "TEXT", "the payload", \.message),
            .text("payload", "f", "FILE", "a file with the payload", \.file),
            .number("size", nil, "N", "a payload of so many bytes of text (100)", \.size, 0...1_000_000) { $0 },
            .number("qos", "q", "N", "the QoS it is published with (1)", \.qos, 0...2) { $0 },
            .flag("retain", "r", "it is published with the retain flag") { $0.retain = true },
            .value(
                "rate", nil, "N/h", "how many come in a s, min, h or day (60/h)", \.rate,
                expected: "a rate such as 60/h or 2/min", MessageRate.init),
        ]
    }

    var common = CommonOptions()
    var topic = ""
    var way = TopicQuestion.Way.out
    var message: String?
    var file: String?
    var size: Int?
    var qos = 1
    var retain = false
    var rate: MessageRate?

    private static let payloadLimit = 1 << 20

    mutating func validate() throws(UsageProblem) {
        if [message != nil, file != nil, size != nil].count(where: { $0 }) > 1 {
            throw UsageProblem("more than one payload: expected one of --message, --payload and --size")
        }
    }

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            let explainer = try TopicExplainer(try common.configuration())
            var question = TopicQuestion(
                topic: Array(topic.utf8), way: way, payload: try payload(), qos: qos, retain: retain)
            let main = explainer.explain(question)
            question.way = way.opposite
            let report = ExplainReport(
                main: main, other: explainer.explain(question), routes: explainer.routeText,
                rate: rate ?? MessageRate("60/h"), isRateGiven: rate != nil,
                isSample: message == nil && file == nil)
            common.show(json: report.json, lines: report.lines)
            return main.isTaken ? .ok : .failed
        }
    }

    private func payload() throws(CommandFailure) -> [UInt8] {
        if let message { return Array(message.utf8) }
        guard let file else { return [UInt8](repeating: UInt8(ascii: "x"), count: size ?? 100) }
        do throws(SystemError) {
            return try Files.read(file, limit: Self.payloadLimit)
        } catch {
            switch error.code {
            case EFBIG: throw CommandFailure(.dataError, "\(file): over 1 MiB, more than any module carries")
            case EACCES: throw CommandFailure(.noPermission, "\(error)")
            default: throw CommandFailure(.noInput, "\(error)")
            }
        }
    }
}
