import BridgeCore
import BridgeTestKit
import Control
import LinuxIO
import Testing

@testable import BridgeRuntime

/// What the control socket's guests get done while the bridge runs, under virtual time.
struct DeskTests {
    /// One request and what came of it.
    final class Request {
        var events: [JSONValue] = []
        var result: Result<JSONValue, ControlCall.Failure>?
        private(set) var call: ControlCall!

        init(_ rig: Rig, _ operation: String, _ arguments: KeyValuePairs<String, JSONValue> = [:], user: UInt32 = 0) {
            call = ControlCall(
                operation: operation, arguments: .members(arguments),
                peer: UnixSocket.Peer(pid: 1, user: user, group: 0),
                onEvent: { [unowned self] in events.append($0) }, onEnd: { [unowned self] in result = $0 })
            rig.bridge.serve(call)
        }

        var failure: ControlCall.Failure? { if case .failure(let failure) = result { failure } else { nil } }
        var value: JSONValue? { if case .success(let value) = result { value } else { nil } }
    }

    private func online() throws -> Rig {
        let rig = Rig()
        try rig.online()
        return rig
    }

    @Test func aMessageIsPublishedNow() throws {
        let rig = try online()
        let request = Request(rig, "publish", ["topic": "x/y", "payload_base64": "AAH/", "qos": 1, "retain": true])
        rig.run { request.result != nil }
        #expect(request.value?["outcome"] == "acknowledged")
        let last = rig.port.publishes.last
        #expect(last?.topic == bytes("x/y") && last?.payload == [0, 1, 255] && last?.qos == 1 && last?.retain == true)
        #expect(rig.store.batches.allSatisfy { $0.appendOut.isEmpty })
        #expect(rig.dispatcher.counters.outAcknowledged == 0)
    }

    @Test func itGoesBetweenTheQueuesMessagesAndNothingIsLost() throws {
        let rig = try online()
        rig.publish(0..<30)
        var guests: [Request] = []
        for number in 0..<5 {
            rig.clock.advance(by: .milliseconds(40))
            guests.append(Request(rig, "publish", ["topic": "g", "payload": .text("guest \(number)"), "qos": 1]))
        }
        rig.run { guests.allSatisfy { $0.result != nil } && rig.broker.queue.isEmpty && rig.store.outbox.isEmpty }
        #expect(rig.sent.filter { $0.hasPrefix("message") } == rig.numbered(0..<30))
        #expect(rig.sent.filter { $0.hasPrefix("guest") } == (0..<5).map { "guest \($0)" })
    }

    @Test func queuedMeansOnDiskOrAcknowledged() throws {
        let rig = try online()
        rig.store.isStopped = true
        rig.port.acknowledges = false
        let request = Request(rig, "publish", ["topic": "q", "payload": "later", "qos": 1, "queue": true])
        rig.clock.advance(by: .milliseconds(200))
        #expect(request.result == nil)
        rig.store.isStopped = false
        rig.store.answer()
        rig.run { request.result != nil }
        #expect(request.value?["outcome"] == "queued")
        #expect(rig.store.outbox.contains { $0.payload == bytes("later") })
    }

    @Test(
        arguments: [
            (["payload": "x"], 64, "needs a topic"), (["topic": "a/#"], 65, "refused"),
            (["topic": "p/\"q"], 65, "refused: the module cannot carry a \" in a topic"),
            (["topic": "p\\q"], 65, "refused: the module cannot carry a \\ in a topic"),
            (["topic": "a", "qos": 3], 64, "qos"),
            (["topic": "a", "payload_base64": "?"], 64, "base64"),
            (["topic": "a", "payload": .text(String(repeating: "x", count: 9000))], 65, "limit"),
        ] as [(KeyValuePairs<String, JSONValue>, Int32, String)])
    func whatCannotBePublishedIsRefused(
        arguments: KeyValuePairs<String, JSONValue>, code: Int32, reason: String
    ) throws {
        let rig = try online()
        let count = rig.port.publishes.count
        let request = Request(rig, "publish", arguments)
        rig.run { request.result != nil }
        #expect(request.failure?.code == code && request.failure?.text.contains(reason) == true)
        #expect(rig.port.publishes.count == count)
    }

    @Test func withoutALinkThereIsNoPublishAndABreakIsTold() throws {
        let rig = try online()
        rig.port.acknowledges = false
        let open = Request(rig, "publish", ["topic": "x", "payload": "1", "qos": 1])
        let next = Request(rig, "publish", ["topic": "x", "payload": "2", "qos": 1])
        rig.clock.advance(by: .milliseconds(100))
        rig.port.say(["+PDP: DEACT"])
        rig.run { open.result != nil && next.result != nil }
        #expect(open.failure?.code == 69 && open.failure?.text.contains("may have arrived") == true)
        #expect(next.failure?.code == 69 && next.failure?.text.contains("may have arrived") == false)
        let down = Request(rig, "publish", ["topic": "x", "payload": "3"])
        #expect(down.failure?.text.hasPrefix("no link") == true)
    }

    @Test func aRefusedPublishIsToldAndTheLinkStands() throws {
        let rig = try online()
        var left = 1
        rig.port.script = { line in
            guard left > 0, line.hasPrefix("AT+MPUB=") else { return nil }
            left -= 1
            return ["+CME ERROR: 767"]
        }
        let request = Request(rig, "publish", ["topic": "x", "payload": "1", "qos": 1])
        rig.run { request.result != nil }
        #expect(request.failure?.code == 65)
        let after = Request(rig, "publish", ["topic": "x", "payload": "2", "qos": 1])
        rig.run { after.result != nil }
        #expect(after.value?["outcome"] == "acknowledged" && rig.dispatcher.counters.breaks == 0)
    }

    @Test func aSubscriptionBringsMessagesUntilItIsLeft() throws {
        let rig = try online()
        let request = Request(rig, "subscribe", ["filters": .list(["guest/#"]), "qos": 1])
        rig.run { !request.events.isEmpty }
        #expect(request.events == [.members(["subscribed": true])])
        #expect(rig.port.commands.contains("AT+MSUB=\"guest/#\",1"))
        rig.port.deliver("guest/a", bytes("hello"))
        rig.run { request.events.count == 2 }
        #expect(request.events.last == .members(["topic": "guest/a", "payload_base64": "aGVsbG8="]))
        #expect(rig.dispatcher.counters.inUnrouted == 0)
        // A routed message goes its way all the same.
        rig.port.deliver("commands/n", bytes("routed"))
        rig.run { rig.broker.received.contains { $0.payload == bytes("routed") } }
        request.call.cancel()
        rig.run { rig.port.commands.contains("AT+MUNSUB=\"guest/#\"") }
        rig.clock.advance(by: .seconds(3))
        #expect(
            !String(decoding: rig.store.meta[Dispatcher.Meta.remoteFilters] ?? [], as: UTF8.self).contains("guest/#"))
    }

    /// A killed service must find in its records what the session has.
    @Test func aSubscriptionIsOnDiskBeforeItIsMade() throws {
        let rig = try online()
        rig.store.isStopped = true
        let requests = (0..<2).map { _ in Request(rig, "subscribe", ["filters": .list(["guest/#"])]) }
        rig.clock.advance(by: .seconds(1))
        #expect(!rig.port.commands.contains { $0.hasPrefix("AT+MSUB=\"guest/#") })
        rig.store.isStopped = false
        rig.store.answer()
        #expect(
            String(decoding: rig.store.meta[Dispatcher.Meta.remoteFilters] ?? [], as: UTF8.self).contains("guest/#"))
        rig.run { requests.allSatisfy { $0.events.count == 1 } }
        #expect(rig.port.commands.contains { $0.hasPrefix("AT+MSUB=\"guest/#") })
    }

    @Test func aGuestMayListenToTheHeartbeatsTopic() throws {
        let rig = Rig()
        rig.about = .init(name: "box", heartbeat: (bytes("cellbridge/box/heartbeat"), .seconds(100)))
        try rig.online()
        let request = Request(rig, "subscribe", ["filters": .list(["cellbridge/box/heartbeat"])])
        rig.run { request.events.count == 1 }
        rig.port.deliver("cellbridge/box/heartbeat", bytes("doctor"))
        rig.run { request.events.count == 2 }
        #expect(request.events.last?["topic"] == "cellbridge/box/heartbeat")
        #expect(rig.dispatcher.counters.inReceived == 0)
    }

    @Test func twoWhoWantTheSameShareItAndTheBridgesOwnStays() throws {
        let rig = try online()
        let first = Request(rig, "subscribe", ["filters": .list(["g"])])
        rig.run { first.events.count == 1 }
        let second = Request(rig, "subscribe", ["filters": .list(["g", "commands/#"])])
        rig.run { second.events.count == 1 }
        #expect(rig.port.commands.filter { $0.hasPrefix("AT+MSUB=\"g\"") }.count == 1)
        #expect(rig.port.commands.filter { $0.hasPrefix("AT+MSUB=\"commands/#\"") }.count == 1)
        first.call.cancel()
        rig.clock.advance(by: .seconds(1))
        #expect(!rig.port.commands.contains("AT+MUNSUB=\"g\""))
        second.call.cancel()
        rig.clock.advance(by: .seconds(1))
        #expect(rig.port.commands.contains("AT+MUNSUB=\"g\""))
        #expect(!rig.port.commands.contains("AT+MUNSUB=\"commands/#\""))
    }

    @Test func aBreakEndsASubscriptionAndTheNextSessionIsCleanedUp() throws {
        let rig = try online()
        let request = Request(rig, "subscribe", ["filters": .list(["g/#"])])
        rig.run { request.events.count == 1 }
        rig.port.status = 0
        rig.port.say(["CLOSED"])
        rig.run { request.result != nil }
        #expect(request.failure?.code == 69)
        rig.run { rig.isOnline && rig.port.commands.contains("AT+MUNSUB=\"g/#\"") }
    }

    @Test func whoSubscribesAnewRightAfterABreakIsInTheRecords() throws {
        let rig = try online()
        let request = Request(rig, "subscribe", ["filters": .list(["g/#"])])
        rig.run { request.events.count == 1 }
        rig.port.status = 0
        rig.port.say(["CLOSED"])
        rig.run { request.result != nil }
        rig.run { rig.module.isOnline }
        // What the break has left is being unsubscribed.
        let again = Request(rig, "subscribe", ["filters": .list(["g/#"])])
        rig.run { again.events.count == 1 }
        rig.clock.advance(by: .seconds(5))
        #expect(rig.port.commands.last { $0.contains("SUB=\"g/#\"") } == "AT+MSUB=\"g/#\",0")
        let records = String(decoding: rig.store.meta[Dispatcher.Meta.remoteFilters] ?? [], as: UTF8.self)
        #expect(records.contains("g/#"))
        rig.port.deliver("g/x", bytes("hello"))
        rig.run { again.events.count == 2 }
    }

    @Test func aRawCommandIsAnswered() throws {
        let rig = try online()
        let request = Request(rig, "at", ["line": "AT+CSQ"])
        rig.run { request.result != nil }
        #expect(request.value?["lines"] == .list(["+CSQ: 23,0"]) && request.value?["final"] == "OK")
        #expect(request.value?["ok"] == true)
    }

    @Test(arguments: [
        ("AT+MDISCONNECT", 75, "--force"), ("AT+CFUN=0", 75, "--force"), ("AT+CSQ;+RESET", 75, "--force"),
        ("AT+MPUBEX=\"t\",0,0,100", 64, "take bytes"), ("AT+CSQ;+MPUBEX=\"t\",0,0,9", 64, "take bytes"),
        ("AT+CSQ\r\nAT+RESET", 64, "control bytes"), ("hello", 64, "begins with AT"),
    ])
    func commandsThatCouldChangeTheSessionAreRefused(line: String, code: Int32, reason: String) throws {
        let rig = try online()
        let count = rig.port.commands.count
        let request = Request(rig, "at", ["line": .text(line)])
        #expect(request.failure?.code == code && request.failure?.text.contains(reason) == true)
        #expect(rig.port.commands.count == count)
    }

    @Test func forceLetsThemThroughButNeverADataMode() throws {
        let rig = try online()
        let request = Request(rig, "at", ["line": "AT+CFUN=1", "force": true])
        rig.run { request.result != nil }
        #expect(request.value?["ok"] == true)
        #expect(Request(rig, "at", ["line": "AT+FSWRITE=\"x\",0,5,10", "force": true]).failure?.code == 64)
    }

    @Test func rawCommandsAreForRootAndTheServicesUser() throws {
        let rig = try online()
        #expect(Request(rig, "at", ["line": "AT+CSQ"], user: 54_321).failure?.code == 77)
        #expect(Request(rig, "dialogue", user: 54_321).failure?.code == 77)
        let own = Request(rig, "at", ["line": "AT+CSQ"], user: currentUser)
        rig.run { own.result != nil }
        #expect(own.value != nil)
    }

    @Test func aCommandWithoutAnAnswerIsToldAndTheBridgeComesBack() throws {
        let rig = try online()
        rig.port.script = { $0 == "AT+CEER" ? [] : nil }
        let request = Request(rig, "at", ["line": "AT+CEER", "timeout": 3])
        rig.run { request.result != nil }
        #expect(request.failure?.text.contains("no answer") == true)
        rig.run(.seconds(120)) { rig.isOnline }
        rig.publish(0..<3)
        rig.run { rig.sent.suffix(3) == rig.numbered(0..<3)[...] }
    }

    @Test func whatGoesOverTheLineCanBeWatchedWithoutSecrets() throws {
        let rig = try online()
        let watch = Request(rig, "dialogue")
        let publish = Request(rig, "publish", ["topic": "x", "payload": "secret", "qos": 1])
        rig.run { publish.result != nil }
        let sent = watch.events.compactMap { $0["sent"]?.string }
        #expect(sent.contains { $0.hasPrefix("AT+MPUB=") } && !sent.contains { $0.contains("secret") })
        let received = watch.events.compactMap { $0["received"]?.string.flatMap(Base64.decode) }.flatMap { $0 }
        #expect(String(decoding: received, as: UTF8.self).contains("PUBACK"))
    }

    @Test func connectWaitsForTheLink() throws {
        let rig = Rig()
        try rig.start()
        let request = Request(rig, "connect", ["wait": 100])
        rig.run(.seconds(100)) { request.result != nil }
        #expect(request.value != nil && rig.module.isOnline)
        #expect(request.events.count >= 2)
        rig.broker.isUp = true
        rig.port.isMute = true
        rig.port.say(["CLOSED"])
        rig.run(.seconds(60)) { !rig.module.isOnline }
        #expect(Request(rig, "connect").failure?.code == 69)
    }

    @Test func theStatusTellsOfTheLink() throws {
        let rig = try online()
        let status = try rig.status()
        #expect(status["link"] == "online" && status["service"] == true)
        #expect(status["counters"]?["sessions"] == 1)
        #expect(Request(rig, "nonsense").failure?.code == 64)
    }

    @Test func guestsAreBounded() throws {
        let rig = try online()
        rig.port.isMute = true
        let requests = (0..<40).map { _ in Request(rig, "at", ["line": "AT+CSQ"]) }
        #expect(requests.filter { $0.failure?.text.contains("wait already") == true }.count >= 20)
        rig.port.isMute = false
        rig.run(.seconds(200)) { requests.allSatisfy { $0.result != nil } }
    }
}
