import ATProtocol
import Testing

@Suite("Publishing")
struct PublishTests {
    static let texts: [(String, String)] = [
        ("", ""), ("plain", "plain"), ("say \"hi\"", "say \\22hi\\22"), ("a\\b", "a\\5Cb"), ("\\22", "\\5C22"),
        ("\"\\", "\\22\\5C"), ("grün;,", "grün;,"),
    ]

    @Test(arguments: texts)
    func `escapes quotes and backslashes`(_ payload: String, _ escaped: String) throws {
        let command = try ATCommand.mpubText(topic: bytes("t"), qos: 1, retain: true, payload: bytes(payload))
        #expect(text(command.line) == "AT+MPUB=\"t\",1,1,\"\(escaped)\"")
        #expect(ATCommand.textEscapedLength(bytes(payload)) == escaped.utf8.count)
        #expect(ATCommand.isText(bytes(payload)))
        #expect(command.redacted == "AT+MPUB=\"t\",1,1,<\(payload.utf8.count) bytes>")
    }

    @Test func `carries as text just what is text`() {
        for byte in 0...255 as ClosedRange<UInt8> {
            let isText = byte >= 0x20 && byte != 0x7F
            #expect(ATCommand.isText([0x61, byte]) == isText)
            let command = try? ATCommand.mpubText(topic: bytes("t"), qos: 0, retain: false, payload: [byte])
            #expect((command != nil) == isText)
        }
    }

    @Test func `writes all bytes as upper-case digits`() throws {
        let command = try ATCommand.mpubHex(topic: bytes("t"), qos: 2, retain: false, payload: [0x00, 0x9A, 0xFF])
        #expect(text(command.line) == "AT+MPUB=\"t\",2,0,\"009AFF\"")
        #expect(!command.redacted.contains("9AFF"))
        #expect(
            text(try ATCommand.mpubHex(topic: bytes("t"), qos: 0, retain: false, payload: []).line)
                == "AT+MPUB=\"t\",0,0,\"\"")
    }

    @Test func `announces the length for data mode`() throws {
        let data: [UInt8] = [0x0A, 0x00, 0x1A]
        let command = try ATCommand.mpubex(topic: bytes("t"), qos: 1, retain: false, data: data)
        #expect(text(command.line) == "AT+MPUBEX=\"t\",1,0,3")
        #expect(command.data == data)
        #expect(throws: ATEncodingError.empty(field: "payload")) {
            try ATCommand.mpubex(topic: bytes("t"), qos: 1, retain: false, data: [])
        }
    }

    @Test(arguments: [-1, 3])
    func `knows three levels`(_ qos: Int) {
        #expect(throws: ATEncodingError.outOfRange(field: "QoS", value: qos, allowed: 0...2)) {
            try ATCommand.mpubText(topic: bytes("t"), qos: qos, retain: false, payload: [])
        }
    }

    @Test func `writes files in data mode`() throws {
        let command = try ATCommand.fsWrite("ca.crt", contents: [1, 2, 3])
        #expect(text(command.line) == "AT+FSWRITE=\"ca.crt\",0,3,15")
        #expect(command.data == [1, 2, 3])
        #expect(command.timeout == .seconds(24))
        #expect(text(try ATCommand.fsCreate("ca.crt").line) == "AT+FSCREATE=\"ca.crt\"")
        #expect(throws: ATEncodingError.tooLong(field: "file contents", count: 10241, limit: 10240)) {
            try ATCommand.fsWrite("f", contents: [UInt8](repeating: 0, count: 10241))
        }
    }
}
