import ATProtocol
import ModemCore
import Testing

/// Random events in every state: nothing may trap, stand still or speak out of turn, and afterwards a module that
/// behaves well must be brought online.
@Suite struct LinkWalkTests {
    struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var mixed = state
            mixed ^= mixed >> 33
            mixed = mixed &* 0xFF51_AFD7_ED55_8CCD
            return mixed ^ (mixed >> 33)
        }
    }

    static let results: [CommandResult] = [
        GoodModule.ok, CommandResult(final: .error), GoodModule.cme(767), GoodModule.cme(765), GoodModule.cme(10),
        GoodModule.cme(14), GoodModule.cme(3), CommandResult(final: .timedOut), CommandResult(final: .timedOut),
        CommandResult(final: .noPrompt), CommandResult(final: .cmsError(code: nil, text: [])),
        CommandResult(final: .text(Array("SHUT OK".utf8))), GoodModule.answer("+CPIN: SIM PIN"),
        GoodModule.answer("+MQTTSTATU :0"), GoodModule.answer("+MQTTSTATU :2"), GoodModule.answer("+CGATT: 0"),
        GoodModule.answer("+CEREG: 1,2"), GoodModule.answer("+CGPADDR: 1,\"0.0.0.0\""), GoodModule.answer("", ":"),
        ClockTests.never,
        GoodModule.answer("+FSFSIZE: 90"), GoodModule.answer("+FSFSIZE: 7"),
    ]

    static let urcs: [URC] = [
        .outcome(.connectOK), .outcome(.alreadyConnect), .outcome(.connectFail(state: nil)), .outcome(.connackOK),
        .other(Array("+CNTP: 1".utf8)), .other(Array("+CNTP: 61".utf8)), .outcome(.suback), .outcome(.unsuback),
        .outcome(.puback), .outcome(.pubrec), .outcome(.pubcomp),
        .outcome(.error(.error)), .closed, .closed, .pdpDeactivated, .cgev(.pdnDeactivated(cid: 1)),
        .cgev(.pdnDeactivated(cid: nil)), .cgev(.pdnDeactivated(cid: 5)), .cgev(.detached),
        .cgev(.pdnActivated(cid: 1)), .cgev(.other([])), .simRemoved, .simReady, .simOther([0x20]),
        .banner(kind: .ready), .banner(kind: .bootROM), .banner(kind: .poweredDown),
        .registration(domain: .cereg, status: 1), .registration(domain: .cgreg, status: 0),
        .registration(domain: .creg, status: 3), .cacheNotice(slot: 0), .cacheNotice(slot: 3), .other([0x41]),
        .serviceState(.none),
    ]

    static func settings(_ variant: Int) -> LinkSettings {
        var settings = LinkSettings(host: "broker", port: 1883, clientID: Array("box".utf8))
        settings.subscriptions = [.init(filter: Array("a/#".utf8), qos: 1), .init(filter: Array("b".utf8), qos: 0)]
        settings.staleSubscriptions = [Array("old".utf8)]
        settings.hasHardwareReset = variant & 1 == 1
        settings.cachedReceive = variant & 2 == 2
        settings.pin = variant & 4 == 4 ? "1234" : nil
        settings.accessPoint = variant & 8 == 8 ? .init(name: "cmnet", username: "u", password: "p") : nil
        settings.mayBeBooting = variant & 16 == 16
        settings.tls = variant & 32 == 32 ? LinkTLSTests.tls() : nil
        settings.seed = UInt64(variant)
        return settings
    }

    @Test(arguments: 0..<400) func walk(seed: Int) {
        var random = Random(state: UInt64(seed) &* 77_777 &+ 1)
        let harness = LinkHarness(Self.settings(seed % 64), now: .seconds(Int(random.next() % 3) * 1000))
        harness.start(record: seed % 5 == 0 ? 100 : nil)
        // Some walks are mostly sound, so that the late states are visited too.
        let soundness = random.next() % 100
        for step in 0..<1500 {
            if random.next() % 100 < soundness { harness.behave() } else { disturb(harness, &random) }
            guard harness.violations.isEmpty else {
                Issue.record("seed \(seed), step \(step): \(harness.violations), at \(harness.summary)")
                return
            }
        }
        if seed % 7 == 0 {
            harness.stop()
            #expect(harness.behave(until: { $0.isFinished }, steps: 20), "seed \(seed): \(harness.summary)")
        } else {
            harness.recorded(nil)
            #expect(
                harness.behave(until: { $0.isOnline }), "seed \(seed): \(harness.summary), \(harness.reports.suffix(3))"
            )
        }
        #expect(harness.violations == [], "seed \(seed)")
    }

    private func disturb(_ harness: LinkHarness, _ random: inout Random) {
        switch random.next() % 27 {
        case 0...3:
            if harness.outstanding != nil, let result = Self.results.randomElement(using: &random) {
                harness.complete(result)
            }
        case 4...8:
            if harness.isPortOpen, let urc = Self.urcs.randomElement(using: &random) { harness.urc(urc) }
        case 9, 10:
            if harness.isSynchronising || harness.isResynchronising {
                random.next() % 2 == 0 ? harness.synchronised() : harness.synchronisationFailed()
            }
        case 11: if harness.isPortOpen || harness.isOpening { harness.portClosed() }
        case 12: if harness.isOpening { harness.portOpened() }
        case 13: if harness.isPortOpen { harness.echo() }
        case 14: harness.bytes()
        case 15: harness.cachedMessage()
        case 16: harness.delivered()
        case 17: if harness.isOnline { harness.publishRefused() }
        case 18: harness.acknowledgementLate()
        case 19:
            // Only with an idle session can a publish have been on the wire.
            if harness.isOnline, !harness.isSynchronising, !harness.isResynchronising { harness.publishTimedOut() }
        case 20: if harness.isResetting { harness.resetFinished(random.next() % 2 == 0) }
        case 21: if harness.isFilling { harness.filled() }
        case 22: if harness.isOnline { harness.recorded(random.next() % 2 == 0 ? nil : 2000) }
        case 23: harness.recordedManifest(harness.recording ?? Int(random.next() % 9))
        case 24: harness.files.contents = [:]
        case 25:
            harness.hostClock(HostClock(time: ClockTests.now, at: .zero, isSynchronised: random.next() % 2 == 0))
        default: random.next() % 2 == 0 ? harness.expire() : harness.pass(.seconds(Int(random.next() % 300)))
        }
    }
}
