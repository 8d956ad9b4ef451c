import ATProtocol
import BridgeCore
package import Configuration
package import LinuxIO
import ModemCore
import TLSStream

/// One session with the remote broker to see whether certificates carry it: connect, `CONNACK`, disconnect.
///
/// The service's own machines do it, with the configured client id and `clean_session`: a clean session would make the
/// broker forget the service's subscriptions and what waits for it. So what waits may come in this session; it goes into
/// the inbox like anything else. Nothing is subscribed or published, and no will is set.
package final class CertificateTrial {
    /// What came of it.
    package enum Outcome: Equatable {
        /// The session came up, and the module's files are marked as good.
        case cameUp
        /// It did not, in words.
        case failed(String)
        /// It did not come so far that the files could show what they are worth, in words.
        case undecided(String)
        /// It did not because somebody asked to stop.
        case interrupted
    }

    /// Sessions that may fail before the files are judged.
    static let attempts = 2

    private let loop: EventLoop
    private let state: StateDirectory
    private let routing: RoutingTable
    private let driver: ModuleDriver
    private let pinFileMark: [UInt8]
    private var isOnline = false
    private var isFinished = false
    private var problem: String?
    /// Messages that came and were put into the inbox.
    package private(set) var received = 0
    /// The last thing that went wrong, as the link machine told it.
    private let lastError: () -> String?

    /// `log` hears what happens; `lastError` tells the last line of level error it heard.
    package init(
        _ configuration: Configuration, _ certificates: RemoteCertificates, loop: EventLoop, state: StateDirectory,
        log: Log, lastError: @escaping () -> String?
    ) throws(CommandFailure) {
        self.loop = loop
        self.state = state
        self.lastError = lastError
        do throws(RouteProblem) {
            routing = try configuration.routingTable()
        } catch {
            throw CommandFailure(.configuration, "\(error)")
        }
        pinFileMark = configuration.pinFileMark
        let refused = try state.meta(Dispatcher.Meta.refusedPIN).map { [pinFileMark] in $0 == pinFileMark } ?? false
        var settings = configuration.linkSettings(pinWasRefused: refused)
        // A trial that breaks off is nothing to tell the world of.
        settings.will = nil
        settings.hasHardwareReset = false
        settings.tls = configuration.tlsSettings(
            certificates, manifests: TLSManifests(encoded: try state.meta(Dispatcher.Meta.tlsManifests) ?? []))
        settings.tls?.fallsBack = false
        let path = if case .path(let path) = configuration.module.port { path } else { "simulator" }
        let clock = LoopClock(loop)
        let routing = self.routing
        var carrier: SocketCarrier?
        let directory = RuntimeDirectory.path(fallback: configuration.queue.path)
        let mark = SendMark(in: directory, port: path)
        let leftOver = mark.leftOver
        if settings.linkChoice != .mqtt {
            do throws(TLSError) {
                carrier = SocketCarrier(
                    configuration.carrierValues(
                        settings, tls: try configuration.tlsContext(), directory: directory, loop: loop), clock: clock)
            } catch {
                throw CommandFailure(.dataError, "\(error)")
            }
        }
        driver = ModuleDriver(
            settings,
            port: SerialModulePort(
                SerialPort.Settings(
                    path: path, baud: configuration.module.baud, flowControl: configuration.module.serialFlowControl),
                loop: loop),
            baud: configuration.module.baud, clock: clock, log: log, carrier: carrier,
            hostClock: { HostClock(time: clock.wallClock, at: clock.now, isSynchronised: SystemClock.isSynchronised) },
            topicMatches: { routing.isSubscribed(remoteTopic: $0) })
        driver.openSend = leftOver
        driver.markSend = { mark.set($0) }
    }

    /// Tries, for `limit` at most.
    package func run(limit: Duration, isInterrupted: @escaping () -> Bool) throws(CommandFailure) -> Outcome {
        driver.delegate = self
        let end = loop.now + limit
        loop.schedule(at: end) {}
        driver.start(dataModeRecord: nil)
        loop.run(until: {
            isOnline || isFinished || problem != nil || isInterrupted() || loop.now >= end || state.problem != nil
                || driver.link.failedSessions >= Self.attempts
        })
        let outcome = judge(interrupted: isInterrupted(), late: loop.now >= end, limit)
        // The session is ended in order, and all that came is on disk.
        driver.stop()
        let last = loop.now + .seconds(20)
        loop.schedule(at: last) {}
        loop.run(until: { isFinished && state.isSettled || loop.now >= last })
        driver.abandon()
        if let problem = state.problem { throw problem }
        return outcome
    }

    private func judge(interrupted: Bool, late: Bool, _ limit: Duration) -> Outcome {
        if isOnline { return .cameUp }
        if let problem { return .undecided(problem) }
        if interrupted { return .interrupted }
        if late {
            let told = lastError().map { "; last: \($0)" } ?? ""
            let reason = "no session within \(limit.components.seconds) s: \(driver.summary)\(told)"
            return driver.link.failedSessions > 0 ? .failed(reason) : .undecided(reason)
        }
        if isFinished, driver.link.failedSessions == 0 { return .undecided(lastError() ?? driver.summary) }
        return .failed(lastError() ?? driver.summary)
    }
}

extension CertificateTrial: ModuleDriverDelegate {
    func moduleSessionBegan() {}

    func moduleOnline(_ profile: ModuleProfile, over kind: LinkKind) { isOnline = true }

    func moduleOffline(_ reason: String) {}

    func moduleRecovers(_ recovery: Recovery) {}

    func moduleReady() {}

    func moduleAcknowledged(_ id: Int64) {}

    func moduleRefused(_ id: Int64, code: String, reason: String) {}

    func moduleReturned(_ id: Int64, certainlyNotSent: Bool) {}
    func modulePostponed(_ id: Int64) {}
    func moduleSetAside(_ id: Int64, reason: String) {}

    func moduleMayAcknowledge() -> Bool {
        guard !state.isSettled else { return true }
        state.whenSettled { [weak self] in self?.driver.carrier?.setGate(open: true) }
        return false
    }

    func moduleReceived(_ message: ReceivedMessage, for audience: Audience) {
        if state.keep(message, routing) { received += 1 }
    }

    func moduleSubscribed(_ filter: [UInt8]) {}

    func moduleUnsubscribed(_ filter: [UInt8]) {}

    func moduleWarned(_ code: String, _ text: String) {}

    func moduleCounted(_ counter: WritableKeyPath<Counters, UInt64>, _ amount: Int) {}

    func recordDataMode(bytes: Int?) { state.begin(Dispatcher.Meta.dataMode, bytes.map { Array("\($0)".utf8) }) }

    func recordManifest(_ bytes: [UInt8], token: Int) {
        state.begin(Dispatcher.Meta.tlsManifests, bytes)
        state.whenSettled { [weak self] in self?.driver.manifestRecorded(token: token) }
    }

    func recordLadder(_ bytes: [UInt8]) {}

    func moduleGaveUp(_ reason: String) {}

    func resetHardware() {
        driver.hardwareResetFinished(succeeded: false, reason: "only the service resets the module")
    }

    func pinRefused(iccid: String) {
        state.begin(Dispatcher.Meta.refusedPIN, pinFileMark)
        problem = "the SIM refused the PIN in [module] pin_file; it is not sent again until the file changes"
    }

    func portOpened() {}

    func portFailed(_ failure: PortFailure) -> Bool {
        problem = CommandFailure(failure).text
        return true
    }

    func moduleFinished() { isFinished = true }
}
