import BridgeCore
import BridgeTestKit
import Control
import LinuxIO
import Testing

@testable import BridgeRuntime

/// What the control socket may do to the queue, under virtual time.
struct DeskQueueTests {
    private final class Request {
        var result: Result<JSONValue, ControlCall.Failure>?

        init(_ rig: Rig, _ operation: String, _ arguments: KeyValuePairs<String, JSONValue> = [:]) {
            let call = ControlCall(
                operation: operation, arguments: .members(arguments),
                peer: UnixSocket.Peer(pid: 1, user: 4711, group: 0), onEvent: { _ in },
                onEnd: { [unowned self] in result = $0 })
            rig.bridge.serve(call)
        }

        var failure: ControlCall.Failure? { if case .failure(let failure) = result { failure } else { nil } }
        var value: JSONValue? { if case .success(let value) = result { value } else { nil } }
    }

    /// Offline, with these numbered messages on disk.
    private func offline(_ count: Int, also more: [String] = []) throws -> Rig {
        let rig = Rig()
        try rig.offline()
        rig.publish(0..<count)
        for topic in more { rig.broker.publish(topic, bytes("x"), qos: 1) }
        rig.run { rig.store.outbox.count == count + more.count }
        return rig
    }

    private func numbers(_ rig: Rig) -> [Int64] { rig.store.outbox.map(\.id) }

    // MARK: Purge

    @Test func everythingMeantGoesAndTheBooksBalance() throws {
        let rig = try offline(20, also: ["sensors/keep"])
        let request = Request(rig, "queue-purge", ["topic": "site/sensors/n"])
        rig.run { request.result != nil }
        #expect(request.value == .members(["purged": 20, "under_way": 0]))
        #expect(rig.store.outbox.map(\.topic) == [bytes("site/sensors/keep")])
        #expect(rig.ledgerGaps.isEmpty)
        #expect(rig.store.refusals.count { $0.code == "purged" } == 20)
        #expect(rig.dispatcher.counters.outRefused == 20)
        #expect(rig.store.ledger.count { $0.outcome == .refused("purged") } == 20)
        // Nothing of it is sent once the link is there.
        rig.port.isMute = false
        rig.run(.seconds(300)) { rig.store.outbox.isEmpty && rig.port.acknowledged.count == 1 }
        #expect(rig.sent == ["x"])
        #expect(rig.ledgerGaps.isEmpty)
    }

    @Test(
        arguments: [
            (["ids": [2, 4, 99]], [1, 3, 5]), (["all": true], []), (["route": 1], []), (["route": 2], [1, 2, 3, 4, 5]),
            (["accepted_before": 1], [1, 2, 3, 4, 5]), (["accepted_before": 9_000_000_000], []),
            (["ids": [1], "topic": "other/#"], [1, 2, 3, 4, 5]), (["all": true, "direction": "in"], [1, 2, 3, 4, 5]),
        ] as [(KeyValuePairs<String, JSONValue>, [Int64])])
    func conditions(_ arguments: KeyValuePairs<String, JSONValue>, _ left: [Int64]) throws {
        let rig = try offline(5)
        let request = Request(rig, "queue-purge", arguments)
        rig.run { request.result != nil }
        #expect(request.value?["purged"] == .number(5 - left.count))
        #expect(numbers(rig) == left)
        #expect(rig.ledgerGaps.isEmpty)
    }

    @Test func whatIsUnderWayStays() throws {
        let rig = Rig()
        try rig.online()
        rig.port.acknowledges = false
        rig.publish(0..<6)
        rig.run { rig.port.publishes.count == 1 }
        let request = Request(rig, "queue-purge", ["all": true])
        rig.run { request.result != nil }
        #expect(request.value == .members(["purged": 5, "under_way": 1]))
        #expect(rig.ledgerGaps.isEmpty)
        rig.port.acknowledges = true
        rig.run(.seconds(300)) { rig.dispatcher.counters.outAcknowledged == 1 && rig.store.outbox.isEmpty }
        #expect(Set(rig.sent) == ["message 0"])
        rig.clock.advance(by: .seconds(400))
        #expect(rig.ledgerGaps.isEmpty)
    }

    @Test func nothingIsSentThatACommitMayTakeOut() throws {
        let rig = try offline(5)
        rig.port.isMute = false
        rig.port.acknowledges = false
        rig.run(.seconds(120)) { rig.sent.count == 1 }
        rig.store.isStopped = true
        let request = Request(rig, "queue-purge", ["all": true])
        rig.port.acknowledges = true
        rig.clock.advance(by: .seconds(5))
        rig.port.say(["PUBACK"], acknowledging: bytes("message 0"))
        rig.clock.advance(by: .seconds(1))
        #expect(rig.sent.count == 1)
        rig.store.isStopped = false
        rig.store.answer()
        rig.run { request.result != nil }
        #expect(request.value?["purged"] == 4)
        rig.clock.advance(by: .seconds(400))
        #expect(rig.sent == ["message 0"])
        #expect(rig.ledgerGaps.isEmpty && rig.store.outbox.isEmpty)
    }

    @Test func twoAtATimeAreOneTooMany() throws {
        let rig = try offline(20)
        let first = Request(rig, "queue-purge", ["all": true])
        let second = Request(rig, "queue-purge", ["all": true])
        #expect(second.failure?.code == 75)
        rig.run { first.result != nil }
        #expect(first.value?["purged"] == 20)
        let third = Request(rig, "queue-purge", ["all": true])
        rig.run { third.result != nil }
        #expect(third.value?["purged"] == 0)
    }

    @Test func aDiskThatDoesNotWorkEndsItWithNothingDone() throws {
        let rig = try offline(5)
        rig.store.commitFailure = "disk full"
        let request = Request(rig, "queue-purge", ["all": true])
        rig.run { request.result != nil }
        #expect(request.failure?.code == 75 && request.failure?.text.contains("disk full") == true)
        #expect(Request(rig, "flush").failure?.code == 75)
        rig.store.commitFailure = nil
        rig.clock.advance(by: .seconds(10))
        #expect(rig.store.outbox.count == 5)
        rig.port.isMute = false
        rig.run(.seconds(300)) { rig.port.acknowledged.count == 5 }
        let again = Request(rig, "queue-purge", ["all": true])
        rig.run { again.result != nil }
        #expect(again.value != nil)
    }

    @Test(
        arguments: [
            ("queue-purge", [:]), ("queue-purge", ["ids": []]), ("queue-purge", ["ids": ["1"]]),
            ("queue-purge", ["topic": "a/#/b"]), ("queue-purge", ["all": true, "ids": [1]]),
            ("queue-purge", ["all": true, "direction": "up"]), ("queue-retry", [:]), ("queue-retry", ["ids": 3]),
            ("queue-retry", ["all": true, "ids": [3]]),
        ] as [(String, KeyValuePairs<String, JSONValue>)])
    func whatIsNotUnderstoodIsRefused(_ operation: String, _ arguments: KeyValuePairs<String, JSONValue>) throws {
        let rig = try offline(1)
        #expect(Request(rig, operation, arguments).failure?.code == 64)
        #expect(rig.store.outbox.count == 1)
    }

    // MARK: Retry

    @Test(arguments: [true, false])
    func whatWasAsideGoesAtOnce(all: Bool) throws {
        let rig = Rig()
        rig.about.heartbeat = (bytes("beat"), .seconds(3600))
        rig.port.script = { [unowned port = rig.port] line in
            guard line.hasPrefix("AT+MPUB"), line.contains("bad") else { return nil }
            port.status = 0
            return ["OK", "CLOSED"]
        }
        try rig.online()
        rig.broker.publish("sensors/a", bytes("bad"), qos: 1)
        rig.run(.seconds(600)) { rig.store.aside.count == 1 }
        let id = try #require(rig.store.aside.keys.first)
        rig.port.script = { _ in nil }
        let request = Request(rig, "queue-retry", all ? ["all": true] : ["ids": [.number(id), 77]])
        rig.run { request.result != nil }
        #expect(request.value == .members(["retried": [.number(id)]]))
        rig.run(.seconds(120)) { rig.port.acknowledged.contains(bytes("bad")) }
        let again = Request(rig, "queue-retry", all ? ["all": true] : ["ids": [.number(id)]])
        rig.run { again.result != nil }
        #expect(again.value == .members(["retried": .list([])]))
        rig.clock.advance(by: .seconds(400))
        #expect(rig.ledgerGaps.isEmpty && rig.store.aside.isEmpty)
    }

    // MARK: Flush

    @Test func afterAFlushTheBooksOnDiskAreUpToDate() throws {
        let rig = Rig()
        try rig.online()
        rig.publish(0..<30)
        rig.run { rig.dispatcher.counters.outAcknowledged == 30 }
        let request = Request(rig, "flush")
        rig.run(.seconds(1)) { request.result != nil }
        #expect(request.value != nil)
        #expect(rig.store.nextIDs().out == 31 && rig.ledgerGaps.isEmpty)
        // With nothing to write it is done at once.
        #expect(Request(rig, "flush").value != nil)
    }

    @Test func aFlushWaitsForTheCommitUnderWayAndTheNext() throws {
        let rig = try offline(1)
        rig.store.isStopped = true
        rig.publish(1..<3)
        rig.run { !rig.dispatcher.pending.appendOut.isEmpty }
        let first = Request(rig, "flush")
        // As of a later read.
        rig.dispatcher.remember("x", bytes("y"))
        let second = Request(rig, "flush")
        rig.clock.advance(by: .seconds(1))
        #expect(first.result == nil && second.result == nil)
        rig.store.answer(1)
        #expect(first.value != nil && second.result == nil)
        rig.store.isStopped = false
        rig.store.answer()
        rig.run { second.result != nil }
        #expect(second.value != nil && rig.store.outbox.count == 3 && rig.store.meta["x"] == bytes("y"))
    }

    // MARK: Status

    @Test func statusTellsOfTheLinkAndTheQueue() throws {
        let rig = Rig()
        try rig.online()
        var status = try rig.status()
        #expect(status["link"] == "online" && status["reason"] == .null)
        #expect(status["signal"]?["csq"]?.integer != nil)
        #expect(status["bytes"]?["line_sent"]?.integer ?? 0 > 100)
        #expect(status["bytes"]?["line_received"]?.integer ?? 0 > 100)
        let began = try #require(status["since"]?.integer)
        rig.port.acknowledges = false
        rig.port.isMute = true
        rig.publish(0..<3)
        rig.clock.advance(by: .seconds(100))
        status = try rig.status()
        #expect(status["link"] == "offline" && status["reason"]?.string?.isEmpty == false)
        #expect(status["since"]?.integer ?? 0 > began)
        #expect(status["last_recovery"]?["rung"]?.string != nil && status["last_recovery"]?["ended"] == .null)
        #expect(status["queue"]?["out"] == 3)
        let age = (status["now"]?.integer ?? 0) - (status["queue"]?["oldest_out"]?.integer ?? 0)
        #expect((99...101).contains(age))
        rig.port.isMute = false
        rig.port.acknowledges = true
        rig.run(.seconds(2000)) { rig.module.isOnline && rig.dispatcher.waiting == 0 }
        status = try rig.status()
        #expect(status["link"] == "online" && status["queue"]?["out"] == 0 && status["queue"]?["oldest_out"] == .null)
        #expect(status["last_recovery"]?["ended"]?.integer != nil)
    }
}

extension JSONValue: ExpressibleByArrayLiteral {
    /// A list.
    init(arrayLiteral elements: JSONValue...) { self = .list(elements) }
}
