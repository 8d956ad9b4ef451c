import ATProtocol
import BridgeCore
package import Configuration
package import Control
package import LinuxIO
import ModemCore
import TLSStream

/// A session of a command's own: this process opens the port, brings the module up, and does what a running service would
/// be asked for. Loop's thread only.
///
/// It connects as `<client_id>-cli` with a clean session, so that the service's queued messages stay its own. With
/// `sameID` (brokers that bind the id) it is the service's session: the state directory is locked, and what arrives on
/// routed topics goes into the inbox.
package final class LoneSession: Operations {
    /// How it connects.
    package struct Options: Sendable {
        /// The service's client id and session.
        package var sameID = false
        /// How long the end of the session may take.
        package var patience: Duration = .seconds(8)

        /// As `<client_id>-cli`.
        package init() {}
    }

    private let loop: EventLoop
    let clock: LoopClock
    let module: ModuleDriver
    let routing: RoutingTable?
    let state: StateDirectory?
    private let pinFileMark: [UInt8]
    let options: Options
    private var desk: Desk?
    private var calls: [Int64: ControlCall] = [:]
    private var nextID: Int64 = 1
    private var isStarted = false
    private var isFinished = false
    private var isClosing = false
    private var problem: CommandFailure?
    private var lastReason = ""
    let lastError: () -> String?

    /// As `Operations` has it.
    package var isService: Bool { false }
    /// As `Operations` has it.
    package var isOver: Bool { problem != nil }

    /// Makes ready; the port is opened at the first request. `lastError` tells the last line of level error that `log`
    /// heard.
    package init(
        _ configuration: Configuration, options: Options = Options(), loop: EventLoop, log: Log,
        lastError: @escaping () -> String? = { nil }
    ) throws(CommandFailure) {
        self.loop = loop
        self.options = options
        self.lastError = lastError
        clock = LoopClock(loop)
        pinFileMark = configuration.pinFileMark
        // Where there is a state directory it keeps the record of an open AT+MPUBEX; a user who may not write there does
        // without, and without payloads that need one.
        if options.sameID {
            state = try StateDirectory(configuration, loop: loop)
        } else if Files.exists(configuration.queue.path) {
            state = try? StateDirectory(configuration, loop: loop)
        } else {
            state = nil
        }
        let refused = try configuration.peekIfThere(Dispatcher.Meta.refusedPIN).map { [pinFileMark] in $0 == pinFileMark
        }
        var settings = configuration.linkSettings(pinWasRefused: refused ?? false)
        settings.hasHardwareReset = false
        if options.sameID {
            do throws(RouteProblem) {
                routing = try configuration.routingTable()
            } catch {
                throw CommandFailure(.configuration, "\(error)")
            }
        } else {
            routing = nil
            settings.clientID += Array("-cli".utf8)
            settings.cleanSession = true
            settings.will = nil
        }
        if let tls = configuration.remote.tls {
            let certificates = RemoteCertificates(tls, now: clock.wallClock)
            guard certificates.isUsable else {
                throw CommandFailure(.configuration, "[remote] tls cannot be used: cellbridge check says why")
            }
            // What this host makes itself leaves nothing in the module.
            guard tls.isOurs || state != nil else {
                throw CommandFailure(
                    .noPermission,
                    "TLS needs the state directory \(configuration.queue.path), which says what is in the module: run it as root or the service's user"
                )
            }
            settings.tls = configuration.tlsSettings(
                certificates,
                manifests: TLSManifests(encoded: try configuration.peekIfThere(Dispatcher.Meta.tlsManifests) ?? []))
            settings.tls?.fallsBack = false
        }
        let path = if case .path(let path) = configuration.module.port { path } else { "simulator" }
        let clock = self.clock
        let topics = TopicsOfGuests()
        let directory = RuntimeDirectory.path(fallback: state == nil ? "/tmp" : configuration.queue.path)
        let mark = SendMark(in: directory, port: path)
        let leftOver = mark.leftOver
        var carrier: SocketCarrier?
        if settings.linkChoice != .mqtt {
            let tls: TLSContext?
            do throws(TLSError) {
                tls = try configuration.tlsContext()
            } catch {
                throw CommandFailure(.configuration, "[remote] tls: \(error)")
            }
            var values = configuration.carrierValues(settings, tls: tls, directory: directory, loop: loop)
            if let routing { values.route(routing, stale: []) }
            carrier = SocketCarrier(values, clock: clock)
        }
        module = ModuleDriver(
            settings,
            port: SerialModulePort(
                SerialPort.Settings(
                    path: path, baud: configuration.module.baud, flowControl: configuration.module.serialFlowControl),
                loop: loop),
            baud: configuration.module.baud, clock: clock, log: log, carrier: carrier,
            hostClock: { HostClock(time: clock.wallClock, at: clock.now, isSynchronised: SystemClock.isSynchronised) },
            topicMatches: { [routing] topic in
                topics.desk?.isSubscribed(topic) ?? false || routing?.isSubscribed(remoteTopic: topic) ?? false
            })
        let desk = Desk(self, ownUser: currentUser)
        topics.desk = desk
        self.desk = desk
        module.delegate = self
        module.openSend = leftOver
        module.markSend = { mark.set($0) }
        module.onDialogue = { [weak desk] in desk?.overheard($0) }
    }

    /// The desk, which the driver's closure reaches before this object is whole.
    private final class TopicsOfGuests {
        weak var desk: Desk?
    }

    /// As `Operations` has it.
    package func begin(
        _ operation: String, _ arguments: [JSONValue.Member], onEvent: @escaping (JSONValue) -> Void,
        onEnd: @escaping (Result<JSONValue, CommandFailure>) -> Void
    ) -> Int64 {
        let id = nextID
        nextID += 1
        // Who watches the dialogue sees its first line.
        let isFirst = !isStarted
        isStarted = true
        if isFirst, operation != "dialogue" { module.start(dataModeRecord: dataModeRecord) }
        if let problem {
            onEnd(.failure(problem))
            return id
        }
        let call = ControlCall(
            operation: operation, arguments: .object(arguments),
            peer: UnixSocket.Peer(pid: 0, user: currentUser, group: 0), onEvent: onEvent
        ) { [weak self] in
            self?.calls[id] = nil
            onEnd($0.mapError { CommandFailure(ExitCode(rawValue: $0.code) ?? .software, $0.text) })
        }
        calls[id] = call
        desk?.handle(call)
        if isFirst, operation == "dialogue" { module.start(dataModeRecord: dataModeRecord) }
        return id
    }

    /// As `Operations` has it.
    package func cancel(_ id: Int64) { calls.removeValue(forKey: id)?.cancel() }

    /// Ends the session in order, within `patience`.
    package func close() {
        // Who watches the dialogue sees its end.
        for call in calls.values where call.operation != "dialogue" { call.cancel() }
        guard isStarted else { return leave() }
        isClosing = true
        module.stop()
        let end = loop.now + options.patience
        loop.schedule(at: end) {}
        loop.run(until: { isFinished && (state?.isSettled ?? true) || loop.now >= end })
        leave()
    }

    private func leave() {
        for call in calls.values { call.cancel() }
        calls = [:]
        module.abandon()
        state?.close()
    }

    private var dataModeRecord: Int? {
        guard let state, let bytes = try? state.meta(Dispatcher.Meta.dataMode) else { return nil }
        return Int(String(decoding: bytes, as: UTF8.self))
    }

    /// Nothing more can be done: everybody who waits hears of it.
    private func fail(_ failure: CommandFailure) {
        guard problem == nil else { return }
        problem = failure
        for call in calls.values { call.fail(failure.code, failure.text) }
    }
}

extension LoneSession: ModuleDriverDelegate {
    func moduleSessionBegan() {}
    func moduleOnline(_ profile: ModuleProfile, over kind: LinkKind) {}
    func moduleOffline(_ reason: String) {
        lastReason = reason
        desk?.linkBroke(reason)
    }
    func moduleRecovers(_ recovery: Recovery) {}
    func moduleReady() {}
    func moduleAcknowledged(_ id: Int64) {}
    func moduleRefused(_ id: Int64, code: String, reason: String) {}
    func moduleReturned(_ id: Int64, certainlyNotSent: Bool) {}
    func modulePostponed(_ id: Int64) {}
    func moduleSetAside(_ id: Int64, reason: String) {}

    func moduleMayAcknowledge() -> Bool {
        guard routing != nil, let state, !state.isSettled else { return true }
        state.whenSettled { [weak self] in self?.module.carrier?.setGate(open: true) }
        return false
    }

    func moduleReceived(_ message: ReceivedMessage, for audience: Audience) {
        if audience != .routes { desk?.observe(message) }
        if audience != .guests, let routing, let state { _ = state.keep(message, routing) }
    }

    func moduleSubscribed(_ filter: [UInt8]) {}
    func moduleUnsubscribed(_ filter: [UInt8]) {}
    func moduleWarned(_ code: String, _ text: String) {}
    func moduleCounted(_ counter: WritableKeyPath<Counters, UInt64>, _ amount: Int) {}

    func recordDataMode(bytes: Int?) {
        guard let state else { return }
        state.begin(Dispatcher.Meta.dataMode, bytes.map { Array("\($0)".utf8) })
        guard let bytes else { return }
        state.whenSettled { [weak self] in self?.module.dataModeRecorded(bytes: bytes) }
    }

    func recordManifest(_ bytes: [UInt8], token: Int) {
        state?.begin(Dispatcher.Meta.tlsManifests, bytes)
        state?.whenSettled { [weak self] in self?.module.manifestRecorded(token: token) }
    }

    func recordLadder(_ bytes: [UInt8]) {}

    func moduleGaveUp(_ reason: String) { fail(CommandFailure(.unavailable, reason)) }

    func resetHardware() {
        module.hardwareResetFinished(succeeded: false, reason: "only the service resets the module")
    }

    func pinRefused(iccid: String) {
        state?.begin(Dispatcher.Meta.refusedPIN, pinFileMark)
        fail(
            CommandFailure(
                .configuration,
                "the SIM refused the PIN in [module] pin_file; it is not sent again until the file changes"))
    }

    func portOpened() {}

    func portFailed(_ failure: PortFailure) -> Bool {
        fail(CommandFailure(failure))
        return true
    }

    func moduleFinished() {
        isFinished = true
        if problem == nil, !isClosing {
            fail(CommandFailure(.configuration, lastError() ?? "the module cannot be used with this configuration"))
        }
    }
}
