import Testing

@testable import ModuleSimulator

/// Chapter 13 with a broker behind it.
@Suite struct SessionTests {
    @Test func theManualsExampleRuns() {
        // YM310 AT manual 13.14, and captures 01 and 03.
        var dialogue = Dialogue.ready()
        #expect(dialogue.say("AT+MCONFIG=868488076771714,root,luat123456") == "|OK|")
        #expect(dialogue.say("AT+MIPSTART=\"airtest.openluat.com\",\"1883\"") == "|OK||CONNECT OK|")
        #expect(dialogue.opened == ["airtest.openluat.com:1883"])
        #expect(dialogue.say("AT+MQTTSTATU") == "|+MQTTSTATU :2||OK|")
        #expect(dialogue.say("AT+MPUB=\"t\",0,0,\"x\"") == "|+CME ERROR: 767|")
        #expect(dialogue.say("AT+MCONNECT=1,60") == "|OK||CONNACK OK|")
        #expect(dialogue.say("AT+MQTTSTATU") == "|+MQTTSTATU :1||OK|")
        #expect(dialogue.say("AT+MSUB=\"mqtt/pub\",0") == "|OK||SUBACK|")
        #expect(dialogue.say("AT+MPUB=\"mqtt/sub\",0,0,\"data from 4G module\"") == "|OK|")
        #expect(dialogue.say("AT+MPUB=\"mqtt/sub\",1,0,\"publish 1 payload\"") == "|OK||PUBACK|")
        #expect(dialogue.say("AT+MPUB=\"mqtt/sub\",2,0,\"publish 2 payload\"") == "|OK||PUBREC||PUBCOMP|")
        dialogue.arrives("mqtt/pub", ascii("data from tcp server"))
        #expect(dialogue.text() == "|+MSUB: \"mqtt/pub\",20 byte,data from tcp server|")
        #expect(dialogue.say("AT+MUNSUB=\"mqtt/pub\"") == "|OK||UNSUBACK|")
        #expect(dialogue.say("AT+MDISCONNECT") == "|OK|")
        #expect(dialogue.say("AT+MIPCLOSE") == "|OK|")
        #expect(
            dialogue.packets.first
                == .connect(
                    .init(
                        clientID: ascii("868488076771714"), username: ascii("root"), password: ascii("luat123456"),
                        cleanSession: true, keepAlive: 60)))
        #expect(dialogue.packets.last == .disconnect)
    }

    @Test func escapesAndHexReachTheBrokerDecoded() {
        var dialogue = Dialogue.ready(online: true)
        _ = dialogue.say("AT+MPUB=\"t\",0,1,\"a\\22b\\5C\\0D\\0A\\41;,\"")
        _ = dialogue.say("AT+MQTTMODE=1")
        #expect(dialogue.say("AT+MPUB=\"t\",0,0,\"31320a\"") == "|OK|")
        #expect(dialogue.say("AT+MPUB=\"t\",0,0,\"313\"") == "|ERROR|")
        #expect(dialogue.say("AT+MPUB=\"t\",0,0,\"3x\"") == "|ERROR|")
        #expect(dialogue.say("AT+MPUB=\"t\",0,0,\"\"") == "|OK|")
        let published = dialogue.packets.compactMap { packet -> MQTTPacket.Publish? in
            if case .publish(let publish) = packet { publish } else { nil }
        }
        #expect(published.map(\.payload) == [ascii("a\"b\\\r\n\\41;,"), [0x31, 0x32, 0x0A], []])
        #expect(published.map(\.retain) == [true, false, false])
    }

    @Test func hexModeTurnsReceivedPayloadsIntoHexToo() {
        // Capture 07.
        var dialogue = Dialogue.ready(online: true)
        _ = dialogue.say("AT+MQTTMODE=1")
        dialogue.arrives("vehicle/v1/ECE334B0AD08/ctrl/", ascii("{\"cmd\":\" 123\"}"))
        #expect(
            dialogue.text() == "|+MSUB: \"vehicle/v1/ECE334B0AD08/ctrl/\",14 byte,7B22636D64223A2220313233227D|")
    }

    @Test func limitsAreKept() {
        var dialogue = Dialogue.ready(online: true)
        let full = String(repeating: "x", count: 2384)
        #expect(dialogue.say("AT+MPUB=\"t\",0,0,\"\(full)\"") == "|OK|")
        #expect(dialogue.say("AT+MPUB=\"t\",0,0,\"\(full)x\"") == "|+CME ERROR: 765|")
        let topic = String(repeating: "t", count: 256)
        #expect(dialogue.say("AT+MPUB=\"\(topic)\",0,0,\"\"") == "|OK|")
        #expect(dialogue.say("AT+MPUB=\"\(topic)t\",0,0,\"\"") == "|+CME ERROR: 765|")
        #expect(dialogue.say("AT+" + String(repeating: "y", count: 8190)) == "|+CME ERROR: 818|")
        #expect(dialogue.say("AT") == "|OK|")
    }

    @Test func aLongDownlinkIsCutAtTheLimit() {
        var dialogue = Dialogue.ready(online: true)
        dialogue.arrives("t", [UInt8](repeating: 0x61, count: 1400))
        #expect(dialogue.text() == "|+MSUB: \"t\",1360 byte," + String(repeating: "a", count: 1360) + "|")
        #expect(dialogue.tags.map(\.payload.count) == [1400])
    }

    @Test func inboundIsAcknowledgedAsItIsPrinted() {
        var dialogue = Dialogue.ready(online: true)
        dialogue.packets = []
        dialogue.arrives("t", [1], qos: 1, id: 9)
        dialogue.arrives("t", [2], qos: 2, id: 10)
        dialogue.arrives("t", [2], qos: 2, id: 10)
        dialogue.network(.bytes(MQTTPacket.pubrel(10).encoded))
        #expect(dialogue.packets == [.puback(9), .pubrec(10), .pubrec(10), .pubcomp(10)])
        #expect(dialogue.text() == "|+MSUB: \"t\",1 byte,\\01||+MSUB: \"t\",1 byte,\\02|")
    }

    @Test func theCacheHoldsFourAndOverwritesTheOldest() {
        var dialogue = Dialogue.ready(online: true)
        _ = dialogue.say("AT+MQTTMSGSET=1")
        for number in 1...6 { dialogue.arrives("t", ascii("m\(number)")) }
        #expect(
            dialogue.text() == "|+MSUB: 0||+MSUB: 1||+MSUB: 2||+MSUB: 3||+MSUB: 0||+MSUB: 1|")
        #expect(
            dialogue.say("AT+MQTTMSGGET?")
                == "|+MQTTMSGGET: 0,VALID|+MQTTMSGGET: 1,VALID|+MQTTMSGGET: 2,VALID|+MQTTMSGGET: 3,VALID||OK|")
        #expect(
            dialogue.say("AT+MQTTMSGGET")
                == "|+MSUB: \"t\",2 byte,m3|+MSUB: \"t\",2 byte,m4|+MSUB: \"t\",2 byte,m5|+MSUB: \"t\",2 byte,m6||OK|")
        #expect(dialogue.say("AT+MQTTMSGGET") == "|OK|")
        #expect(dialogue.notes.filter { $0.hasPrefix("MSUB overwritten") }.count == 2)
    }

    @Test(arguments: [
        (Dialect.Trait.bareCached, "|+MSUB: t,2 byte,ab||OK|"),
        (.tightCached, "|+MSUB:t,2 byte,ab||OK|"),
        (.noUnit, "|+MSUB: \"t\",2,ab||OK|"),
        (.trailingBlank, "|+MSUB: \"t\",2 byte,ab||OK |"),
    ])
    func cachedReadsHaveSeveralSpellings(trait: Dialect.Trait, expected: String) {
        var dialogue = Dialogue.ready(.ec716s, [trait], online: true)
        _ = dialogue.say("AT+MQTTMSGSET=1")
        dialogue.arrives("t", ascii("ab"))
        #expect(dialogue.say("AT+MQTTMSGGET") == expected)
    }

    @Test func outcomesHaveSeveralSpellings() {
        var first = Dialogue.ready(.ec716s, [.outcomeFirst])
        #expect(first.say("AT+MIPSTART=h,1") == "|CONNECT OK||OK|")
        #expect(first.say("AT+MCONNECT=1,60") == "|CONNACK OK||OK|")
        #expect(first.say("AT+MPUB=\"t\",1,0,\"x\"") == "|PUBACK||OK|")
        #expect(first.say("AT+MIPSTART=h,1") == "|OK||ALREADY CONNECT|")
        var alone = Dialogue.ready(.ec716s, [.alreadyAlone, .plainStatus], online: true)
        #expect(alone.say("AT+MIPSTART=h,1") == "|ALREADY CONNECT|")
        #expect(alone.say("AT+MQTTSTATU") == "|+MQTTSTATU: 1||OK|")
        var multi = Dialogue.ready()
        _ = multi.say("AT+CIPMUX=1")
        #expect(multi.say("AT+MIPSTART=h,1") == "|OK||7,CONNECT OK|")
        #expect(multi.say("AT+MCONNECT=1,60") == "|OK||CONNACK OK|")
        #expect(multi.say("AT+CIPMUX=0") == "|+CME ERROR: 3|")
    }

    @Test func failuresToConnectAreToldAfterAStateLine() {
        var dialogue = Dialogue.ready()
        dialogue.broker.accepts = false
        #expect(dialogue.say("AT+MIPSTART=h,1") == "|OK||STATE: TCP CLOSED||CONNECT FAIL|")
        #expect(dialogue.say("AT+SSLMIPSTART=h,1") == "|OK||STATE: TCP CLOSED||CONNECT FAIL|")
        #expect(dialogue.say("AT+MQTTSTATU") == "|+MQTTSTATU :0||OK|")
    }

    @Test func aRefusedSessionIsErrorThenClosed() {
        var dialogue = Dialogue.ready()
        dialogue.broker.connackCode = 5
        _ = dialogue.say("AT+MIPSTART=h,1")
        #expect(dialogue.say("AT+MCONNECT=1,60") == "|OK||ERROR||CLOSED|")
        #expect(dialogue.say("AT+MIPCLOSE") == "|+CME ERROR: 767|")
    }

    @Test func theWillAndKeepAliveAreSent() {
        var dialogue = Dialogue.ready()
        _ = dialogue.say("AT+MCONFIG=\"id\",\"u\",\"p\",1,1,\"w/t\",\"gone\"")
        _ = dialogue.say("AT+MIPSTART=h,1")
        _ = dialogue.say("AT+MCONNECT=0,40")
        guard case .connect(let connect)? = dialogue.packets.first else {
            Issue.record("no CONNECT")
            return
        }
        #expect(connect.will == .init(topic: ascii("w/t"), message: ascii("gone"), qos: 1, retain: true))
        #expect(!connect.cleanSession && connect.keepAlive == 40)
        dialogue.wait(.seconds(65))
        #expect(dialogue.packets.filter { $0 == .pingreq }.count == 2)
    }
}
