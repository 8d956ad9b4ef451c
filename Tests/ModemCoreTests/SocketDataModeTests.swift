import ATProtocol
import ModemCore
import Testing

/// A send that a process left half full in the module.
@Suite struct SocketDataModeTests {
    private static func start(_ change: (inout LinkSettings) -> Void) -> LinkHarness {
        let harness = LinkHarness(SocketLinkTests.settings(.ec716s, change))
        harness.start(record: 1460)
        _ = harness.take()
        harness.portOpened()
        return harness
    }

    /// Under TLS of ours CR bytes do no harm: the quickest way.
    @Test(arguments: [false, true]) func secured(hardware: Bool) {
        let harness = Self.start {
            $0.streamIsSecured = true
            $0.hasHardwareReset = hardware
        }
        #expect(harness.take() == ["fill 1460"])
        harness.filled()
        harness.expire()
        #expect(harness.take() == ["clear record", "sync 15"])
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test func plainWithAHardwareReset() {
        let harness = Self.start { $0.hasHardwareReset = true }
        #expect(harness.take() == ["reset hardware"])
        harness.resetFinished(false)
        #expect(harness.take() == [], "silence where the reset failed")
        #expect(harness.behave(until: { $0.isOnline }))
    }

    @Test func plainIsWaitedFor() {
        let harness = Self.start { $0.keepalive = 120 }
        #expect(harness.take() == [])
        #expect(harness.deadline == harness.now + .seconds(190))
        for urc in LinkWalkTests.urcs where urc != .closed && urc != .pdpDeactivated {
            if case .banner = urc { continue }
            if case .cgev = urc { continue }
            harness.urc(urc)
        }
        harness.synchronised()
        #expect(harness.take() == [], "nothing is written before")
        harness.echo()
        #expect(harness.take() == ["clear record", "sync 180"], "an echo is that of a restart")
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test(arguments: [URC.closed, .pdpDeactivated, .cgev(.detached), .cgev(.pdnDeactivated(cid: 1))])
    func untilItsConnectionIsGone(urc: URC) {
        let harness = Self.start { _ in }
        _ = harness.take()
        harness.urc(urc)
        #expect(harness.take() == ["fill 1460"])
    }

    @Test func untilTheBrokerGaveItUp() {
        let harness = Self.start { $0.keepalive = 0 }
        #expect(harness.deadline == harness.now + .seconds(600))
        harness.expire()
        #expect(harness.take().last == "fill 1460")
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test func bannerMeansItIsGone() {
        let harness = Self.start { _ in }
        _ = harness.take()
        harness.urc(.banner(kind: .ready))
        #expect(harness.take() == ["clear record", "sync 180"])
    }

    @Test func portThatGoesMeanwhile() {
        let harness = Self.start { _ in }
        harness.portClosed()
        harness.expire()
        harness.portOpened()
        #expect(harness.deadline == harness.now + .seconds(190), "the record stays")
        harness.stop()
        #expect(harness.isFinished)
    }

    @Test func sendWithoutAnAnswer() {
        let harness = SocketLinkTests.online(.ec716s)
        harness.recorded(700)
        harness.publishTimedOut()
        #expect(harness.take() == ["stream closed", "offline"])
        #expect(harness.deadline == harness.now + .seconds(190))
        #expect(harness.summary.contains("AT+CIPSEND"))
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    /// Before `ATI` it is not known which link it will be; a record without the note of a send is of an `AT+MPUBEX`.
    @Test func kindNotKnownYet() {
        let harness = LinkHarness(LinkHarness.settings { $0.linkChoice = .automatic })
        harness.start(send: OpenSend(bytes: 100, isHarmless: false))
        harness.portOpened()
        #expect(!harness.take().contains("fill 100"))
        let publish = LinkHarness(LinkHarness.settings { $0.linkChoice = .automatic })
        publish.start(record: 100)
        publish.portOpened()
        #expect(publish.take().contains("fill 100"))
        let known = LinkHarness(
            LinkHarness.settings {
                $0.linkChoice = .automatic
                $0.profile = .ec716s
            })
        known.start(record: 100)
        known.portOpened()
        #expect(known.take().contains("fill 100"))
    }
}
