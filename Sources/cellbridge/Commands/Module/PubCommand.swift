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
        With --queue the message goes into the service's queue, and --wait says how long to stay for what becomes of it.
        Exit status: 0 acknowledged by the remote broker (at QoS 0: taken by the module), or queued with --queue;
        27 expired: not delivered within --expire; 65 refused; 69 no link, or it broke before the acknowledgement;
        75 still queued after --wait, or interrupted; 66, 77 and 78 as with run.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge pub -t test/hello -m hello -q 1", "publishes and waits for the remote broker's PUBACK"),
        ("sensors | cellbridge pub -t site/17/log -l -q 1", "one message a line"),
        ("cellbridge pub -t site/17/photo -f photo.jpg -q 1 --queue", "puts it into the service's queue and returns"),
        ("cellbridge pub -t door -m open -q 1 --expire 20s", "gives up after 20 s: nobody wants to open it then"),
    ]
    static var options: [CommandOption<PubCommand>] {
        [
            .value("topic", "t", "TOPIC", "the topic at the remote broker", \.publication.topic, expected: "a topic") {
                $0.isEmpty ? nil : $0
            }
        ] + .source(\.source) + [
            .flag("stdin-line", "l", "each line of standard input is a message") { $0.source.isByLine = true },
            .number("qos", "q", "QOS", "0, 1 or 2 (default 0)", \.publication.qos, 0...2) { $0 },
            .flag("retain", "r", "with the retain flag") { $0.publication.retain = true },
            .number("repeat", nil, "N", "publish it N times", \.count, 1...1_000_000) { $0 },
            .seconds("repeat-delay", nil, "pause between repetitions (default 0)", \.pause),
            .flag("queue", nil, "put it into the service's queue instead of waiting for the broker") {
                $0.publication.isQueued = true
            },
            .duration("expire", "give each message up when it takes so long (default never)", \.publication.expiry),
            .duration(
                "wait", "how long the link may take to come up (default 2 min, through the service 10 s)", \.wait),
            .flag("same-id", nil, "use the service's client id and session; the service must be stopped") {
                $0.sameID = true
            },
            .verbose(\.isVerbose),
        ] + .common(\.common)
    }

    var publication = Publication()
    var source = MessageSource()
    var count = 1
    var pause: Duration = .zero
    var wait: Duration = .zero
    var sameID = false
    var isVerbose = false
    var common = CommonOptions()

    mutating func validate() throws(UsageProblem) {
        guard !publication.topic.isEmpty else { throw UsageProblem("-t TOPIC is missing") }
        if let problem = source.problem("-m, -f, -l, -n, -s") { throw UsageProblem(problem) }
        guard !source.isByLine || count == 1 else { throw UsageProblem("--repeat does not go with -l") }
        publication.follows = publication.isQueued && wait > .zero
    }

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            var options = ModuleWork.Options()
            (options.sameID, options.isVerbose, options.showsWaiting) = (sameID, isVerbose, !common.isQuiet)
            let work = try ModuleWork(common.path, options)
            let dialogue = isVerbose ? DialoguePrinter(work) : nil
            defer {
                work.close()
                dialogue?.finish()
            }
            let input = StandardInput(work.loop)
            // What cannot be read is not worth a connection.
            let payload = source.isByLine ? [] : try source.payload(input, work)
            _ = try publication.arguments(payload)
            try connect(work)
            guard source.isByLine else {
                for repetition in 0..<count {
                    if repetition > 0, pause > .zero {
                        _ = try work.wait(limit: work.loop.now + pause) { false }
                    }
                    try publish(payload, work)
                }
                return .ok
            }
            while let line = input.line(isInterrupted: { work.isInterrupted }) { try publish(line, work) }
            if work.isInterrupted { throw .interrupted }
            return .ok
        }
    }

    private func connect(_ work: ModuleWork) throws(CommandFailure) {
        if publication.isQueued { return }
        let expiry = publication.expiry
        guard expiry > .zero, wait == .zero || expiry < wait else { return try work.connect(wait: wait) }
        do throws(CommandFailure) {
            try work.connect(wait: expiry)
        } catch {
            guard error.code == .unavailable else { throw error }
            throw CommandFailure(.timedOut, "expired after \(expiry.text): \(error.text)")
        }
    }

    private func publish(_ payload: [UInt8], _ work: ModuleWork) throws(CommandFailure) {
        let (expiry, isQueued) = (publication.expiry, publication.isQueued)
        let patience = isQueued ? publication.patience(wait) : expiry
        let limit = patience > .zero ? work.loop.now + patience : nil
        let line = work.waiting(publication.qos > 0 ? "waiting for the acknowledgement" : "waiting for the module")
        defer { line.clear() }
        let answer = try work.call("publish", try publication.arguments(payload), limit: limit)
        line.clear()
        guard let answer else {
            throw isQueued
                ? CommandFailure(.temporary, "still queued after \(wait.text); the service goes on with it")
                : CommandFailure(
                    .timedOut, "expired after \(expiry.text); it may arrive all the same if it was on its way")
        }
        if common.isJSON { return common.show(json: answer, lines: []) }
        guard isVerbose, let outcome = answer["outcome"]?.string else { return }
        common.note(outcome + (answer["milliseconds"]?.integer.map { " after \($0) ms" } ?? ""))
    }
}
