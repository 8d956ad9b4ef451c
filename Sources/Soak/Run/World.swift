import BridgeCore
import BridgeRuntime
import ModemCore
import ModuleSimulator

/// Everything around the bridge, and the bridge's present life in it.
final class World {
    let plan: Plan
    let clock = VirtualClock()
    let transcript: Transcript
    let remote: RemoteBroker
    let local: LocalSession
    let network: Network
    let box: ModuleBox
    let line: SerialLine
    let conditions: DiskStore.Conditions
    let ledger: Ledger
    let watch: WireWatch
    let socket: SocketWatch
    private(set) var process: BridgeProcess?
    private(set) var traffic: Traffic!
    /// The process is to be killed when a commit comes to this step, after so many others.
    var killAt: DiskStore.Step?
    var killSkips = 0
    var killPause: Duration = .zero
    /// The process is to be killed in the middle of a send.
    var killInSend: KillInSend?
    /// The note of a send that is under way.
    private var sendMark: OpenSend?
    private var connections: UInt64 = 0
    private(set) var kills = 0
    private let report: (Violation.Promise, String) -> Void
    private var log: Log

    init(_ plan: Plan, transcript: Transcript) {
        self.plan = plan
        self.transcript = transcript
        let clock = clock
        let first = First()
        report = { promise, text in
            if first.violation == nil { first.violation = Violation(promise: promise, text: text, at: clock.now) }
        }
        self.first = first
        remote = RemoteBroker(clock)
        local = LocalSession(clock)
        network = Network(clock, remote)
        box = ModuleBox(clock, network, plan.simulator)
        line = SerialLine(clock, box, baud: plan.baud, seed: plan.seed)
        conditions = DiskStore.Conditions(
            Disk(maximumBytes: plan.maximumBytes, overflow: plan.overflow), latency: plan.diskLatency)
        ledger = Ledger(clock, plan, report: report)
        watch = WireWatch(clock, report: report)
        socket = SocketWatch(clock, ledger, isSecured: plan.isSecured, report: report)
        log = Log(threshold: .info) { [transcript] level, text in transcript.add(.text("\(level): \(text)")) }
        traffic = Traffic(self, seed: plan.seed)
        connect()
    }

    /// Where in a send the process is killed.
    struct KillInSend {
        /// While it writes the data; else once the command is written.
        var atData: Bool
        /// After so many others.
        var skips: Int
        var pause: Duration
    }

    private final class First { var violation: Violation? }
    private let first: First

    /// The first promise that was broken.
    var broken: Violation? { first.violation }

    func complain(_ promise: Violation.Promise, _ text: String) { report(promise, text) }

    func note(_ text: String) {
        transcript.at(clock.now)
        transcript.add(.text("** \(text)"))
    }

    // MARK: Wires between the parts

    private func connect() {
        line.observer.written = { [unowned self] bytes in
            transcript.at(clock.now)
            transcript.add(.toModule(bytes))
            // Carriage returns fill a data mode that may be open; they are published then (docs/delivery.md).
            if bytes.first == 0x0D, bytes.allSatisfy({ $0 == 0x0D }) {
                if plan.way.isSocket { socket.fills() } else { ledger.mayBeFilled = true }
            }
            watch.written(
                bytes, reading: box.module.reading, isRunning: box.module.isRunning,
                isSynchronising: process?.bridge.isSynchronising ?? false)
        }
        line.observer.read = { [unowned self] bytes, endsCommand in
            transcript.at(clock.now)
            transcript.add(.toHost(bytes))
            if endsCommand { watch.answerRead() }
        }
        line.observer.handedOver = { [unowned self] tag in
            ledger.handedOver(tag.payload)
            watch.delivered()
        }
        line.observer.spoiled = { [unowned self] in ledger.spoiled($0, isDamaged: $1) }
        box.onCommand = { [unowned self] in watch.commandRuns() }
        box.onRestart = { [unowned self] in
            watch.moduleForgot()
            ledger.broke()
        }
        connectStream()
        remote.onArrival = { [unowned self] in ledger.arrived($0) }
        remote.onAcknowledge = { [unowned self] in ledger.acknowledgedRemotely($0) }
        remote.onSession = { [unowned self] in ledger.broke() }
        local.onDelivered = { [unowned self] in ledger.readByBridge($0) }
        local.onAcknowledged = { [unowned self] in ledger.acknowledgedLocally($0) }
        local.onReceived = { [unowned self] in ledger.publishedLocally($0, $1) }
        local.onBreak = { [unowned self] in ledger.broke() }
        conditions.onCommit = { [unowned self] batch, changes in
            transcript.at(clock.now)
            transcript.add(
                .commit(
                    out: batch.appendOut.count, incoming: batch.appendIn.count, removedOut: batch.removeOut.count,
                    removedIn: batch.removeIn.count))
            ledger.committed(batch, changes)
            if conditions.disk.unaccounted != 0 {
                complain(
                    .books, "\(conditions.disk.unaccounted) accepted message(s) are neither rows nor in the ledger")
            }
        }
        conditions.kills = { [unowned self] step in
            guard step == killAt else { return false }
            killSkips -= 1
            guard killSkips < 0 else { return false }
            killAt = nil
            note("killed in a commit: \(step)")
            kill(pause: killPause)
            return true
        }
    }

    private func connectStream() {
        guard plan.way.isSocket else { return }
        watch.onProbeInData = { [unowned self] in socket.fills() }
        watch.isLoose = { [unowned self] in socket.isDamaged }
        line.cutsPieces = plan.isSecured
        line.cutWrite = { [unowned self] in killed(writing: $0) }
        socket.onReceived = { [unowned self] in watch.delivered() }
        socket.taken = { [unowned self] in box.module.streamSent }
        remote.onMalformed = { [unowned self] in socket.malformed($0, isFar: true) }
        remote.isStream = true
        remote.isSecured = plan.isSecured
    }

    private func killed(writing bytes: [UInt8]) -> [UInt8] {
        guard var due = killInSend else { return bytes }
        let isCommand = bytes.starts(with: "AT+CIPSEND=".utf8) || bytes.starts(with: "AT+QISEND=".utf8)
        let isData: Bool = if case .data = box.module.reading { true } else { false }
        // The module that has no prompt takes the data with the command.
        guard due.atData && plan.way != .bc260y ? isData : isCommand else { return bytes }
        due.skips -= 1
        killInSend = due.skips < 0 ? nil : due
        guard due.skips < 0 else { return bytes }
        note("killed in a send")
        clock.soon { [unowned self] in kill(pause: due.pause) }
        // What the kernel has no room for is lost with the process.
        return isData ? Array(bytes.prefix(max(line.kernelRoom - line.bytesInFlight, 0))) : bytes
    }

    // MARK: The process

    func startProcess() throws {
        guard process == nil else { return }
        let new = try BridgeProcess(
            plan, clock: clock, line: line, conditions: conditions, local: local, watch: socket,
            leftOverSend: sendMark,
            hooks: BridgeProcess.Hooks(
                reset: { [unowned self] then in resetHardware(then) },
                acknowledged: { [unowned self] row in
                    ledger.credited(row)
                    socket.credited(row)
                    watch.delivered()
                },
                log: log, markSend: { [unowned self] in sendMark = $0 }, makeSecurity: makeSecurity,
                gaveUp: { [unowned self] in stopInOrder(pause: .seconds(10)) }))
        process = new
        note("the bridge starts")
        watch.processStarted()
        new.start()
    }

    private var makeSecurity: (() -> ToySecurity)? {
        guard plan.isSecured else { return nil }
        return { [unowned self] in
            connections += 1
            return ToySecurity(nonce: plan.seed << 20 | connections) { [unowned self] in
                socket.malformed("at the bridge's end: \($0)")
            }
        }
    }

    private func resetHardware(_ then: @escaping (Bool, String) -> Void) {
        note("hardware reset")
        watch.hardwareReset()
        clock.after(.milliseconds(300)) { [unowned self] in
            line.cutOutput()
            box.inject(.powerCycle)
            then(true, "")
        }
    }

    /// SIGKILL, and the service manager starts it again after `pause`.
    func kill(pause: Duration) {
        guard let process, !process.isOver else { return }
        kills += 1
        note("the bridge is killed")
        process.kill()
        ended(pause)
    }

    /// SIGTERM, likewise.
    func stopInOrder(pause: Duration) {
        guard let process, !process.isOver else { return }
        note("the bridge is told to stop")
        process.stop { [unowned self] in
            note("the bridge has stopped")
            ended(pause)
        }
    }

    private func ended(_ pause: Duration) {
        ledger.processEnded()
        // It may be on the stack yet.
        clock.soon { [unowned self] in process = nil }
        clock.after(max(pause, .milliseconds(100))) { [unowned self] in
            do { try startProcess() } catch { complain(.comesBack, "the bridge does not start: \(error)") }
        }
    }

    // MARK: Looking

    var isOnline: Bool { process?.bridge.isOnline ?? false }

    /// Checks that need no event, after each step.
    func check() {
        ledger.tick()
        if conditions.commitFailure != nil || conditions.loadFailure != nil || conditions.latency > plan.diskLatency {
            // What failed is tried again a second later.
            conditions.troubleAt = max(conditions.troubleAt, clock.now + .seconds(1))
        }
        ledger.checkInbox(within: plan.inboxLimit, troubleAt: conditions.troubleAt)
    }
}
