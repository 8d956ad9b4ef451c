import BridgeCore
import BridgeRuntime
import Control
import LinuxIO

/// `cellbridge sub`: shows what the remote broker sends for a subscription of one's own.
struct SubCommand: Command {
    static let name = "sub"
    static let summary = "subscribe at the remote broker through the module and show what comes"
    static let details = """
        FILTER is one of the remote broker. Through the running service when there is one, beside its own subscriptions;
        else this process opens the port and connects as <client_id>-cli with a clean session.
        FORMAT as with mosquitto_sub: %t %p %l %x %X %I %U %j %J, widths, @ and a letter of strftime, \\n \\t \\e.
        The module does not tell a message's QoS, retain flag or id: no %q %r %m, no -R, no --remove-retained.
        When the link breaks it subscribes anew as soon as it is back; what comes meanwhile is not shown.
        Exit status: 0 after -C messages or on SIGINT; 27 when -W is over; 69 no link at the beginning, or the service has
        ended; 66, 77, 78 as with run.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge sub -t 'site/17/#' -v", "shows topics and payloads until Ctrl-C"),
        ("cellbridge sub -t config/17 -q 1 -C 1 -W 30", "waits for one message, 30 s at most"),
        ("cellbridge sub -t 'site/#' -T 'site/17/#' -F '%I %t %x'", "time, topic and the payload in hexadecimal"),
    ]
    static var options: [CommandOption<SubCommand>] {
        [
            .texts("topic", "t", "FILTER", "what to subscribe to; may be given again", \.filters),
            .number("qos", "q", "QOS", "0, 1 or 2 (default 0)", \.qos, 0...2) { $0 },
            .texts("filter-out", "T", "FILTER", "do not show these topics; may be given again", \.unwanted),
            .number("count", "C", "N", "end after N messages", \.count, 1...Int(Int32.max)) { $0 },
            .seconds(
                "timeout", "W", "end so long after the link is up (through the service: after the start)", \.timeout),
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

    var filters: [String] = []
    var qos = 0
    var unwanted: [String] = []
    var count: Int?
    var timeout: Duration = .zero
    var printer = MessagePrinter()
    var wait: Duration = .zero
    var sameID = false
    var isDebug = false
    var common = CommonOptions()

    mutating func validate() throws(UsageProblem) {
        guard !filters.isEmpty else { throw UsageProblem("-t FILTER is missing") }
        guard filters.count <= Subscription.filterLimit else {
            throw UsageProblem("\(filters.count) filters; at most \(Subscription.filterLimit)")
        }
        for filter in filters + unwanted {
            if let problem = Subscription.problem(filter) { throw UsageProblem(problem) }
        }
        guard !common.isJSON || printer.format == nil else { throw UsageProblem("--json does not go with -F") }
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
            let limit = try work.connect(wait: wait, timeout: timeout, isQuiet: common.isQuiet)
            do throws(CommandFailure) {
                return try listen(work, until: limit)
            } catch {
                // Without -C and -W it has no other end.
                if error == .interrupted { return .ok }
                throw error
            }
        }
    }

    private func listen(_ work: ModuleWork, until limit: Duration?) throws(CommandFailure) -> ExitCode {
        let output = StandardOutput(work.loop)
        let hidden = unwanted.compactMap { try? TopicFilter(Array($0.utf8)) }
        var left = count
        func subscribe() -> Subscription {
            Subscription(work, filters, qos: qos) { message in
                guard left != 0, !hidden.contains(where: { $0.matches(message.topic) }) else { return }
                if !common.isQuiet { output.write(printer.bytes(message, asJSON: common.isJSON)) }
                if let more = left { left = more - 1 }
            }
        }
        func hasEnded() -> Bool { left == 0 || output.hasEnded }
        var subscription = subscribe()
        var (wasGranted, pause) = (false, ModuleWork.shortestPause)
        defer {
            subscription.end()
            output.finish(isInterrupted: { work.isInterrupted })
        }
        while true {
            _ = try work.wait(limit: limit) { hasEnded() || subscription.failure != nil }
            if hasEnded() { return .ok }
            guard let failure = subscription.failure else { throw late }
            if subscription.isGranted { (wasGranted, pause) = (true, ModuleWork.shortestPause) }
            // What never worked is told at once; what did, comes back with the link.
            guard wasGranted, failure.isOfTheLink, !work.operations.isOver else { throw failure }
            if !common.isQuiet, subscription.isGranted {
                Console.error("cellbridge sub: \(failure.text); going on when it is back")
            }
            guard try work.reconnect(pause: pause, limit: limit, unless: hasEnded) else {
                if hasEnded() { return .ok }
                throw late
            }
            pause = min(pause * 2, ModuleWork.longestPause)
            subscription = subscribe()
        }
    }

    private var late: CommandFailure { CommandFailure(.timedOut, common.isQuiet ? "" : "timed out") }
}
