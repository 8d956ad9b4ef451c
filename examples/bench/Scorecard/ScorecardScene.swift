import BridgeTestKit
import Glibc
import LinuxIO

/// The real parts of a scorecard: the program, two brokers that keep what they have, and the simulated module.
final class ScorecardScene {
    /// Everything that runs.
    let rig: BridgeRig
    /// Seconds until the link was back, for each fault in turn; `nil` where it did not break.
    private(set) var outcomes: [ScorecardFault.Kind: [Double?]] = [:]
    private let flow: NumberedFlow
    /// Whether log and transcript are to be kept (CELLBRIDGE_KEEP).
    private static var isKept: Bool { unsafe getenv("CELLBRIDGE_KEEP") != nil }

    /// Starts everything and waits until messages can cross.
    init() throws {
        var options = BridgeRig.Options()
        options.profile = "air780e"
        options.isPersistent = true
        // The dialogue is in the log only for somebody who keeps it.
        options.isVerbose = Self.isKept
        options.simulator = ["--service-delay", "200ms", "--boot-delay", "1s"]
        rig = try BridgeRig(options)
        var configuration = BridgeConfiguration()
        configuration.heartbeat = "{ every = \"10 s\" }"
        configuration.module = ["reset = { command = \"kill -USR1 \(rig.simulator.child.pid)\" }"]
        try rig.configure(configuration)
        try rig.start()
        flow = try rig.outbound(.max)
        flow.pace(40)
    }

    /// Lets messages cross until `goal` have arrived.
    func carry(_ goal: Int) throws {
        try rig.wait("\(goal) messages", limit: .seconds(180)) { flow.collector.numbers.count >= goal }
    }

    /// Brings the fault about and waits until the link is back, or has shown that it never broke.
    func suffer(_ fault: ScorecardFault) throws {
        let mark = rig.log.mark
        var begin = rig.loop.now
        switch fault.action {
        case .simulator(let line): try rig.simulator.fault(line)
        case .outage(let line, let seconds, let end):
            try rig.simulator.fault(line)
            let over = begin + .seconds(seconds)
            try rig.wait("the end of the outage", limit: .seconds(seconds + 1)) { rig.loop.now >= over }
            begin = over
            if let end { try rig.simulator.fault(end) }
        case .remoteBroker: try rig.remote.restart()
        case .localBroker: try rig.local.restart()
        case .kill:
            try rig.kill()
            begin = rig.loop.now
            try rig.start(online: false)
        }
        let goal = flow.collector.numbers.count + 45
        var wasBroken = false
        if case .kill = fault.action { wasBroken = true }
        try rig.wait("the effect of \(fault.kind.rawValue)", limit: .seconds(90)) {
            wasBroken = wasBroken || rig.hasLogged("offline: ", after: mark)
            return wasBroken || flow.collector.numbers.count >= goal
        }
        guard wasBroken else {
            outcomes[fault.kind, default: []].append(nil)
            return
        }
        let offline = rig.log.first(after: mark) { $0.contains("offline: ") } ?? mark
        try rig.awaitOnline(after: offline, limit: .seconds(180))
        outcomes[fault.kind, default: []].append((rig.loop.now - begin).inSeconds)
    }

    /// Waits for what is still on its way, and ends everything; what arrived against what was sent.
    func finish() throws -> NumberedFlow.Verdict {
        flow.publisher.finish()
        try rig.wait("the last messages", limit: .seconds(120)) { flow.isComplete() }
        try rig.stop()
        if Self.isKept { _ = rig.diagnosis }
        return flow.verdict()
    }
}
