import BridgeRuntime
import Configuration
import Control
import LinuxIO

/// `cellbridge pub`: publishes through the module.
struct PubCommand: Command {
    static let name = "pub"
    static let summary = "publish to the remote broker through the module"
    static let details = """
        TOPIC is the one at the remote broker: no route changes it. Through the running service when there is one; else this
        process opens the port and connects as <client_id>-cli with a clean session.
        Exit status: 0 acknowledged by the remote broker (at QoS 0: taken by the module), or queued with --queue;
        65 refused; 69 no link; 75 not within --wait; 66, 77 and 78 as with run.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge pub -t test/hello -m hello -q 1", "publishes and waits for the remote broker's PUBACK"),
        ("sensors | cellbridge pub -t site/17/log -l -q 1", "one message a line"),
        ("cellbridge pub -t site/17/photo -f photo.jpg -q 1 --queue", "puts it into the service's queue and returns"),
    ]
    static var options: [CommandOption<PubCommand>] {
        [
            .value("topic", "t", "TOPIC", "the topic at the remote broker", \.topic, expected: "a topic") {
                $0.isEmpty ? nil : $0
            },
            .text("message", "m", "TEXT", "the payload", \.message),
            .text("file", "f", "FILE", "the payload is what this file holds", \.file),
            .flag("stdin-line", "l", "each line of standard input is a message") { $0.isByLine = true },
            .flag("null-message", "n", "an empty payload") { $0.isEmpty = true },
            .flag("stdin-file", "s", "the payload is all of standard input") { $0.isWhole = true },
            .number("qos", "q", "QOS", "0, 1 or 2 (default 0)", \.qos, 0...2) { $0 },
            .flag("retain", "r", "with the retain flag") { $0.retain = true },
            .number("repeat", nil, "N", "publish it N times", \.count, 1...1_000_000) { $0 },
            .duration("repeat-delay", "pause between repetitions (default 0)", \.pause),
            .flag("queue", nil, "put it into the service's queue instead of waiting for the broker") {
                $0.isQueued = true
            },
            .duration("expire", "with --queue: it may wait so long (default for ever)", \.expiry),
            .duration(
                "wait", "how long the link may take to come up (default 2 min, through the service 10 s)", \.wait),
            .flag("same-id", nil, "use the service's client id and session; the service must be stopped") {
                $0.sameID = true
            },
            .verbose(\.isVerbose),
        ] + .common(\.common)
    }

    var topic = ""
    var message: String?
    var file: String?
    var isByLine = false
    var isEmpty = false
    var isWhole = false
    var qos = 0
    var retain = false
    var count = 1
    var pause: Duration = .zero
    var isQueued = false
    var expiry: Duration = .zero
    var wait: Duration = .zero
    var sameID = false
    var isVerbose = false
    var common = CommonOptions()

    mutating func validate() throws(UsageProblem) {
        guard !topic.isEmpty else { throw UsageProblem("-t TOPIC is missing") }
        let sources = [message != nil, file != nil, isByLine, isEmpty, isWhole].filter { $0 }.count
        guard sources == 1 else {
            throw UsageProblem(
                sources == 0
                    ? "what is to be published? one of -m, -f, -l, -n, -s" : "one of -m, -f, -l, -n, -s, not \(sources)"
            )
        }
        guard !isByLine || count == 1 else { throw UsageProblem("--repeat does not go with -l") }
        guard expiry == .zero || isQueued else { throw UsageProblem("--expire goes with --queue") }
    }

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            var options = ModuleWork.Options()
            options.sameID = sameID
            let work = try ModuleWork(common.path, options)
            defer { work.close() }
            let dialogue = isVerbose ? DialoguePrinter(work) : nil
            defer { dialogue?.finish() }
            if !isQueued {
                let limit = wait > .zero ? wait : work.operations.isService ? .seconds(10) : .seconds(120)
                try work.connect(wait: limit)
            }
            let input = StandardInput(work.loop)
            if isByLine {
                var published = 0
                while let line = input.line(isInterrupted: { work.isInterrupted }) {
                    try publish(line, work)
                    published += 1
                }
                if work.isInterrupted { throw .interrupted }
                common.note("\(published) message(s) \(isQueued ? "queued" : "acknowledged")")
                return .ok
            }
            let payload = try payload(input, work)
            for repetition in 0..<count {
                if repetition > 0, pause > .zero { try rest(work) }
                try publish(payload, work)
            }
            return .ok
        }
    }

    private func payload(_ input: StandardInput, _ work: ModuleWork) throws(CommandFailure) -> [UInt8] {
        if let message { return Array(message.utf8) }
        if let file {
            do throws(SystemError) {
                return try Files.read(file, limit: StandardInput.limit)
            } catch {
                throw CommandFailure(.noInput, "\(error)")
            }
        }
        guard isWhole else { return [] }
        guard let bytes = input.whole(isInterrupted: { work.isInterrupted }) else {
            throw work.isInterrupted
                ? .interrupted : CommandFailure(.dataError, "standard input is over \(StandardInput.limit) bytes")
        }
        return bytes
    }

    private func rest(_ work: ModuleWork) throws(CommandFailure) {
        let until = work.loop.now + pause
        work.loop.schedule(after: pause) {}
        work.loop.run(until: { work.loop.now >= until || work.isInterrupted })
        if work.isInterrupted { throw .interrupted }
    }

    private func publish(_ payload: [UInt8], _ work: ModuleWork) throws(CommandFailure) {
        var arguments: [JSONValue.Member] = [
            .init(name: "topic", value: .text(topic)),
            .init(name: "payload_base64", value: .text(Base64.encode(payload))),
            .init(name: "qos", value: .number(Int64(qos))), .init(name: "retain", value: .bool(retain)),
            .init(name: "queue", value: .bool(isQueued)),
        ]
        if expiry > .zero { arguments.append(.init(name: "expiry", value: .number(expiry.components.seconds))) }
        let answer = try work.call("publish", arguments)
        if common.isJSON { Console.line(answer.description) }
        if !isByLine, isVerbose, let outcome = answer["outcome"]?.string {
            let time = answer["milliseconds"]?.integer.map { " after \($0) ms" } ?? ""
            common.note("\(outcome)\(time)")
        }
    }
}
