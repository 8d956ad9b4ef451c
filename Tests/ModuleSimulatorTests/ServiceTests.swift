import BridgeTestKit
import Glibc
import LinuxIO
import Testing

@testable import ModuleSimulator

/// The whole simulator on a PTY, with a real broker where one is needed.
@Suite(.serialized) struct ServiceTests {
    @Test func messagesCrossARealBrokerAndBack() throws {
        let broker = try BrokerProcess()
        let rig = try Rig(Rig.quick())
        #expect(rig.goOnline(port: broker.port))
        #expect(rig.say("AT+MSUB=\"loop/#\",1", "\r\nOK\r\n\r\nSUBACK\r\n"))
        #expect(rig.say("AT+MPUB=\"loop/0\",0,0,\"a\\22b\"", "\r\n+MSUB: \"loop/0\",3 byte,a\"b\r\n"))
        #expect(rig.say("AT+MPUB=\"loop/1\",1,0,\"one\"", "\r\n+MSUB: \"loop/1\",3 byte,one\r\n"))
        #expect(rig.wait { rig.has("\r\nPUBACK\r\n") })
        #expect(rig.say("AT+MPUB=\"loop/2\",2,0,\"two\"", "\r\n+MSUB: \"loop/2\",3 byte,two\r\n"))
        #expect(rig.wait { rig.has("\r\nPUBREC\r\n") && rig.has("\r\nPUBCOMP\r\n") })

        let data = (0...255).map { UInt8($0) }
        #expect(rig.say("AT+MPUBEX=\"loop/x\",0,0,256", "\r\n>"))
        rig.write(data)
        let expected = ascii("\r\n+MSUB: \"loop/x\",256 byte,") + data + ascii("\r\n")
        #expect(
            rig.wait { rig.received.count >= expected.count && rig.received.suffix(expected.count) == expected[...] })
        #expect(rig.say("AT+MDISCONNECT"))
        #expect(rig.say("AT+MIPCLOSE"))
        #expect(rig.say("AT+MQTTSTATU", "+MQTTSTATU :0"))
    }

    @Test func anEndingBrokerIsClosedAndAnAbsentOneFails() throws {
        let broker = try BrokerProcess()
        let rig = try Rig(Rig.quick())
        #expect(rig.goOnline(port: broker.port))
        broker.stop()
        #expect(rig.wait { rig.has("\r\nCLOSED\r\n") })
        #expect(rig.say("AT+MIPSTART=\"127.0.0.1\",\(broker.port)", "\r\nCONNECT FAIL\r\n"))
        try broker.start()
        #expect(rig.say("AT+MIPSTART=\"127.0.0.1\",\(broker.port)", "\r\nCONNECT OK\r\n"))
    }

    @Test func theSessionOutlivesTheHostAndWhatItPrintsIsRecorded() throws {
        let broker = try BrokerProcess()
        let rig = try Rig(Rig.quick())
        #expect(rig.goOnline(port: broker.port, id: "first"))
        #expect(rig.say("AT+MSUB=\"t\",1", "SUBACK"))
        rig.closeHost()
        #expect(rig.wait { rig.transcript.contains("reader gone") })

        let other = try Rig(Rig.quick())
        #expect(other.goOnline(port: broker.port, id: "second"))
        #expect(other.say("AT+MPUB=\"t\",1,0,\"unread 1\"", "PUBACK"))
        #expect(rig.wait { rig.transcript.contains { $0.hasSuffix("reader=no via=direct payload=unread 1") } })

        #expect(rig.openHost())
        #expect(rig.say("AT+MQTTSTATU", "+MQTTSTATU :1"))
        #expect(rig.say("AT+MIPSTART=\"127.0.0.1\",\(broker.port)", "ALREADY CONNECT"))
        #expect(other.say("AT+MPUB=\"t\",1,0,\"read 2\"", "PUBACK"))
        #expect(rig.wait { rig.has("+MSUB: \"t\",6 byte,read 2\r\n") })
        #expect(rig.transcript.contains { $0.hasSuffix("reader=yes via=direct payload=read 2") })
    }

    @Test func redirectGoesElsewhere() throws {
        let broker = try BrokerProcess()
        var options = Rig.quick()
        options.redirect = .init(host: "127.0.0.1", port: UInt16(broker.port))
        let rig = try Rig(options)
        #expect(rig.wait { rig.transcript.contains { $0.contains("+E_UTRAN") } } && rig.openHost())
        #expect(rig.say("AT+MIPSTART=\"broker.example\",8883", "CONNECT OK"))
    }

    @Test func aReplugBringsANewTerminalUnderTheSameLink() throws {
        var options = Rig.quick()
        options.link = "/tmp/simulator-link-\(getpid())"
        options.transcript = "/tmp/simulator-transcript-\(getpid())"
        defer { unsafe unlink(options.transcript ?? "") }
        let rig = try Rig(options)
        #expect(rig.openHost() && rig.wait { rig.has("RDY") || rig.transcript.contains("reader came") })
        #expect(rig.service.command("replug 0.05") == "ok")
        #expect(unsafe access(rig.service.slavePath, F_OK) != 0)
        #expect(rig.wait { !rig.hostIsOpen })
        #expect(rig.wait { unsafe access(rig.service.slavePath, F_OK) == 0 })
        #expect(rig.openHost())
        #expect(rig.say("AT"))
        #expect(rig.service.command("nonsense") == "error: unknown command nonsense")
        rig.service.stop()
        #expect(unsafe access(rig.service.slavePath, F_OK) != 0)
        let file = try OwnedDescriptor.open(options.transcript ?? "", flags: O_RDONLY)
        let text = String(decoding: try file.read(upTo: 65536) ?? [], as: UTF8.self)
        #expect(text.contains(" -> AT\n") && text.contains(" fault replug\n") && text.hasSuffix(" stop\n"))
    }

    @Test func pacingHoldsOnTheRealClock() throws {
        var options = Rig.quick()
        options.baud = 9600
        let rig = try Rig(options)
        #expect(rig.openHost() && rig.wait { rig.transcript.contains { $0.contains("NITZ") } })
        #expect(rig.say("ATE0"))
        let start = rig.loop.now
        #expect(rig.say("AT+CGSN", "\r\nOK\r\n"))
        // 8 bytes in (the LF after them runs beside the answer) and 25 out: no sooner, and not much later.
        let bytes = 8 + 19 + 6
        #expect(rig.loop.now - start >= .microseconds(bytes * 10_000_000 / 9600))
        #expect(rig.loop.now - start < .microseconds(bytes * 10_000_000 / 9600) + .milliseconds(200))
    }
}
