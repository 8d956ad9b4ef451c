import ATProtocol
import BridgeTestKit
import LinuxIO
import ModemCore
import Testing

@testable import BridgeRuntime

/// What was recorded runs again.
struct ReplayTests {
    /// A run with a bit of everything: traffic both ways, a guest, a lost context, a module that falls mute.
    private func eventful() throws -> ReplayRig {
        let recorded = try ReplayRig()
        let rig = recorded.rig
        rig.settings.username = bytes("u")
        rig.settings.password = bytes("longPassword")
        try rig.online()
        rig.publish(0..<5)
        rig.run { rig.sent.count >= 5 && rig.broker.queue.isEmpty }
        var answered = false
        rig.module.visit(Visit(command: try .raw(bytes("AT+CSQ"))) { _ in answered = true })
        rig.run { answered }
        rig.clock.advance(by: .seconds(25))
        rig.port.say(["+PDP DEACT"])
        rig.run(.seconds(300)) { !rig.isOnline }
        rig.run(.seconds(300)) { rig.isOnline }
        rig.publish(5..<9)
        rig.run { rig.sent.count >= 9 }
        rig.port.openFailure = .missing(path: "/dev/ttyX")
        rig.port.unplug()
        rig.clock.advance(by: .seconds(7))
        rig.port.openFailure = nil
        rig.run(.seconds(300)) { rig.isOnline }
        rig.port.isMute = true
        rig.run(.seconds(300)) { !rig.isOnline }
        rig.clock.advance(by: .seconds(90))
        rig.port.isMute = false
        rig.run(.seconds(600)) { rig.isOnline }
        return recorded
    }

    @Test func theSameReleaseDoesTheSameAgain() throws {
        let text = try eventful().text()
        let (lines, summary) = try ReplayRig.replay(text)
        #expect(ReplayRig.differences(lines) == [])
        #expect(summary.hasController && summary.commands > 60)
        #expect(lines.contains { $0.kind == .decision && $0.text.contains("recovery: context") })
        #expect(lines.contains { $0.kind == .token && $0.text.contains("event") })
        let again = try ReplayRig.replay(text)
        let isSame = again.lines == lines
        #expect(isSame, "not deterministic")
    }

    @Test func aCommandThatIsNotSentAnyMoreIsADifference() throws {
        let text = String(decoding: try eventful().text(), as: UTF8.self)
        let added = text.replacing("-> AT+CGEREP=1", with: "-> AT+CGEREP=2")
        #expect(added != text)
        let (lines, summary) = try ReplayRig.replay(Array(added.utf8))
        #expect(summary.differences > 0)
        #expect(ReplayRig.differences(lines).first?.contains("AT+CGEREP=2") == true, "\(ReplayRig.differences(lines))")
        // After it the two find together again.
        #expect(summary.differences < 4, "\(ReplayRig.differences(lines))")
    }

    @Test func settingsOfAnotherReleaseShow() throws {
        let text = String(decoding: try eventful().text(), as: UTF8.self)
        let (_, summary) = try ReplayRig.replay(Array(text.replacing("keepalive=120", with: "keepalive=60").utf8))
        #expect(summary.differences > 0)
    }

    @Test func aRecordThatHasLostItsBeginningIsTakenUpWhereItsStateIsKnown() throws {
        let recorded = try ReplayRig()
        let rig = recorded.rig
        try rig.online()
        var next = 0
        while !recorded.recorder.isCut {
            rig.publish(next..<next + 10)
            next += 10
            rig.run { rig.sent.count >= next }
        }
        rig.port.say(["+PDP DEACT"])
        rig.run(.seconds(300)) { !rig.isOnline }
        rig.run(.seconds(300)) { rig.isOnline }
        let (lines, summary) = try ReplayRig.replay(recorded.text())
        #expect(ReplayRig.differences(lines) == [])
        #expect(summary.hasController)
        #expect(lines.contains { $0.text.contains("the beginning is gone") })
        #expect(lines.contains { $0.text.contains("recovery: context") })
    }

    @Test func secretsAreNotInIt() throws {
        let recorded = try ReplayRig()
        recorded.rig.settings.username = bytes("someUser")
        recorded.rig.settings.password = bytes("longPassword")
        recorded.rig.settings.pin = "4321"
        try recorded.rig.online()
        recorded.rig.port.say(["AT+CPIN=\"4321\"", "AT+MCONFIG=\"a\",\"someUser\",\"longPassword\"", "xlongPasswordx"])
        recorded.rig.clock.advance(by: .seconds(1))
        let text = String(decoding: recorded.text(secrets: [bytes("longPassword")]), as: UTF8.self)
        #expect(!text.contains("longPassword") && !text.contains("someUser") && !text.contains("4321"))
        #expect(text.contains("AT+CPIN=******") && text.contains("x************x"))
    }

    @Test func aPostedLogGoesThroughTheSession() throws {
        let text = "AT+CSQ\n\n+CSQ: 20,0\n\nOK\n\nAT+MSUB=\"a\",0\n\nOK\nSUBACK\n+MSUB: \"a\",2 byte,hi\n"
        let (lines, summary) = try ReplayRig.replay(bytes(text))
        #expect(!summary.hasController && summary.differences == 0)
        #expect(lines.map(\.text).contains("answer +CSQ: 20,0 | OK"))
        #expect(lines.map(\.text).contains { $0.hasPrefix("message a, 2 bytes") })
    }
}
