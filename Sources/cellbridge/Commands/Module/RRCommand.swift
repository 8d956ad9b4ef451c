import BridgeRuntime
import Control
import LinuxIO

/// `cellbridge rr`: a request and its response.
struct RRCommand: Command {
    static let name = "rr"
    static let summary = "publish a request to the remote broker through the module and show the response"
    static let details = """
        Subscribes to the response topic, publishes, and shows the first message that comes there. Topics are those at the
        remote broker. A retained message on the response topic counts as the response: the module does not tell them apart.
        Through the running service when there is one; else as <client_id>-cli with a clean session. FORMAT as with sub.
        When the link breaks it subscribes anew as soon as it is back, and waits on; the request is sent at most once, and
        what came meanwhile is lost.
        Exit status: 0 with a response; 27 none within -W; 65 refused; 69 no link at the beginning, or the service has
        ended; 66, 77 and 78 as with run.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge rr -t time/get -e time/now/17 -n -W 10", "asks with an empty payload, and waits 10 s"),
        ("cellbridge rr -t cmd -e cmd/result -f job.json -q 1 -F '%x'", "shows the response in hexadecimal"),
    ]
    static var options: [CommandOption<RRCommand>] {
        [
            .value("topic", "t", "TOPIC", "the request's topic", \.publication.topic, expected: "a topic") {
                $0.isEmpty ? nil : $0
            },
            .value("response", "e", "TOPIC", "the topic of the response", \.response, expected: "a topic") {
                $0.isEmpty ? nil : $0
            },
        ] + .source(\.source) + [
            .number("qos", "q", "QOS", "of the request and of the subscription: 0, 1 or 2 (default 0)", \.qos, 0...2) {
                $0
            },
            .seconds(
                "timeout", "W",
                "wait so long for the response once the link is up (through the service: from the start)", \.timeout),
        ] + .printer(\.printer) + [
            .duration(
                "wait", "how long the link may take to come up (default 2 min, through the service 10 s)", \.wait),
            .flag("same-id", nil, "use the service's client id and session; the service must be stopped") {
                $0.sameID = true
            },
            .flag("debug", "d", "show the AT dialogue on standard error (without passwords, PINs and contents)") {
                $0.isDebug = true
            },
        ] + .common(\.common)
    }

    var publication = Publication()
    var response = ""
    var source = MessageSource()
    var qos = 0
    var timeout: Duration = .zero
    var printer = MessagePrinter()
    var wait: Duration = .zero
    var sameID = false
    var isDebug = false
    var common = CommonOptions()

    mutating func validate() throws(UsageProblem) {
        guard !publication.topic.isEmpty else { throw UsageProblem("-t TOPIC is missing") }
        guard !response.isEmpty else { throw UsageProblem("-e TOPIC is missing") }
        if let problem = source.problem("-m, -f, -n, -s") { throw UsageProblem(problem) }
        if let problem = Subscription.problem(response) { throw UsageProblem(problem) }
        guard !common.isJSON || printer.format == nil else { throw UsageProblem("--json does not go with -F") }
        publication.qos = qos
    }

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            var options = ModuleWork.Options()
            (options.sameID, options.isVerbose, options.showsWaiting) = (sameID, isDebug, !common.isQuiet)
            let work = try ModuleWork(common.path, options)
            let dialogue = isDebug ? DialoguePrinter(work) : nil
            defer {
                work.close()
                dialogue?.finish()
            }
            // What cannot be read is not worth a connection.
            let request = try publication.arguments(try source.payload(StandardInput(work.loop), work))
            let limit = try work.connect(wait: wait, timeout: timeout, isQuiet: common.isQuiet)
            let answer = try exchange(work, request, until: limit)
            let output = StandardOutput(work.loop)
            if !common.isQuiet { output.write(printer.bytes(answer, asJSON: common.isJSON)) }
            output.finish(isInterrupted: { work.isInterrupted })
            return .ok
        }
    }

    /// Subscribes, asks once, and waits for what comes.
    private func exchange(
        _ work: ModuleWork, _ request: [JSONValue.Member], until limit: Duration?
    ) throws(CommandFailure) -> ArrivedMessage {
        var answer: ArrivedMessage?
        var (earlier, isAsked) = (ArrivedMessage?.none, false)
        func subscribe() -> Subscription {
            // Subscribing anew brings a retained message once more that came before the request.
            var known = isAsked ? earlier : nil
            return Subscription(work, [response], qos: qos) { message in
                // What came before the request does not answer it.
                guard isAsked else { return earlier = message }
                if let retained = known, retained.topic == message.topic, retained.payload == message.payload {
                    return known = nil
                }
                answer = answer ?? message
            }
        }
        var subscription = subscribe()
        defer { subscription.end() }
        guard try work.wait(limit: limit, until: { subscription.isGranted || subscription.failure != nil }) else {
            throw late
        }
        if let failure = subscription.failure { throw failure }
        isAsked = true
        var refusal: CommandFailure?
        let open = work.operations.begin("publish", request, onEvent: { _ in }) {
            // One that broke with the link may have arrived.
            if case .failure(let failure) = $0, !failure.isOfTheLink { refusal = failure }
        }
        defer { work.operations.cancel(open) }
        var pause = ModuleWork.shortestPause
        while true {
            let line = work.waiting("waiting for the response")
            defer { line.clear() }
            _ = try work.wait(
                limit: limit, until: { answer != nil || refusal != nil || subscription.failure != nil })
            line.clear()
            if let answer { return answer }
            if let refusal { throw refusal }
            guard let failure = subscription.failure else { throw late }
            guard failure.isOfTheLink, !work.operations.isOver else { throw failure }
            if subscription.isGranted {
                pause = ModuleWork.shortestPause
                if !common.isQuiet {
                    Console.error("cellbridge rr: \(failure.text); going on when it is back: \(Self.broken)")
                }
            }
            guard try work.reconnect(pause: pause, limit: limit, unless: { refusal != nil }) else {
                throw refusal ?? late
            }
            pause = min(pause * 2, ModuleWork.longestPause)
            subscription = subscribe()
        }
    }

    private static let broken = "the request is not sent again, and the response may have been lost"

    private var late: CommandFailure { CommandFailure(.timedOut, common.isQuiet ? "" : "timed out") }
}
