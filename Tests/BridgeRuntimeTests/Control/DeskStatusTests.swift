import BridgeTestKit
import Control
import ModemCore
import Testing

@testable import BridgeRuntime

/// Signal and operator in `status`: as new as they can be had without disturbing the bridge.
struct DeskStatusTests {
    typealias Request = DeskTests.Request

    private func online() throws -> Rig {
        let rig = Rig()
        rig.port.script = { $0 == "AT+COPS?" ? ["+COPS: 0,0,\"CHN-UNICOM\",7", "OK"] : nil }
        try rig.online()
        return rig
    }

    private func questions(_ rig: Rig) -> Int { rig.port.commands.count { $0 == "AT+COPS?" } }

    @Test func signalAndOperatorAreOfNow() throws {
        let rig = try online()
        rig.clock.advance(by: .seconds(3600))
        #expect(questions(rig) == 0)
        var now = try rig.status()
        #expect(now["signal"] == .members(["csq": 23, "dbm": -67, "words": "good", "age": 0]))
        #expect(now["operator"] == .members(["name": "CHN-UNICOM", "technology": "LTE", "age": 0]))
        rig.port.script = { line in
            switch line {
            case "AT+CSQ": ["+CSQ: 5,0", "OK"]
            case "AT+COPS?": ["+COPS: 0,2,\"46001\"", "OK"]
            default: nil
            }
        }
        rig.clock.advance(by: .seconds(9))
        now = try rig.status()
        #expect(now["signal"]?["csq"] == 23 && now["signal"]?["age"] == 9 && questions(rig) == 1)
        rig.clock.advance(by: .seconds(1))
        now = try rig.status()
        #expect(now["signal"]?["dbm"] == -103 && now["signal"]?["words"] == "weak" && now["signal"]?["age"] == 0)
        #expect(now["operator"] == .members(["name": "46001", "technology": .null, "age": 0]))
        // A cell that is lost for the moment: the last known one, and its age; no operator is none.
        rig.port.script = { line in
            switch line {
            case "AT+CSQ": ["+CSQ: 99,99", "OK"]
            case "AT+COPS?": ["+COPS: 0", "OK"]
            default: nil
            }
        }
        rig.clock.advance(by: .seconds(10))
        now = try rig.status()
        #expect(now["signal"]?["dbm"] == -103 && now["signal"]?["age"] == 10 && now["operator"] == .null)
    }

    @Test func howeverManyAskTheModuleIsAskedOnce() throws {
        let rig = try online()
        let first = (0..<20).map { _ in Request(rig, "status") }
        rig.run(.seconds(3)) { first.allSatisfy { $0.value != nil } }
        for _ in 0..<50 {
            _ = try rig.status()
            rig.clock.advance(by: .milliseconds(180))
        }
        #expect(questions(rig) == 1)
    }

    @Test func aSlowModuleIsNotWaitedForAndNotPressed() throws {
        let rig = try online()
        _ = try rig.status()
        rig.clock.advance(by: .seconds(20))
        rig.port.latency = .seconds(5)
        let before = rig.clock.now
        let late = Request(rig, "status")
        rig.clock.advance(by: .milliseconds(1500))
        let later = Request(rig, "status")
        rig.run(.seconds(3)) { late.result != nil && later.result != nil }
        #expect(rig.clock.now - before == RadioWatch.patience)
        #expect(late.value?["signal"]?["age"] == 22 && late.value?["operator"]?["age"] == 22)
        let third = Request(rig, "status")
        #expect(third.value?["signal"]?["age"] == 22)
        // The answers that come after all are there for the next.
        rig.clock.advance(by: .seconds(10))
        #expect(questions(rig) == 2 && rig.isOnline)
        #expect(Request(rig, "status").value?["signal"]?["age"] == 7)
    }

    @Test func aModuleThatDoesNotAnswerIsLeftAloneForAMinute() throws {
        let rig = try online()
        rig.port.script = { $0 == "AT+COPS?" ? [] : nil }
        let first = Request(rig, "status")
        rig.run(.seconds(3)) { first.result != nil }
        #expect(first.value?["signal"]?["age"] == 1 && first.value?["operator"] == .null)
        rig.run(.seconds(120)) { !rig.module.isOnline }
        rig.run(.seconds(120)) { rig.isOnline }
        let end = rig.clock.now + .seconds(25)
        while rig.clock.now < end {
            _ = try rig.status()
            rig.clock.advance(by: .seconds(1))
        }
        #expect(questions(rig) == 1)
        rig.publish(0..<3)
        rig.run { rig.sent.suffix(3) == rig.numbered(0..<3)[...] }
    }

    @Test func aLinkThatAdmitsNoGuestsIsLeftAlone() throws {
        let rig = try online()
        _ = try rig.status()
        rig.port.isMute = true
        rig.port.say(["CLOSED"])
        rig.run(.seconds(120)) { !rig.module.isOnline && !rig.module.link.admitsGuests }
        let count = rig.port.commands.count
        let request = Request(rig, "status")
        #expect(request.value?["link"] == "offline" && request.value?["operator"]?["name"] == "CHN-UNICOM")
        #expect((request.value?["operator"]?["age"]?.integer ?? 0) > 5)
        #expect(rig.port.commands.count == count)
    }

    @Test func theQueueGoesOnBetweenTheQuestions() throws {
        let rig = try online()
        rig.publish(0..<40)
        var requests: [Request] = []
        for _ in 0..<5 {
            rig.clock.advance(by: .milliseconds(30))
            requests.append(Request(rig, "status"))
        }
        rig.run { requests.allSatisfy { $0.value?["operator"] != .null && $0.value != nil } && rig.sent.count == 40 }
        #expect(rig.sent == rig.numbered(0..<40))
    }
}

extension Rig {
    /// The answer to `status`, within the time it may take.
    func status() throws -> JSONValue {
        let request = DeskTests.Request(self, "status")
        run(RadioWatch.patience) { request.result != nil }
        return try #require(request.value)
    }
}
