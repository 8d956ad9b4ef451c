import ATProtocol
import BridgeCore
import BridgeTestKit
import Control
import Testing

@testable import BridgeRuntime

/// What becomes of guests' messages and subscriptions when something comes between.
struct DeskMessageTests {
    private typealias Request = DeskTests.Request

    private func online() throws -> Rig {
        let rig = Rig()
        try rig.online()
        return rig
    }

    @Test func aQueuedMessageCanBeFollowedToItsEnd() throws {
        let rig = try online()
        rig.port.acknowledges = false
        let request = Request(rig, "publish", ["topic": "q", "payload": "1", "qos": 1, "queue": true, "follow": true])
        rig.run { !request.events.isEmpty }
        #expect(request.events == [.members(["outcome": "queued"])] && request.result == nil)
        rig.port.acknowledges = true
        rig.port.status = 0
        rig.port.say(["CLOSED"])
        rig.run(.seconds(120)) { request.result != nil }
        #expect(request.value == .members(["outcome": "acknowledged"]))
        #expect(rig.dispatcher.followed.isEmpty && rig.dispatcher.enqueued.isEmpty)
    }

    @Test func aQueuedMessageThatExpiresOrIsRefusedIsTold() throws {
        let rig = try online()
        rig.port.isMute = true
        rig.port.say(["CLOSED"])
        rig.run(.seconds(60)) { !rig.module.isOnline }
        let old = Request(
            rig, "publish", ["topic": "q", "payload": "1", "queue": true, "follow": true, "expiry": 5])
        let big = Request(
            rig, "publish",
            ["topic": "q", "payload": .text(String(repeating: "x", count: 4090)), "queue": true, "follow": true])
        let unfollowed = Request(rig, "publish", ["topic": "q", "payload": "2", "queue": true])
        rig.run { old.events.count == 1 && unfollowed.result != nil }
        #expect(unfollowed.value == .members(["outcome": "queued"]))
        rig.clock.advance(by: .seconds(6))
        rig.port.isMute = false
        rig.run(.seconds(400)) { old.result != nil && big.result != nil }
        #expect(old.failure?.code == 27 && old.failure?.text.hasPrefix("it expired: ") == true)
        #expect(big.result != nil)
        #expect(rig.dispatcher.followed.isEmpty && rig.dispatcher.enqueued.isEmpty)
    }

    @Test func theEndOfAnExpiredMessageIsToldWhileTheLinkIsDown() throws {
        let rig = Rig()
        try rig.offline()
        func ask(_ expiry: Int64) -> Request {
            Request(
                rig, "publish",
                ["topic": "q", "payload": "1", "queue": true, "follow": true, "expiry": .number(expiry)])
        }
        let (short, long, endless) = (ask(2), ask(30), ask(.max))
        rig.run { short.events.count == 1 && long.events.count == 1 && endless.events.count == 1 }
        rig.run(.seconds(3)) { short.result != nil }
        #expect(short.failure?.code == 27 && short.failure?.text == "it expired: not sent within 2 s")
        #expect(long.result == nil && endless.result == nil)
        // The books have it when its turn comes.
        rig.port.isMute = false
        rig.run(.seconds(300)) { rig.store.outbox.isEmpty }
        #expect(rig.store.refusals.count { $0.code == "expired" } >= 1)
        #expect(rig.dispatcher.followed.isEmpty && rig.dispatcher.enqueued.isEmpty)
    }

    @Test func whyThereIsNoLinkIsToldWithWhatIsDoneAboutIt() throws {
        let rig = Rig()
        rig.port.script = { $0.hasPrefix("AT+MIPSTART") ? ["ERROR"] : nil }
        try rig.start()
        rig.run(.seconds(120)) { rig.dispatcher.history.reason?.hasPrefix("AT+MIPSTART was answered ERROR") == true }
        let down = Request(rig, "connect")
        rig.run { down.result != nil }
        let text = down.failure?.text ?? ""
        #expect(down.failure?.code == 69 && text.hasPrefix("no link: AT+MIPSTART was answered ERROR: does the name"))
        #expect(text.hasSuffix("; now: \(rig.module.summary)") && rig.module.summary.contains("a"))
    }

    @Test func aFilterThatTheOtherLinkCouldNotCarryIsRefused() throws {
        let rig = try online()
        let request = Request(rig, "subscribe", ["filters": .list([.text("p/\"q")])])
        rig.run { request.result != nil }
        #expect(request.failure?.code == 65 && request.failure?.text.contains("cannot carry a \"") == true)
    }

    @Test func aMessageThatNobodyWaitsForAnyMoreIsNotSent() throws {
        let rig = try online()
        rig.port.acknowledges = false
        let first = Request(rig, "publish", ["topic": "g", "payload": "1", "qos": 1])
        rig.run { rig.port.publishes.count == 1 }
        let second = Request(rig, "publish", ["topic": "g", "payload": "2", "qos": 1])
        let third = Request(rig, "publish", ["topic": "g", "payload": "3", "qos": 1])
        second.call.cancel()
        rig.port.acknowledges = true
        rig.port.say(["PUBACK"])
        rig.run { third.result != nil }
        #expect(first.value?["outcome"] == "acknowledged" && third.value?["outcome"] == "acknowledged")
        #expect(rig.port.publishes.map(\.payload) == [bytes("1"), bytes("3")])
    }

    @Test func aSubscriptionThatFailsTakesNothingFromOthers() throws {
        let rig = try online()
        let first = Request(rig, "subscribe", ["filters": .list(["shared"])])
        rig.run { first.events.count == 1 }
        rig.port.script = { $0.hasPrefix("AT+MSUB=\"bad\"") ? ["ERROR"] : nil }
        let second = Request(rig, "subscribe", ["filters": .list(["bad", "shared"])])
        rig.run { second.result != nil }
        #expect(second.failure?.text.contains("AT+MSUB") == true)
        rig.clock.advance(by: .seconds(2))
        #expect(!rig.port.commands.contains("AT+MUNSUB=\"shared\""))
        rig.port.deliver("shared", bytes("x"))
        rig.run { first.events.count == 2 }
        first.call.cancel()
        rig.run { rig.port.commands.contains("AT+MUNSUB=\"shared\"") }
    }

    @Test func whoLeavesBeforeTheSubscriptionIsGrantedLeavesNothingBehind() throws {
        let rig = try online()
        let request = Request(rig, "subscribe", ["filters": .list(["gone"])])
        request.call.cancel()
        rig.run { rig.port.commands.contains("AT+MSUB=\"gone\",0") }
        rig.run { rig.port.commands.contains("AT+MUNSUB=\"gone\"") }
    }

    @Test func topicsThatAreNoTextComeInBase64() throws {
        let rig = try online()
        let request = Request(rig, "subscribe", ["filters": .list(["#"])])
        rig.run { request.events.count == 1 }
        rig.dispatcher.desk?.observe(.init(topic: [0x61, 0xFF], payload: [], fromCache: false))
        rig.dispatcher.desk?.observe(.init(topic: [0x61, 0x00], payload: [], fromCache: false))
        #expect(request.events.dropFirst().map { $0["topic_base64"] } == ["Yf8=", "YQA="])
    }
}
