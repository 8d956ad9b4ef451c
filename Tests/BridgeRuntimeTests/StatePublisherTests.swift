import BridgeCore
import BridgeTestKit
import ModemCore
import MosquittoClient
import Testing

@testable import BridgeRuntime

/// What the local broker is told of the link.
@Suite struct StatePublisherTests {
    private func rig(_ routes: [Route] = [Rig.out, Rig.incoming]) -> Rig {
        let rig = Rig(routes)
        rig.about.name = "box"
        return rig
    }

    private func told(_ rig: Rig, _ leaf: String) -> [String] {
        rig.broker.received.filter { $0.topic == bytes("cellbridge/box/\(leaf)") }
            .map { String(decoding: $0.payload, as: UTF8.self) }
    }

    @Test func theStateIsToldOnceForEachChange() throws {
        let rig = rig()
        try rig.online()
        #expect(told(rig, "state") == ["offline", "online"])
        #expect(rig.broker.received.allSatisfy { $0.retain && $0.qos == 1 })
        rig.clock.advance(by: .seconds(3600))
        #expect(told(rig, "state") == ["offline", "online"])
        #expect(told(rig, "link").count == 2)
        #expect(rig.store.inbox.isEmpty)
        #expect(rig.dispatcher.counters.inDelivered == 0)
    }

    @Test func theReportSaysWhenTheCertificatesEnd() throws {
        let rig = rig()
        let end = rig.clock.wallClock + 19 * 86400 + 3600
        rig.about.certificatesEnd = end
        try rig.online()
        let report = try #require(told(rig, "link").last)
        #expect(report.contains("\"certificates_end\":\(end),\"certificate_days\":19,"))
    }

    @Test func theReportSaysSinceWhenWhyAndWhatIsDone() throws {
        let rig = rig()
        try rig.online()
        rig.clock.advance(by: .seconds(10))
        rig.publish(0..<2)
        rig.run { rig.dispatcher.counters.outAcknowledged == 2 && rig.store.outbox.isEmpty }
        let at = rig.clock.wallClock
        rig.port.script = { $0.hasPrefix("AT+MIPSTART") ? ["ERROR"] : nil }
        rig.port.say(["+PDP: DEACT"])
        rig.clock.advance(by: .milliseconds(20))
        let first = try #require(told(rig, "link").last)
        #expect(
            first.hasPrefix(
                "{\"state\":\"offline\",\"since\":\(at),\"reason\":\"the PDP context is gone (+PDP DEACT)\",\"rung\":\"context\",\"profile\":\"air780ep\",\"waiting\":0,\"counters\":{\"sessions\":1,\"breaks\":1,"
            ), "\(first)")
        #expect(first.hasSuffix("}}"))
        #expect(first.contains("\"out_acknowledged\":2"))
        rig.clock.advance(by: .seconds(60))
        let later = try #require(told(rig, "link").last)
        #expect(later.contains("\"reason\":\"AT+MIPSTART was answered ERROR"), "\(later)")
        #expect(later.contains("\"since\":\(at)"))
        #expect(told(rig, "state").last == "offline")
        rig.port.script = { _ in nil }
        rig.run(.seconds(120)) { told(rig, "state").last == "online" }
        #expect(told(rig, "link").last?.contains("\"reason\":\"connected\",\"rung\":null") ?? false)
    }

    @Test func noTwoReportsWithinASecond() throws {
        let rig = rig()
        try rig.online()
        var times: [Duration] = []
        let end = rig.clock.now + .seconds(60)
        var seen = told(rig, "link").count
        while rig.clock.now < end {
            rig.clock.advance(by: .milliseconds(10))
            // A link that breaks as soon as it is up.
            if rig.module.isOnline { rig.port.say(["+PDP: DEACT"]) }
            let now = told(rig, "link").count
            if now > seen { times.append(rig.clock.now) }
            #expect(now - seen <= 1)
            seen = now
        }
        let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
        #expect(gaps.count > 5)
        #expect(gaps.allSatisfy { $0 >= .milliseconds(990) })
        // What came last is told in the end.
        rig.run(.seconds(120)) { rig.isOnline }
        rig.clock.advance(by: .seconds(2))
        #expect(told(rig, "state").last == (rig.module.isOnline ? "online" : "offline"))
    }

    @Test func theNewestIsToldAgainWhenTheLocalBrokerIsBack() throws {
        let rig = rig()
        try rig.online()
        rig.clock.advance(by: .seconds(10))
        rig.broker.isUp = false
        rig.broker.drop()
        rig.port.say(["+PDP: DEACT"])
        rig.clock.advance(by: .seconds(60))
        let before = rig.broker.received.count
        rig.broker.isUp = true
        rig.run { rig.broker.isConnected }
        rig.clock.advance(by: .seconds(5))
        let fresh = rig.broker.received.dropFirst(before)
        #expect(
            fresh.map { String(decoding: $0.topic, as: UTF8.self) } == ["cellbridge/box/state", "cellbridge/box/link"])
        #expect(fresh.first?.payload == bytes("online"))
    }

    @Test(arguments: [false, true])
    func ourOwnDoNotGoRound(isOld: Bool) throws {
        let rig = rig([Route(direction: .out, topic: bytes("#"))])
        rig.broker.isOld = isOld
        try rig.online()
        for leaf in ["state", "link"] { rig.broker.publish("cellbridge/box/\(leaf)", bytes("x"), retain: true) }
        rig.broker.publish("cellbridge/other/state", bytes("of somebody else"))
        rig.run { rig.broker.queue.isEmpty && rig.dispatcher.counters.outAcknowledged == 1 }
        rig.clock.advance(by: .seconds(2))
        #expect(rig.sent == ["of somebody else"])
        #expect(rig.dispatcher.counters.outAccepted == 1)
    }

    @Test func theLastWordIsOffline() throws {
        let rig = rig()
        try rig.online()
        rig.dispatcher.drain { rig.module.stop() }
        rig.run { rig.isFinished }
        rig.clock.settle()
        #expect(told(rig, "state").last == "offline")
        #expect(told(rig, "link").last?.contains("\"reason\":\"stopped\",\"rung\":null") ?? false)
    }

    @Test func aRefusalIsSaid() throws {
        let rig = rig()
        rig.broker.publishReason = 135
        try rig.online()
        #expect(rig.recorder.count("refuses the link's state on cellbridge/box/ (reason code 135)", .warning) > 0)
    }

    @Test(arguments: [
        ("plain ü", "\"plain ü\""), ("a\"b\\c", "\"a\\\"b\\\\c\""),
        ("\r\n\t\u{0}\u{7F}", "\"\\u000d\\u000a\\u0009\\u0000\\u007f\""),
        ("", "\"\""), ("e\u{301}\u{22}\u{301}", "\"e\u{301}\\\"\u{301}\""),
    ])
    func stringsAreEscaped(_ text: String, _ wanted: String) {
        #expect(Array(JSONObject.quoted(text).utf8) == Array(wanted.utf8))
    }
}
