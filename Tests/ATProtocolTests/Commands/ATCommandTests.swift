import ATProtocol
import Testing

@Suite("ATCommand")
struct ATCommandTests {
    static let lines: [(ATCommand, String, Int64)] = [
        (.at, "AT", 9), (.ate0, "ATE0", 9), (.cmee(1), "AT+CMEE=1", 9), (.cmeeQuery, "AT+CMEE?", 9), (.ati, "ATI", 9),
        (.cgmr, "AT+CGMR", 9), (.cgsn, "AT+CGSN", 9), (.iccid, "AT+ICCID", 9), (.cimi, "AT+CIMI", 9),
        (.reset, "AT+RESET", 9), (.cfun(0), "AT+CFUN=0", 45), (.cpinQuery, "AT+CPIN?", 9),
        (.ipr(115200), "AT+IPR=115200;&W", 9), (.ipr(9600, save: false), "AT+IPR=9600", 9),
        (.ifc(2, 2), "AT+IFC=2,2", 9), (.ifc(2, 2, save: true), "AT+IFC=2,2;&W", 9), (.csq, "AT+CSQ", 9),
        (.ceregEnable(), "AT+CEREG=1", 9), (.ceregQuery, "AT+CEREG?", 9), (.cgregEnable(2), "AT+CGREG=2", 9),
        (.cgregQuery, "AT+CGREG?", 9), (.cgattQuery, "AT+CGATT?", 9), (.cgatt(1), "AT+CGATT=1", 108),
        (.cgdcontQuery, "AT+CGDCONT?", 9), (.cgpaddr(cid: 1), "AT+CGPADDR=1", 9), (.cgpaddr(), "AT+CGPADDR", 9),
        (.cgact(state: 1, cid: 5), "AT+CGACT=1,5", 108), (.cgerep(), "AT+CGEREP=1", 9), (.cipmux(0), "AT+CIPMUX=0", 9),
        (.cifsr, "AT+CIFSR", 9), (.cipshut, "AT+CIPSHUT", 90), (.mqttMessageGet, "AT+MQTTMSGGET", 9),
        (.mqttMessageGetQuery, "AT+MQTTMSGGET?", 9), (.mqttMessageSet(1), "AT+MQTTMSGSET=1", 9),
        (.mqttMode(0), "AT+MQTTMODE=0", 9), (.mipclose, "AT+MIPCLOSE", 9), (.mdisconnect, "AT+MDISCONNECT", 9),
        (.mqttStatus, "AT+MQTTSTATU", 9),
    ]

    @Test(arguments: lines)
    func `has its line and its time`(_ command: ATCommand, _ line: String, _ seconds: Int64) {
        #expect(text(command.line) == line)
        #expect(command.timeout == .seconds(seconds))
        #expect(command.redacted == line)
    }

    @Test func `of the network take checked values`() throws {
        #expect(text(try ATCommand.cgdcont(cid: 1, apn: "iot.example").line) == "AT+CGDCONT=1,\"IP\",\"iot.example\"")
        #expect(throws: ATEncodingError.forbiddenByte(field: "APN", byte: 0x22)) {
            try ATCommand.cgdcont(cid: 1, apn: "a\"b")
        }
        #expect(throws: ATEncodingError.outOfRange(field: "context id", value: 16, allowed: 1...15)) {
            try ATCommand.cgdcont(cid: 16, apn: "a")
        }
        let auth = try ATCommand.cgauth(cid: 1, authentication: .chap, username: "u", password: "secret")
        #expect(text(auth.line) == "AT+CGAUTH=1,2,\"u\",\"secret\"")
        #expect(text(try ATCommand.cgauth(cid: 1, authentication: .none).line) == "AT+CGAUTH=1,0")
        let net = try ATCommand.cpnetapn(apn: "a", username: "u", password: "secret", authentication: .pap)
        #expect(text(net.line) == "AT+CPNETAPN=2,\"a\",\"u\",\"secret\",1")
        for command in [auth, net] { #expect(!command.redacted.contains("secret")) }
    }

    @Test func `takes a PIN of digits and hides it`() throws {
        let command = try ATCommand.cpin("1234")
        #expect(text(command.line) == "AT+CPIN=\"1234\"")
        #expect(!command.redacted.contains("1234"))
        for wrong in ["123", "123456789", "12a4", "12\"4", ""] {
            #expect(throws: ATEncodingError.self) { try ATCommand.cpin(wrong) }
        }
    }

    @Test func `writes MCONFIG in all its forms`() throws {
        #expect(text(try ATCommand.mconfigClientIDOnly(bytes("c")).line) == "AT+MCONFIG=\"c\"")
        #expect(text(try ATCommand.mconfig(clientID: bytes("c")).line) == "AT+MCONFIG=\"c\",\"\",\"\"")
        let will = MqttWill(topic: bytes("w"), message: bytes("gone"), qos: 1, retain: true)
        let full = try ATCommand.mconfig(
            clientID: bytes("c"), username: bytes("u"), password: bytes("secret"), will: will)
        #expect(text(full.line) == "AT+MCONFIG=\"c\",\"u\",\"secret\",1,1,\"w\",\"gone\"")
        #expect(full.redacted == "AT+MCONFIG=\"c\",\"***\",\"***\",1,1,\"w\",<4 bytes>")
    }

    @Test func `starts, connects and subscribes`() throws {
        #expect(text(try ATCommand.mipstart(host: "h", port: 1883, tls: false).line) == "AT+MIPSTART=\"h\",\"1883\"")
        #expect(text(try ATCommand.mipstart(host: "h", port: 8883, tls: true).line) == "AT+SSLMIPSTART=\"h\",\"8883\"")
        #expect(text(try ATCommand.mconnect(cleanSession: true, keepalive: 120).line) == "AT+MCONNECT=1,120")
        #expect(text(try ATCommand.mconnect(cleanSession: false, keepalive: 60).line) == "AT+MCONNECT=0,60")
        #expect(text(try ATCommand.msub(filter: bytes("a/#"), qos: 1).line) == "AT+MSUB=\"a/#\",1")
        #expect(text(try ATCommand.munsub(filter: bytes("a/+")).line) == "AT+MUNSUB=\"a/+\"")
        #expect(throws: ATEncodingError.self) { try ATCommand.mipstart(host: "h", port: 0, tls: false) }
        #expect(throws: ATEncodingError.self) { try ATCommand.mipstart(host: "", port: 1, tls: false) }
        #expect(throws: ATEncodingError.self) { try ATCommand.mconnect(cleanSession: true, keepalive: 65536) }
        #expect(throws: ATEncodingError.self) { try ATCommand.msub(filter: bytes("a"), qos: 3) }
    }

    @Test(arguments: [0x22, 0x5C, 0x00, 0x0D, 0x0A, 0x1F, 0x7F] as [UInt8])
    func `refuses what cannot be carried`(_ byte: UInt8) {
        let value = [0x61, byte]
        let client = bytes("c")
        let topicWill = MqttWill(topic: value, message: [], qos: 0, retain: false)
        let messageWill = MqttWill(topic: client, message: value, qos: 0, retain: false)
        func expect(_ field: String, _ attempt: () throws -> ATCommand) {
            #expect(throws: ATEncodingError.forbiddenByte(field: field, byte: byte)) { _ = try attempt() }
        }
        expect("client id") { try .mconfig(clientID: value) }
        expect("client id") { try .mconfigClientIDOnly(value) }
        expect("user") { try .mconfig(clientID: client, username: value) }
        expect("password") { try .mconfig(clientID: client, password: value) }
        expect("will topic") { try .mconfig(clientID: client, will: topicWill) }
        expect("will message") { try .mconfig(clientID: client, will: messageWill) }
        expect("filter") { try .msub(filter: value, qos: 0) }
        expect("filter") { try .munsub(filter: value) }
        expect("topic") { try .mpubText(topic: value, qos: 0, retain: false, payload: []) }
        expect("topic") { try .mpubHex(topic: value, qos: 0, retain: false, payload: []) }
        expect("topic") { try .mpubex(topic: value, qos: 0, retain: false, data: [1]) }
    }

    @Test func `bounds what the module bounds`() throws {
        let longest = [UInt8](repeating: 0x61, count: 256)
        _ = try ATCommand.msub(filter: longest, qos: 0)
        #expect(throws: ATEncodingError.tooLong(field: "filter", count: 257, limit: 256)) {
            try ATCommand.msub(filter: longest + [0x61], qos: 0)
        }
        #expect(throws: ATEncodingError.empty(field: "client id")) { try ATCommand.mconfig(clientID: []) }
        let message = [UInt8](repeating: 0x61, count: 1360)
        _ = try ATCommand.mconfig(
            clientID: longest, will: MqttWill(topic: longest, message: message, qos: 2, retain: false))
        #expect(throws: ATEncodingError.tooLong(field: "will message", count: 1361, limit: 1360)) {
            try ATCommand.mconfig(
                clientID: longest, will: MqttWill(topic: longest, message: message + [0x61], qos: 2, retain: false))
        }
    }

    @Test func `other bytes pass in quotes`() throws {
        #expect(text(try ATCommand.msub(filter: bytes("ä;, b"), qos: 0).line) == "AT+MSUB=\"ä;, b\",0")
    }

    @Test func `errors are said in words`() {
        #expect(
            ATEncodingError.forbiddenByte(field: "topic", byte: 0x1F).description
                == "topic holds the control byte 0x1F, which the module cannot be given")
        #expect(ATEncodingError.forbiddenByte(field: "topic", byte: 0x22).description.contains("double quote"))
        #expect(
            ATEncodingError.tooLong(field: "topic", count: 300, limit: 256).description
                == "topic has 300 bytes, the module takes 256")
    }
}
