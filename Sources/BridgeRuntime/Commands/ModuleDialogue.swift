package import ATProtocol
import BridgeCore
package import Configuration
package import LinuxIO

/// A talk with the module without the bridge: one command after the other, each awaited. For commands that stand alone.
///
/// Loop's thread only; every call runs the loop until it has its answer.
package final class ModuleDialogue {
    /// Who answered.
    package struct Identity: Equatable, Sendable {
        /// The answer to `ATI`.
        package var model: String
        /// The answer to `AT+CGSN`; empty when there is none.
        package var imei: String
    }

    /// Bytes of the running command's data that are on their way, of how many; while they are being sent.
    package var onProgress: (_ sent: Int, _ total: Int) -> Void = { _, _ in }
    /// Whether somebody asked to stop: no further command is sent then.
    package var isInterrupted: () -> Bool = { false }

    /// A line came that no command had asked for.
    var onURC: (URC) -> Void = { _ in }

    /// A message came, of a session that a killed service left. Without a state directory nobody can keep it.
    private var onMessage: (ReceivedMessage) -> Void = { _ in }

    private let port: any ModulePort
    private let clock: LoopClock
    private let loop: EventLoop
    private let baud: Int
    private let log: Log
    private var session: CommandSession
    private var deadline: MovingDeadline?
    private var isSynchronised = false
    private var result: CommandResult?
    private var failure: CommandFailure?
    private var upload: (total: Int, since: Duration)?

    /// A talk over `port`, which is not open yet. `baud` is the line's rate.
    package init(port: any ModulePort, baud: Int, loop: EventLoop, log: Log) {
        self.port = port
        self.baud = baud
        self.loop = loop
        self.log = log
        clock = LoopClock(loop)
        session = CommandSession(limits: Limits(), baud: baud)
        port.onBytes = { [weak self] bytes in
            guard let self else { return }
            run(session.received(bytes, now: clock.now))
        }
        port.onDrained = { [weak self] in self?.drained() }
        port.onClosed = { [weak self] reason in
            self?.fail(.unavailable, "the port is gone: \(reason); check the cable and the module's power")
        }
        deadline = MovingDeadline(clock) { [weak self] in
            guard let self else { return }
            run(session.deadlineReached(now: clock.now))
        }
    }

    /// The port of a configuration.
    package convenience init(_ module: Configuration.Module, loop: EventLoop, log: Log) {
        let path = if case .path(let path) = module.port { path } else { "simulator" }
        let settings = SerialPort.Settings(path: path, baud: module.baud, flowControl: module.serialFlowControl)
        self.init(port: SerialModulePort(settings, loop: loop), baud: module.baud, loop: loop, log: log)
    }

    /// Puts messages that come meanwhile into the inbox.
    func keepMessages(in state: StateDirectory, _ routing: RoutingTable) {
        session.topicMatches = { routing.isSubscribed(remoteTopic: $0) }
        onMessage = { _ = state.keep($0, routing) }
    }

    /// Opens the port, gets in step with the module, and asks who it is. `dataMode`: the bytes of an `AT+MPUBEX` that a
    /// service may have left open. `patience`: how long the module may give no answer.
    package func open(dataMode: Int?, patience: Duration = .milliseconds(7500)) throws(CommandFailure) -> Identity {
        do throws(SerialPort.OpenFailure) {
            try port.open()
        } catch {
            throw CommandFailure(error)
        }
        run(session.portOpened(now: clock.now))
        // It takes what is written for payload until it has what it was promised; CR does no harm otherwise.
        if let dataMode, !port.write([UInt8](repeating: 0x0D, count: min(max(dataMode, 0), 16384) + 1)) {
            throw CommandFailure(.unavailable, "the port takes no bytes")
        }
        // The module may have its power from this host and be booting still.
        let longest = hostUptime() < .seconds(120) ? max(patience, .seconds(90)) : patience
        let attempts = Int(longest / .milliseconds(500))
        run(session.synchronise(attempts: attempts, interval: .milliseconds(500), now: clock.now))
        try wait { isSynchronised || isInterrupted() }
        if isInterrupted() { throw .interrupted }
        _ = try submit(.ate0)
        _ = try submit(.cmee(1))
        let model = try submit(.ati)
        let imei = try submit(.cgsn)
        return Identity(
            model: readable(Array(model.lines.joined(separator: [0x20]))),
            imei: imei.isSuccess ? readable(imei.lines.first ?? []) : "")
    }

    /// Runs one command to its end. A module that gives no answer is a failure.
    package func submit(_ command: ATCommand) throws(CommandFailure) -> CommandResult {
        if isInterrupted() { throw .interrupted }
        try wait { session.isIdle }
        result = nil
        upload = nil
        total = command.data?.count ?? 0
        log(.debug, "-> \(command.redacted)")
        run(session.submit(command, now: clock.now))
        try wait { result != nil }
        let answer = result ?? CommandResult(lines: [], final: .timedOut)
        log(.debug, "<- \(answer.lines.map { shown($0) + " | " }.joined())\(shown(answer.final))")
        switch answer.final {
        case .timedOut, .noPrompt, .portLost:
            throw CommandFailure(
                .unavailable, "the module gave no answer to \(command.redacted): check its power, and run it again")
        case .ok, .text, .error, .cmeError, .cmsError: return answer
        }
    }

    /// Closes the port. Nothing can be asked afterwards.
    package func close() {
        deadline?.move(to: nil)
        port.close()
    }

    /// The monotonic time of the talk.
    package var now: Duration { clock.now }

    // MARK: Inside

    private var total = 0

    private func wait(_ condition: () -> Bool) throws(CommandFailure) {
        loop.run(until: { condition() || failure != nil })
        if let failure { throw failure }
    }

    private func fail(_ code: ExitCode, _ text: String) {
        if failure == nil { failure = CommandFailure(code, text) }
    }

    private func run(_ actions: [CommandSession.Action]) {
        for action in actions { run(action) }
        deadline?.move(to: session.deadline)
    }

    private func run(_ action: CommandSession.Action) {
        switch action {
        case .write(let bytes):
            guard port.write(bytes) else { return fail(.unavailable, "the port takes no more bytes") }
            if total > 0, bytes.count == total { beginUpload() }
            if port.pendingBytes == 0 { drained() }
        case .completed(let answer):
            upload = nil
            result = answer
        case .synchronised: isSynchronised = true
        case .synchronisationFailed:
            fail(
                .unavailable,
                """
                the module does not answer AT: check its power, the cable, and [module] baud (\(baud)); a module that \
                has just been switched on takes a minute
                """)
        case .dataModeUnknown:
            fail(.unavailable, "the module did not take the file; wait a minute, then run it again")
        case .echoReturned: fail(.unavailable, "the module restarted meanwhile: run it again")
        case .message(let message): onMessage(message)
        case .urc(let urc): onURC(urc)
        case .discarded, .data, .dataDamaged: break
        }
    }

    private func drained() { run(session.written(now: clock.now)) }

    // MARK: Progress

    private func beginUpload() {
        upload = (total, clock.now)
        report()
    }

    /// What the kernel took need not be on the line yet, so the line's rate has its say too.
    private func report() {
        guard let upload else { return }
        let passed = (clock.now - upload.since) / .milliseconds(1)
        let byRate = Int(passed * Double(max(baud, 1)) / 10_000)
        onProgress(min(upload.total - min(port.pendingBytes, upload.total), byRate), upload.total)
        loop.schedule(after: .milliseconds(100)) { [weak self] in self?.report() }
    }
}
