import ATProtocol
import ModemCore
import Testing

/// Random events in every state of a socket link: nothing may trap, stand still or speak out of turn, no stream is left
/// open, and afterwards a module that behaves well must be brought online.
@Suite struct SocketLinkWalkTests {
    static let results: [CommandResult] =
        LinkWalkTests.results + [
            GoodModule.answer("STATE: IP INITIAL"), GoodModule.answer("STATE: CONNECT OK"),
            GoodModule.answer("STATE: TCP CLOSED"), GoodModule.answer("STATE: PDP DEACT"),
            GoodModule.answer("STATE: TCP CONNECTING"), GoodModule.answer("STATE:"), GoodModule.answer("STATE: x"),
            GoodModule.answer("+QISTATE: 0,\"TCP\",\"h\",1883,0,2,0,1"), GoodModule.answer("+QISTATE: 0"),
            GoodModule.answer("+QISTATE: 0,\"TCP\",\"h\",1883,0,9,0,1"),
            CommandResult(final: .text(Array("ALREADY CONNECT".utf8))),
            CommandResult(final: .text(Array("CLOSE OK".utf8))), CommandResult(final: .text([])),
        ]

    static let urcs: [URC] =
        LinkWalkTests.urcs + [
            .outcome(.connectFail(state: Array("STATE: PDP DEACT".utf8))),
            .outcome(.connectFail(state: Array("+QIOPEN: 0,574".utf8))), .socket(.tcpError(code: 14)),
            .socket(.tcpError(code: -1)), .socket(.networkReady), .socket(.dataWaiting), .socket(.sent),
            .socket(.sendFailed),
        ]

    static let failures: [SessionFailure] = [
        .refused("not authorised"), .tls("certificate"), .silent("CONNACK"), .closed("DISCONNECT"),
        .broken("SEND FAIL"),
    ]

    static func settings(_ variant: Int) -> LinkSettings {
        SocketLinkTests.settings([.ec716s, .quectelGSM, .bc260y, .air780ep][variant % 4]) {
            $0.hasHardwareReset = variant & 4 == 4
            $0.cachedReceive = variant & 8 == 8
            $0.streamIsSecured = variant & 16 == 16
            $0.linkChoice = variant & 32 == 32 && !($0.profile?.hasMQTT ?? true) ? .automatic : .socket
            $0.accessPoint = variant & 1 == 1 ? .init(name: "cmnet", username: "u", password: "p") : nil
            $0.baudRate = variant & 2 == 2 ? 115_200 : nil
            $0.pin = variant & 64 == 64 ? "1234" : nil
            $0.seed = UInt64(variant)
        }
    }

    @Test(arguments: 0..<400) func walk(seed: Int) {
        var random = LinkWalkTests.Random(state: UInt64(seed) &* 99_991 &+ 3)
        let harness = LinkHarness(Self.settings(seed % 128), now: .seconds(Int(random.next() % 3) * 1000))
        harness.start(record: seed % 5 == 0 ? 100 : nil)
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
            let comesBack = harness.behave(until: { $0.isOnline })
            #expect(comesBack, "seed \(seed): \(harness.summary), \(harness.reports.suffix(3))")
        }
        #expect(harness.violations == [], "seed \(seed)")
    }

    private func disturb(_ harness: LinkHarness, _ random: inout LinkWalkTests.Random) {
        switch random.next() % 25 {
        case 0...3:
            if harness.outstanding != nil, let result = Self.results.randomElement(using: &random) {
                harness.complete(result)
            }
        case 4...7:
            if harness.isPortOpen, let urc = Self.urcs.randomElement(using: &random) { harness.urc(urc) }
        case 8, 9:
            if harness.isSynchronising || harness.isResynchronising {
                random.next() % 2 == 0 ? harness.synchronised() : harness.synchronisationFailed()
            }
        case 10: if harness.isPortOpen || harness.isOpening { harness.portClosed() }
        case 11: if harness.isOpening { harness.portOpened() }
        case 12: if harness.isPortOpen { harness.echo() }
        case 13: harness.bytes()
        case 14: harness.delivered()
        // The owner may be late: at any time.
        case 15: harness.established()
        case 16, 17: if let failure = Self.failures.randomElement(using: &random) { harness.sessionFailed(failure) }
        case 18:
            if harness.hasStream, !harness.isSynchronising, !harness.isResynchronising { harness.publishTimedOut() }
        case 19: if harness.isResetting { harness.resetFinished(random.next() % 2 == 0) }
        case 20: if harness.isFilling { harness.filled() }
        case 21: if harness.hasStream { harness.recorded(random.next() % 2 == 0 ? nil : 700) }
        case 22: harness.sockets.state = ["IP INITIAL", "IP STATUS", "CONNECT OK", "PDP DEACT"][Int(random.next() % 4)]
        case 23: harness.acknowledgementLate()
        default: random.next() % 2 == 0 ? harness.expire() : harness.pass(.seconds(Int(random.next() % 300)))
        }
    }
}
