import BridgeCore
import ModuleSimulator

/// Every message of the run and what became of it; complains at the step at which a promise is broken.
final class Ledger {
    let clock: VirtualClock
    let plan: Plan
    let report: (Violation.Promise, String) -> Void

    var outbound: [OutboundTrail] = []
    var inbound: [InboundTrail] = []
    /// Breaks of any kind so far: after one, what was under way may come twice.
    var epoch = 0
    /// The highest time the wall clock has shown: what expired by it has expired.
    var wallHigh: Int64 = 0
    /// The last first arrival of each flow.
    var lastOut: [Int]
    var lastIn: [Int]
    /// Damaged messages that have not been seen yet, and those that have.
    var damaged = 0
    var processEndedAt: Duration = .seconds(-3600)
    var damagedUntil: Duration = .zero
    private static let damageLasts: Duration = .seconds(60)
    var damagedPayloads: Set<[UInt8]> = []
    /// Messages that came through to the process, in order, not on disk yet.
    var uncommitted: [Int] = []
    var uncommittedHead = 0
    var uncommittedSince: Duration = .zero
    var out = Flow.Count()
    var incoming = Flow.Count()
    /// A data mode was cut off and may have been filled: what is published then is a torso.
    var mayBeFilled = false

    init(_ clock: VirtualClock, _ plan: Plan, report: @escaping (Violation.Promise, String) -> Void) {
        self.clock = clock
        self.plan = plan
        self.report = report
        lastOut = Array(repeating: -1, count: plan.outFlows.count)
        lastIn = Array(repeating: -1, count: plan.inFlows.count)
    }

    /// A break: of the link, of the local connection, of the process, of the dialogue.
    func broke() { epoch += 1 }

    func tick() { wallHigh = max(wallHigh, clock.wallClock) }

    // MARK: Out

    /// The next message of a flow, for its publisher.
    func nextOut(_ flow: Int, _ filler: [UInt8]) -> (number: Int, payload: [UInt8]) {
        let number = outbound.count
        let payload = Mark.write("o", number) + filler
        let kind = plan.outFlows[flow]
        outbound.append(
            OutboundTrail(
                topic: kind.remoteTopic, payload: payload, flow: flow, isSure: kind.isSure,
                isTooLong: payload.count > plan.refusalLimit, publishedAt: clock.now))
        out.published += 1
        return (number, payload)
    }

    /// The publisher could not get rid of it: it never was.
    func notPublished(_ number: Int) {
        outbound[number].isExcused = true
        out.published -= 1
    }

    func readByBridge(_ number: Int) { outbound[number].readings += 1 }

    func acknowledgedLocally(_ number: Int) {
        let trail = outbound[number]
        outbound[number].isAcknowledgedLocally = true
        out.acknowledged += 1
        if trail.rows > 0 || trail.isDone || trail.isTooLong || trail.isCredited { return }
        report(.acknowledgedOnlyWhenSafe, "PUBACK of o\(number), which is neither on disk nor acknowledged")
    }

    /// The bridge holds a row for acknowledged.
    func credited(_ row: OutboundRow) {
        guard let number = known("o", row.payload, outbound.count) else { return }
        if row.qos > 0, !outbound[number].isAcknowledgedRemotely {
            report(.creditedRightly, "o\(number) counts as acknowledged, but the remote broker has not acknowledged it")
        }
        outbound[number].isCredited = true
    }

    func acknowledgedRemotely(_ publish: MQTTPacket.Publish) {
        guard let number = known("o", publish.payload, outbound.count), outbound[number].payload == publish.payload
        else { return }
        outbound[number].isAcknowledgedRemotely = true
    }

    /// A message of the bridge has arrived at the remote broker.
    func arrived(_ publish: MQTTPacket.Publish) {
        if publish.topic == plan.heartbeatTopic { return }
        guard let number = known("o", publish.payload, outbound.count) else {
            return wrongContent(publish, "unknown payload")
        }
        var trail = outbound[number]
        guard trail.payload == publish.payload || trail.payload.isEmpty, trail.topic == publish.topic else {
            return wrongContent(publish, "not as o\(number) was published")
        }
        if trail.arrivals == 0 {
            out.arrived += 1
            // At QoS 0 the module may have lost it, and a crash may have brought it back.
            if number < lastOut[trail.flow], !trail.isCredited {
                report(.order, "o\(number) arrives for the first time after o\(lastOut[trail.flow])")
            }
            lastOut[trail.flow] = max(lastOut[trail.flow], number)
        } else {
            out.doubled += 1
            if trail.arrivedInEpoch == epoch, trail.readings <= 1 {
                report(.noDuplicateWithoutBreak, "o\(number) arrives again, and nothing broke in between")
            }
        }
        trail.arrivals += 1
        (trail.arrivedInEpoch, trail.arrivedAt) = (epoch, clock.now)
        outbound[number] = trail
    }

    func wrongContent(_ publish: MQTTPacket.Publish, _ why: String) {
        // What fills an open data mode is carriage returns (docs/delivery.md).
        if mayBeFilled, publish.payload.last == 0x0D { return }
        report(.content, "\(publish.payload.count) bytes on \(String(decoding: publish.topic, as: UTF8.self)): \(why)")
    }

    // MARK: In

    func nextIn(_ flow: Int, _ filler: [UInt8]) -> (number: Int, payload: [UInt8]) {
        let number = inbound.count
        let payload = Mark.write("i", number) + filler
        inbound.append(
            InboundTrail(
                topic: plan.inFlows[flow].localTopic, payload: payload, flow: flow, publishedInEpoch: epoch,
                isTooLong: payload.count > plan.cutLimit, isSure: plan.inFlows[flow].isSure, publishedAt: clock.now))
        incoming.published += 1
        return (number, payload)
    }

    /// It has come through to the bridge, whole.
    func handedOver(_ payload: [UInt8]) {
        guard let number = known("i", payload, inbound.count) else { return }
        // What follows a message without its end may be taken for the rest of it.
        guard clock.now >= damagedUntil, !inbound[number].isTooLong, !inbound[number].wasKept else { return }
        if inbound[number].handedOverAt == nil { incoming.acknowledged += 1 }
        inbound[number].handedOverAt = clock.now
        if uncommittedHead == uncommitted.count { uncommittedSince = clock.now }
        uncommitted.append(number)
    }

    /// The bridge acknowledges it to the remote broker, which forgets it: it must be on disk.
    func acknowledgesRemotely(_ payload: [UInt8]) {
        guard let number = known("i", payload, inbound.count) else { return }
        let trail = inbound[number]
        if trail.wasKept || trail.isExcused || trail.arrivals > 0 { return }
        report(.acknowledgedOnlyWhenSafe, "PUBACK of i\(number) leaves before it is on disk")
    }

    /// A message was damaged or lost on the line. What is left of it may look like another: nothing on the line says
    /// which bytes are wrong.
    func spoiled(_ tag: PrintTag, isDamaged: Bool) {
        if isDamaged {
            damaged += 1
            damagedUntil = clock.now + Self.damageLasts
        }
        if let number = known("o", tag.payload, outbound.count) { outbound[number].isEchoSpoiled = true }
        guard let number = known("i", tag.payload, inbound.count) else { return }
        inbound[number].isSpoiled = true
    }

    /// Whether a message that nobody sent can be one that was damaged.
    func isDamaged(_ payload: [UInt8]) -> Bool {
        if damagedPayloads.contains(payload) { return true }
        guard damaged > 0 else { return false }
        damaged -= 1
        damagedPayloads.insert(payload)
        return true
    }

    /// The process is gone: what it had not committed is lost, as the product says.
    func processEnded() {
        uncommitted = []
        uncommittedHead = 0
        processEndedAt = clock.now
        broke()
    }

    /// Complains when something waits for the disk for too long; the time runs while nothing keeps the disk from working.
    func checkInbox(within limit: Duration, troubleAt: Duration) {
        while uncommittedHead < uncommitted.count {
            let trail = inbound[uncommitted[uncommittedHead]]
            guard trail.wasKept || trail.isExcused || trail.arrivals > 0 else { break }
            uncommittedHead += 1
        }
        guard uncommittedHead < uncommitted.count else {
            if uncommittedHead > 0 { (uncommitted, uncommittedHead) = ([], 0) }
            return
        }
        let number = uncommitted[uncommittedHead]
        let since = max(inbound[number].handedOverAt ?? clock.now, troubleAt)
        if clock.now - since > limit {
            report(.inboundKept, "i\(number) came at \(since.shown) and is neither in the inbox nor acknowledged")
        }
    }

    /// The bridge has published a message locally.
    func publishedLocally(_ topic: [UInt8], _ payload: [UInt8]) {
        if topic.starts(with: Plan.stateTopics) { return }
        if let number = known("o", payload, outbound.count) { return echoed(number, payload) }
        guard let number = known("i", payload, inbound.count) else {
            if isDamaged(payload) { return }
            return report(.content, "the bridge publishes what nobody has sent: \(payload.count) bytes")
        }
        var trail = inbound[number]
        guard trail.topic == topic, trail.payload == payload || trail.payload.isEmpty || trail.isTooLong else {
            if isDamaged(payload) {
                inbound[number].isExcused = true
                return
            }
            return report(.content, "i\(number) comes out changed, or on another topic")
        }
        if trail.arrivals == 0 {
            incoming.arrived += 1
            // One that the line has destroyed, or that was refused, may come again, but not in its place.
            if number < lastIn[trail.flow], !trail.isSpoiled, !trail.isExcused {
                report(.order, "i\(number) arrives for the first time after i\(lastIn[trail.flow])")
            }
            lastIn[trail.flow] = max(lastIn[trail.flow], number)
        } else {
            incoming.doubled += 1
            // What the module has twice after a break, since the broker gave it again, comes twice.
            if trail.publishedInEpoch == epoch {
                report(.noDuplicateWithoutBreak, "i\(number) arrives again, and nothing broke in between")
            }
        }
        trail.arrivals += 1
        inbound[number] = trail
    }

    /// Our own message came back: in doubt it is delivered, but there must be a doubt.
    func echoed(_ number: Int, _ payload: [UInt8]) {
        let trail = outbound[number]
        out.echoes += 1
        if trail.isEchoSpoiled || clock.now - processEndedAt < .seconds(60) { return }
        if trail.arrivals == 1, trail.arrivedInEpoch == epoch, clock.now - trail.arrivedAt < .seconds(25) {
            report(.noDuplicateWithoutBreak, "the echo of o\(number) was delivered, and nothing broke")
        }
    }

    // MARK: The end of a calm

    /// Everything had time to arrive: what has not is lost.
    func settle() {
        for (number, trail) in outbound.enumerated().dropFirst(settledOut) {
            if !trail.isDone, trail.isAcknowledgedLocally {
                return report(.nothingLost, "o\(number) was acknowledged and never arrived")
            }
            if trail.rows != 0 { report(.nothingLost, "o\(number) is still on disk") }
        }
        for (number, trail) in inbound.enumerated().dropFirst(settledIn) where trail.wasKept || trail.isSure {
            if trail.arrivals == 0, !trail.isExcused {
                let what = trail.wasKept ? "was in the inbox" : "was published"
                report(.nothingLost, "i\(number) \(what) and never arrived")
            }
        }
        // Late repeats still find their number; the bytes of what is two calms old are not kept.
        for number in forgottenOut..<settledOut { outbound[number].payload = [] }
        for number in forgottenIn..<settledIn { inbound[number].payload = [] }
        (forgottenOut, forgottenIn) = (settledOut, settledIn)
        (settledOut, settledIn) = (outbound.count, inbound.count)
    }

    private var settledOut = 0
    private var settledIn = 0
    private var forgottenOut = 0
    private var forgottenIn = 0

    /// The first message that must arrive and has not, or that is still on disk; `nil`: all is settled.
    var unsettled: String? {
        for (number, trail) in outbound.enumerated().dropFirst(settledOut) where !trail.isDone || trail.rows > 0 {
            return "o\(number), read \(trail.readings) times, \(trail.rows) row(s), \(trail.arrivals) arrivals"
        }
        for (number, trail) in inbound.enumerated().dropFirst(settledIn) where trail.rows > 0 {
            return "i\(number), \(trail.rows) row(s), \(trail.arrivals) arrivals"
        }
        return nil
    }
}
