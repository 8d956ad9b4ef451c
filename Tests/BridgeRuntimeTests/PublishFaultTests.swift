import BridgeCore
import BridgeTestKit
import LinuxIO
import ModemCore
import Testing

@testable import BridgeRuntime

/// What can go wrong between a publish and its acknowledgement.
@Suite struct PublishFaultTests {
    /// Answers the first publish with `lines`, all others as usual.
    private func spoilFirst(_ rig: Rig, _ lines: [String]) {
        var isSpoilt = false
        rig.port.script = { line in
            guard line.hasPrefix("AT+MPUB"), !isSpoilt else { return nil }
            isSpoilt = true
            return lines
        }
    }

    private func commands(_ rig: Rig, after first: String) -> [String] {
        Array(rig.port.commands.drop { !$0.hasPrefix(first) }.dropFirst())
    }

    @Test(arguments: ["ERROR", "+CME ERROR: 767"])
    func anErrorIsRetriedAfterAPauseWhenTheSessionStands(_ answer: String) throws {
        let rig = Rig()
        try rig.online()
        spoilFirst(rig, [answer])
        let began = rig.clock.now
        rig.publish(0..<2)
        rig.run { rig.store.outbox.isEmpty && rig.sent.count == 2 }
        #expect(rig.clock.now - began >= .milliseconds(500))
        #expect(commands(rig, after: "AT+MPUB").first == "AT+MQTTSTATU")
        #expect(rig.sent == rig.numbered(0..<2))
        #expect(rig.dispatcher.counters.breaks == 0)
    }

    @Test func anErrorEndsTheSessionWhenItDoesNotStand() throws {
        let rig = Rig()
        try rig.online()
        spoilFirst(rig, ["ERROR"])
        rig.port.status = 0
        rig.publish(0..<2)
        rig.run { rig.sent.count == 2 && rig.dispatcher.counters.outAcknowledged == 2 }
        let after = commands(rig, after: "AT+MPUB")
        let again = after.firstIndex { $0.hasPrefix("AT+MPUB") } ?? 0
        #expect(after[..<again].contains { $0.hasPrefix("AT+MCONNECT") })
        #expect(rig.sent == rig.numbered(0..<2))
        #expect(rig.dispatcher.counters.breaks == 1)
    }

    @Test func aTimeOutResynchronisesAndEndsTheSession() throws {
        let rig = Rig()
        try rig.online()
        spoilFirst(rig, [])
        rig.publish(0..<2)
        rig.run { rig.sent.count == 2 && rig.dispatcher.counters.outAcknowledged == 2 }
        let after = commands(rig, after: "AT+MPUB")
        let again = after.firstIndex { $0.hasPrefix("AT+MPUB") } ?? 0
        #expect(Array(after.prefix(2)) == ["AT", "AT+CMEE?"])
        #expect(after[..<again].contains("AT+MDISCONNECT"))
        #expect(after[..<again].contains { $0.hasPrefix("AT+MCONNECT") })
        #expect(rig.dispatcher.counters.commandTimeouts == 1)
    }

    @Test func whatTheLinkWaitedToSendIsVoidAfterATimeOut() throws {
        let rig = Rig()
        try rig.online()
        spoilFirst(rig, [])
        rig.publish(0..<1)
        rig.run { rig.port.commands.last?.hasPrefix("AT+MPUB") ?? false }
        // The link wants to ask MQTTSTATU, behind the publish that never ends.
        rig.port.say(["CLOSED"])
        rig.run { rig.sent.count == 1 && rig.dispatcher.counters.outAcknowledged == 1 }
        let after = commands(rig, after: "AT+MPUB")
        let again = after.firstIndex { $0.hasPrefix("AT+MPUB") } ?? 0
        #expect(!after[..<again].contains("AT+MQTTSTATU"))
    }

    @Test func aLateAcknowledgementIsCreditedToNobody() throws {
        let rig = Rig()
        try rig.online()
        rig.port.acknowledges = false
        rig.publish(0..<2)
        rig.run { rig.port.publishes.count == 1 }
        rig.run { rig.port.commands.last == "AT+MDISCONNECT" }
        #expect(rig.dispatcher.counters.lateAcknowledgements == 1)
        rig.port.say(["PUBACK"])
        rig.run { rig.port.publishes.count == 2 }
        #expect(rig.dispatcher.counters.strayAcknowledgements == 1)
        // This one is lost in the network; nothing may count for it.
        rig.clock.advance(by: .seconds(5))
        #expect(rig.dispatcher.counters.outAcknowledged == 0)
        #expect(rig.store.outbox.count == 2)
        rig.port.acknowledges = true
        rig.run { rig.dispatcher.counters.outAcknowledged == 2 }
        #expect(rig.sent == ["message 0", "message 0", "message 0", "message 1"])
    }

    @Test func aStrayAcknowledgementIsCounted() throws {
        let rig = Rig()
        try rig.online()
        rig.port.say(["PUBACK"])
        rig.clock.advance(by: .milliseconds(10))
        #expect(rig.dispatcher.counters.strayAcknowledgements == 1)
        rig.publish(0..<3)
        rig.run { rig.store.outbox.isEmpty && rig.sent.count == 3 }
    }

    @Test func aSessionThatEndsAsItBeginsGetsNoPublish() throws {
        let rig = Rig()
        try rig.start()
        rig.run { rig.broker.isConnected }
        var isFirst = true
        rig.port.script = { line in
            guard line.hasPrefix("AT+MSUB"), isFirst else { return nil }
            isFirst = false
            return ["OK", "SUBACK", "+PDP: DEACT"]
        }
        rig.publish(0..<1)
        rig.run { rig.dispatcher.counters.outAcknowledged == 1 }
        let connects = rig.port.commands.indices.filter { rig.port.commands[$0].hasPrefix("AT+MCONNECT") }
        let publishes = rig.port.commands.indices.filter { rig.port.commands[$0].hasPrefix("AT+MPUB") }
        #expect(publishes.count == 1)
        #expect(connects.count == 2 && publishes[0] > connects[1])
    }

    @Test func aPortThatTakesNoBytesIsOpenedAgain() throws {
        let rig = Rig()
        try rig.online()
        rig.port.takesWrites = false
        rig.publish(0..<2)
        rig.clock.advance(by: .seconds(3))
        #expect(rig.recorder.count("the port takes no more bytes", .error) >= 1)
        rig.port.takesWrites = true
        rig.run(.seconds(200)) { rig.dispatcher.counters.outAcknowledged == 2 }
        #expect(rig.sent == rig.numbered(0..<2))
        #expect(rig.port.openings >= 2)
    }

    @Test func aPortThatGoesComesBackWithNothingLost() throws {
        let rig = Rig()
        try rig.online()
        rig.publish(0..<5)
        rig.run { rig.port.publishes.count == 2 }
        rig.port.openFailure = .missing(path: "/dev/ttyUSB0")
        rig.port.unplug()
        rig.port.forget()
        rig.clock.advance(by: .seconds(30))
        #expect(rig.recorder.count("the port is gone", .warning) == 1)
        rig.port.openFailure = nil
        rig.run(.seconds(200)) { rig.dispatcher.counters.outAcknowledged == 5 }
        #expect(Set(rig.sent) == Set(rig.numbered(0..<5)))
        #expect(rig.dispatcher.counters.portLosses == 1)
        #expect(rig.dispatcher.counters.breaks == 1, "the break is counted once")
    }

    @Test func anIdleBridgeSleeps() throws {
        let rig = Rig()
        try rig.online()
        rig.publish(0..<3)
        rig.run { rig.store.outbox.isEmpty && rig.sent.count == 3 }
        rig.clock.advance(by: .seconds(1))
        #expect(rig.clock.count <= 2, "one deadline of the driver, at most one other")
        let next = rig.clock.nextDue.map { $0 - rig.clock.now } ?? .seconds(60)
        #expect(next > .seconds(5))
    }

    @Test func aLateAnswerToTheLastRunDoesNotShiftTheBringUp() throws {
        let rig = Rig()
        rig.port.identity = "AirM2M_780E_V1169_LTE_AT"
        rig.port.script = { [unowned rig] line in
            if line == "AT" { rig.port.say(["OK"], after: .milliseconds(1)) }
            return nil
        }
        try rig.online()
        #expect(rig.module.link.currentProfile.name == "air780e")
        rig.broker.publish("sensors/a", [UInt8](repeating: 0, count: 3000))
        rig.run { rig.dispatcher.counters.outAcknowledged == 1 }
        #expect(rig.store.refusals.isEmpty)
    }
}
