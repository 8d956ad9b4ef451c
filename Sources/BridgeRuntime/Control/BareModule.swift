import ATProtocol
package import Configuration
package import Control
package import LinuxIO

/// A module without a session: this process opens the port, gets in step with it, and runs typed commands. Nothing is
/// switched and nothing is set up; what is asked for is all that is sent. Loop's thread only.
package final class BareModule: Operations {
    /// Commands that wait at a time.
    static let limit = 64
    /// How long a module may give no answer: 15 times `AT`, 500 ms apart.
    static let attempts = 15

    private struct Waiting {
        var id: Int64
        var command: ATCommand
        var onEnd: (Result<JSONValue, CommandFailure>) -> Void
    }

    private let port: any ModulePort
    private let loop: EventLoop
    private let baud: Int
    private let dataMode: Int?
    private var session: CommandSession
    private var deadline: MovingDeadline?
    private var waiting: [Waiting] = []
    private var running: (waiting: Waiting, since: Duration)?
    private var watchers: [Int64: (JSONValue) -> Void] = [:]
    private var nextID: Int64 = 1
    private var isStarted = false
    private var failure: CommandFailure?

    /// As `Operations` has it.
    package var isService: Bool { false }
    /// As `Operations` has it.
    package var isOver: Bool { failure != nil }

    /// A module at `port`, which is opened at the first request. `baud` is the line's rate; `dataMode` the bytes of an
    /// `AT+MPUBEX` that a killed service left open.
    package init(port: any ModulePort, baud: Int, dataMode: Int? = nil, loop: EventLoop) {
        self.port = port
        self.loop = loop
        self.baud = baud
        self.dataMode = dataMode
        session = CommandSession(limits: Limits(), baud: baud)
        // Whose message it is does not matter here: it is shown as it came.
        session.topicMatches = { _ in true }
        port.onBytes = { [weak self] in self?.received($0) }
        port.onDrained = { [weak self] in
            guard let self else { return }
            run(session.written(now: loop.now))
        }
        port.onClosed = { [weak self] reason in
            self?.fail(.unavailable, "the port is gone: \(reason); check the cable and the module's power")
        }
        deadline = MovingDeadline(LoopClock(loop)) { [weak self] in
            guard let self else { return }
            run(session.deadlineReached(now: loop.now))
        }
    }

    /// The port of a configuration, with what its state directory says of an open `AT+MPUBEX`, where that can be read.
    package convenience init(_ configuration: Configuration, loop: EventLoop) {
        let module = configuration.module
        let path = if case .path(let path) = module.port { path } else { "simulator" }
        let record = try? configuration.peekIfThere(Dispatcher.Meta.dataMode)
        self.init(
            path: path, baud: module.baud, flowControl: module.serialFlowControl,
            dataMode: record.flatMap { Int(String(decoding: $0, as: UTF8.self)) }, loop: loop)
    }

    /// The serial port at `path`.
    package convenience init(
        path: String, baud: Int, flowControl: SerialPort.FlowControl = .none, dataMode: Int? = nil, loop: EventLoop
    ) {
        let settings = SerialPort.Settings(path: path, baud: baud, flowControl: flowControl)
        self.init(port: SerialModulePort(settings, loop: loop), baud: baud, dataMode: dataMode, loop: loop)
    }

    /// As `Operations` has it: `at` and `dialogue`.
    package func begin(
        _ operation: String, _ arguments: [JSONValue.Member], onEvent: @escaping (JSONValue) -> Void,
        onEnd: @escaping (Result<JSONValue, CommandFailure>) -> Void
    ) -> Int64 {
        let id = nextID
        nextID += 1
        let values = JSONValue.object(arguments)
        switch operation {
        case "dialogue": watchers[id] = onEvent
        case "at":
            do throws(RawCommandProblem) {
                let timeout = values["timeout"]?.integer.map { Duration.seconds(min(max($0, 1), 600)) }
                let command = try ATCommand.raw(Array((values["line"]?.string ?? "").utf8), timeout: timeout)
                if waiting.count < Self.limit {
                    waiting.append(Waiting(id: id, command: command, onEnd: onEnd))
                } else {
                    onEnd(.failure(CommandFailure(.temporary, "\(Self.limit) commands wait already")))
                }
            } catch {
                onEnd(.failure(CommandFailure(.usage, error.text)))
            }
        default: onEnd(.failure(CommandFailure(.usage, "\(operation) needs a session, and this is a bare module")))
        }
        start()
        next()
        return id
    }

    /// As `Operations` has it. What is on the wire comes to its end, unheard.
    package func cancel(_ id: Int64) {
        watchers[id] = nil
        waiting.removeAll { $0.id == id }
        if running?.waiting.id == id { running = nil }
    }

    /// Closes the port.
    package func close() {
        deadline?.move(to: nil)
        port.close()
    }

    // MARK: Inside

    private func start() {
        guard !isStarted else { return }
        isStarted = true
        do throws(SerialPort.OpenFailure) {
            try port.open()
        } catch {
            return fail(CommandFailure(error))
        }
        // Not by `run`: nothing may be submitted before the session is in step.
        _ = session.portOpened(now: loop.now)
        // It takes what is written for payload until it has what it was promised; CR does no harm otherwise.
        if let dataMode, !port.write([UInt8](repeating: 0x0D, count: min(max(dataMode, 0), 16384) + 1)) {
            return fail(.unavailable, "the port takes no bytes")
        }
        run(session.synchronise(attempts: Self.attempts, interval: .milliseconds(500), now: loop.now))
    }

    /// Runs the next command when it is its turn.
    private func next() {
        if let failure {
            let ended = waiting
            waiting = []
            for entry in ended { entry.onEnd(.failure(failure)) }
        }
        guard failure == nil, running == nil, session.isIdle, !waiting.isEmpty else { return }
        let entry = waiting.removeFirst()
        running = (entry, loop.now)
        tell(.sent(entry.command.redacted, bytes: entry.command.line.count + 2))
        isOwnWrite = true
        run(session.submit(entry.command, now: loop.now))
    }

    /// Whether the next write of the session is that of a command of `next`, which has told of it.
    private var isOwnWrite = false

    private func received(_ bytes: [UInt8]) {
        tell(.received(bytes))
        run(session.received(bytes, now: loop.now))
    }

    private func tell(_ dialogue: Dialogue) {
        guard !watchers.isEmpty, let event = dialogue.json else { return }
        for watcher in watchers.values { watcher(event) }
    }

    private func fail(_ code: ExitCode, _ text: String) { fail(CommandFailure(code, text)) }

    private func fail(_ problem: CommandFailure) {
        guard failure == nil else { return }
        failure = problem
        deadline?.move(to: nil)
        let entry = running?.waiting
        running = nil
        entry?.onEnd(.failure(problem))
        next()
    }

    private func run(_ actions: [CommandSession.Action]) {
        for action in actions where failure == nil { run(action) }
        guard failure == nil else { return }
        deadline?.move(to: session.deadline)
        next()
    }

    private func run(_ action: CommandSession.Action) {
        switch action {
        case .write(let bytes):
            if !isOwnWrite { tell(.sent(readable(bytes.filter { $0 >= 0x20 }), bytes: bytes.count)) }
            isOwnWrite = false
            guard port.write(bytes) else { return fail(.unavailable, "the port takes no more bytes") }
            if port.pendingBytes == 0 { run(session.written(now: loop.now)) }
        case .completed(let result): completed(result)
        case .synchronised: break
        case .synchronisationFailed, .dataModeUnknown:
            fail(
                .unavailable,
                """
                the module does not answer AT: check its power, the cable, and the rate (\(baud) baud); a module that \
                has just been switched on takes a minute
                """)
        case .urc, .message, .discarded, .echoReturned, .data, .dataDamaged: break
        }
    }

    private func completed(_ result: CommandResult) {
        guard let (entry, since) = running else { return }
        running = nil
        switch result.final {
        case .ok, .text, .error, .cmeError, .cmsError: entry.onEnd(.success(result.json(after: loop.now - since)))
        case .timedOut, .noPrompt: entry.onEnd(.failure(CommandFailure(.temporary, "the module gave no answer")))
        case .portLost: entry.onEnd(.failure(CommandFailure(.unavailable, "the port is gone")))
        }
    }
}
