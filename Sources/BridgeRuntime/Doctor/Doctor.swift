import ATProtocol
package import Configuration
package import LinuxIO
import ModemCore

/// Walks the stages from the port to a message that comes back, and stops at the first that fails.
///
/// Loop's thread only; every call runs the loop until it has its answer.
package final class Doctor {
    /// How it is done.
    package struct Options: Sendable {
        /// How long the card, the registration and the connection may take, each.
        package var wait: Duration = .seconds(60)
        /// The service's own client id and session.
        package var sameID = false
        /// The topic of the message that comes back; nil: the heartbeat's, or one below `cellbridge/<name>/doctor`.
        package var topic: String?

        /// As `<client_id>-cli`.
        package init() {}
    }

    /// Hears of each stage as it is done.
    package var onFinding: (Finding) -> Void = { _ in }
    /// Whether somebody asked to stop.
    package var isInterrupted: () -> Bool = { false }
    /// The stages so far.
    package private(set) var findings: [Finding] = []

    let configuration: Configuration
    let options: Options
    let loop: EventLoop
    let log: Log
    var checks: SessionChecks
    /// The module's firmware, once `ATI` was answered.
    var profile = ModuleProfile.ec716s
    /// The link, once that is known.
    var kind = LinkKind.mqtt

    /// A walk with this configuration, its port a path.
    package init(_ configuration: Configuration, options: Options, loop: EventLoop, log: Log) {
        self.configuration = configuration
        self.options = options
        self.loop = loop
        self.log = log
        checks = SessionChecks(configuration, sameID: options.sameID)
        settle(nil)
    }

    /// The stage that failed.
    package var failure: Finding? { findings.first { $0.outcome == .failed } }

    /// What is known of the link before the module has said who it is, or afterwards.
    func settle(_ identified: ModuleProfile?) {
        profile = ModuleProfile.named(configuration.module.profile.rawValue) ?? identified ?? .ec716s
        kind =
            switch configuration.linkKind {
            case .mqtt?: .mqtt
            case .socket?: .socket
            case nil: profile.hasMQTT ? .mqtt : .socket
            }
        checks.socket = kind == .socket ? profile.socket.dialect : nil
    }

    /// The configured device.
    var path: String { if case .path(let path) = configuration.module.port { path } else { "simulator" } }

    /// The PDP context.
    var contextID: Int { configuration.module.apn?.cid ?? 1 }

    /// By a port of this process. `session` makes the session of the later stages, `lastError` tells the last line of level
    /// error of its log.
    package func run(
        alone session: () throws(CommandFailure) -> any Operations, lastError: @escaping () -> String?
    ) throws(CommandFailure) {
        guard try examineModule() else { return }
        let operations: any Operations
        do throws(CommandFailure) {
            operations = try session()
        } catch {
            tell(
                .failed(
                    checks.hasTLS ? .tls : .tcp, error.text,
                    error.code == .configuration
                        ? [Cause("a file or a value of [remote] tls", try: "cellbridge check, which says more")]
                        : [
                            Cause(
                                "the state directory is not there yet, in use, or not this user's",
                                try:
                                    "sudo -u cellbridge cellbridge doctor; the service's first start makes the directory"
                            )
                        ]))
            return
        }
        defer { operations.close() }
        guard try examineSession(operations, lastError: lastError) else { return }
        try examinePublish(operations)
    }

    /// Through the running service, which is not disturbed: questions, a subscription and a message.
    package func run(through service: any Operations) throws(CommandFailure) {
        guard try examineService(service) else { return }
        try examinePublish(service)
    }

    // MARK: Shared

    /// Notes what a stage came to; whether to go on.
    @discardableResult
    func tell(_ finding: Finding) -> Bool {
        findings.append(finding)
        onFinding(finding)
        return finding.outcome != .failed
    }

    /// Does a stage; a module that stops to answer in the middle of it is its failure.
    func stage(
        _ stage: DoctorStage, _ work: () throws(CommandFailure) -> Finding
    ) throws(CommandFailure) -> Bool {
        if isInterrupted() { throw .interrupted }
        let finding: Finding
        do throws(CommandFailure) {
            finding = try work()
        } catch {
            if isInterrupted() { throw .interrupted }
            finding = PortChecks.lost(stage, error.text)
        }
        return tell(finding)
    }

    /// Lets some time pass.
    func rest(_ time: Duration) throws(CommandFailure) {
        try wait(time) { false }
    }

    /// Runs the loop until `condition` holds or the time is over.
    func wait(_ limit: Duration, until condition: () -> Bool) throws(CommandFailure) {
        let end = loop.now + limit
        let timer = loop.schedule(at: end) {}
        loop.run(until: { condition() || loop.now >= end || isInterrupted() })
        loop.cancel(timer)
        if isInterrupted() { throw .interrupted }
    }
}
