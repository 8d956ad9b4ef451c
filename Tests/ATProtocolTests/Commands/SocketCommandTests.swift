import ATProtocol
import Testing

@Suite("ATCommand of sockets")
struct SocketCommandTests {
    static let lines: [(ATCommand, String, Int64)] = [
        (.cipqsend(1), "AT+CIPQSEND=1", 9), (.ciphead(1), "AT+CIPHEAD=1", 9), (.ciprxf(1), "AT+CIPRXF=1", 9),
        (.ciprxget(5), "AT+CIPRXGET=5", 9), (.ciicr, "AT+CIICR", 90), (.ciprxgetLeft, "AT+CIPRXGET=4", 9),
        (.cipack, "AT+CIPACK", 9), (.cipstatus, "AT+CIPSTATUS", 9), (.cipclose, "AT+CIPCLOSE", 9),
        (.iprSaved(115200), "AT+IPR=115200&W", 9), (.qifgcnt(0), "AT+QIFGCNT=0", 9), (.qimux(0), "AT+QIMUX=0", 9),
        (.qimode(0), "AT+QIMODE=0", 9), (.qidnsip(1), "AT+QIDNSIP=1", 9), (.qindi(1), "AT+QINDI=1", 9),
        (.qilocip, "AT+QILOCIP", 9), (.qiact, "AT+QIACT", 180), (.qisack, "AT+QISACK", 9),
        (.qiclose, "AT+QICLOSE", 90), (.qideact, "AT+QIDEACT", 60), (.qistat, "AT+QISTAT", 9),
        (.qicfgDataFormat, "AT+QICFG=\"dataformat\",1,1", 9), (.qicfgDataFormatQuery, "AT+QICFG=\"dataformat\"", 9),
        (.qisendState, "AT+QISEND=0,0", 9), (.qicloseContext, "AT+QICLOSE=0", 9),
        (.qistateContext, "AT+QISTATE=1,0", 9),
    ]

    @Test(arguments: lines)
    func `has its line and its time`(_ command: ATCommand, _ line: String, _ seconds: Int64) {
        #expect(text(command.line) == line)
        #expect(command.timeout == .seconds(seconds))
        #expect(command.redacted == line)
        #expect(command.data == nil)
    }

    @Test func `opens a connection`() throws {
        #expect(
            text(try ATCommand.cipstart(host: "36.9.88.120", port: 6001).line)
                == "AT+CIPSTART=\"TCP\",\"36.9.88.120\",6001")
        #expect(
            text(try ATCommand.qiopen(host: "116.226.39.202", port: 7007).line)
                == "AT+QIOPEN=\"TCP\",\"116.226.39.202\",\"7007\"")
        #expect(
            text(try ATCommand.qiopenContext(host: "hf.quectel.com", port: 8008).line)
                == "AT+QIOPEN=0,0,\"TCP\",\"hf.quectel.com\",8008")
        #expect(text(try ATCommand.cipstart(host: "fe80::1", port: 1).line).contains("\"fe80::1\""))
    }

    private static let openers: [@Sendable (String, Int) throws -> ATCommand] = [
        { try .cipstart(host: $0, port: $1) }, { try .qiopen(host: $0, port: $1) },
        { try .qiopenContext(host: $0, port: $1) },
    ]

    @Test(arguments: ["a b", "a\"b", "a,b", "a;b", "a\r\nAT+RESET", "a\\b", "ä", "a\0", "a>b", "a\u{1A}"])
    func `refuses a host that is none`(_ host: String) throws {
        for open in Self.openers {
            let error = #expect(throws: ATEncodingError.self) { try open(host, 1883) }
            guard case .forbiddenByte(let field, _)? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(field == "host")
        }
    }

    @Test func `bounds host and port`() throws {
        for (open, limit) in zip(Self.openers, [128, 100, 150]) {
            let longest = String(repeating: "a", count: limit)
            _ = try open(longest, 65535)
            #expect(throws: ATEncodingError.tooLong(field: "host", count: limit + 1, limit: limit)) {
                try open(longest + "a", 1)
            }
            #expect(throws: ATEncodingError.empty(field: "host")) { try open("", 1) }
            for port in [0, 65536, -1] {
                #expect(throws: ATEncodingError.outOfRange(field: "port", value: port, allowed: 1...65535)) {
                    try open("a", port)
                }
            }
        }
    }

    @Test func `gives the APN and hides its password`() throws {
        #expect(text(try ATCommand.cstt().line) == "AT+CSTT")
        #expect(try ATCommand.cstt().timeout == .seconds(60))
        #expect(text(try ATCommand.cstt(apn: "cmnet").line) == "AT+CSTT=\"cmnet\"")
        #expect(text(try ATCommand.qicsgp(apn: "CMNET").line) == "AT+QICSGP=1,\"CMNET\"")
        let cstt = try ATCommand.cstt(apn: "a", user: "u", password: "secret")
        #expect(text(cstt.line) == "AT+CSTT=\"a\",\"u\",\"secret\"")
        #expect(cstt.timeout == .seconds(60))
        #expect(cstt.redacted == "AT+CSTT=\"a\",\"***\",\"***\"")
        let qicsgp = try ATCommand.qicsgp(apn: "a", user: "", password: "secret")
        #expect(text(qicsgp.line) == "AT+QICSGP=1,\"a\",\"\",\"secret\"")
        #expect(qicsgp.redacted == "AT+QICSGP=1,\"a\",\"***\",\"***\"")
        for hostile in ["a\"", "a\\", "a\r", "a\n", "a\0"] {
            #expect(throws: ATEncodingError.self) { try ATCommand.cstt(apn: hostile) }
            #expect(throws: ATEncodingError.self) { try ATCommand.cstt(apn: "a", user: hostile) }
            #expect(throws: ATEncodingError.self) { try ATCommand.qicsgp(apn: hostile) }
            #expect(throws: ATEncodingError.self) { try ATCommand.qicsgp(apn: "a", password: hostile) }
        }
        let long = String(repeating: "a", count: 129)
        #expect(throws: ATEncodingError.tooLong(field: "APN", count: 129, limit: 128)) {
            try ATCommand.cstt(apn: long)
        }
        #expect(throws: ATEncodingError.self) { try ATCommand.cstt(apn: "a", user: "u", password: long) }
    }

    @Test func `sends bytes and shows none of them`() throws {
        let hostile = bytes("\n\u{1A}\u{1B}> OK\r\n")
        let cip = try ATCommand.cipsend(hostile)
        #expect(text(cip.line) == "AT+CIPSEND=\(hostile.count)")
        #expect(cip.data == hostile)
        let qi = try ATCommand.qisend(hostile)
        #expect(text(qi.line) == "AT+QISEND=\(hostile.count)")
        #expect(qi.data == hostile)
        #expect(qi.timeout == .seconds(60))
        let hex = try ATCommand.qisendHex([0x31, 0x00, 0xFF])
        #expect(text(hex.line) == "AT+QISEND=0,3,3100FF")
        #expect(hex.redacted == "AT+QISEND=0,3,<3 bytes, hex>")
        #expect(hex.data == nil)
        for command in [cip, qi] { #expect(command.redacted == text(command.line)) }
    }

    @Test func `bounds what one command carries`() throws {
        let senders: [(Int, ([UInt8]) throws -> ATCommand)] = [
            (1460, { try .cipsend($0) }), (1460, { try .qisend($0) }), (512, { try .qisendHex($0) }),
        ]
        for (limit, send) in senders {
            _ = try send([UInt8](repeating: 0, count: limit))
            #expect(throws: ATEncodingError.tooLong(field: "data", count: limit + 1, limit: limit)) {
                try send([UInt8](repeating: 0, count: limit + 1))
            }
            #expect(throws: ATEncodingError.empty(field: "data")) { try send([]) }
        }
        let readers: [(Int, String, (Int) throws -> ATCommand)] = [
            (1460, "AT+CIPRXGET=2,1460", { try .ciprxgetRead($0) }),
            (730, "AT+CIPRXGET=3,730", { try .ciprxgetReadHex($0) }),
            (1460, "AT+QIRD=0,1,0,1460", { try .qird($0) }),
        ]
        for (limit, line, read) in readers {
            #expect(text(try read(limit).line) == line)
            for wrong in [0, -1, limit + 1] {
                #expect(throws: ATEncodingError.outOfRange(field: "bytes to read", value: wrong, allowed: 1...limit)) {
                    try read(wrong)
                }
            }
        }
    }

    @Test func `sets the keep-alive of TCP`() throws {
        #expect(text(try ATCommand.ciptka(idle: 180, interval: 75, count: 6).line) == "AT+CIPTKA=1,180,75,6")
        #expect(throws: ATEncodingError.self) { try ATCommand.ciptka(idle: 29, interval: 75, count: 6) }
        #expect(throws: ATEncodingError.self) { try ATCommand.ciptka(idle: 30, interval: 601, count: 6) }
        #expect(throws: ATEncodingError.self) { try ATCommand.ciptka(idle: 30, interval: 30, count: 10) }
    }

    @Test(
        arguments: [
            ("DATA ACCEPT:10", 10), ("DATA ACCEPT: 10", 10), ("DATA ACCEPT :10", 10), ("DATAACCEPT:10", 10),
            ("DATA ACCEPT:0,10", 10), ("DATA ACCEPT: 0, 1460", 1460), ("DATA ACCEPT:", nil), ("DATA ACCEPT:1x", nil),
            ("DATA ACCEPT:99999999999999999999", nil), ("SEND OK", nil), ("SHUT OK", nil),
        ] as [(String, Int?)])
    func `tells how much was accepted`(_ line: String, _ count: Int?) {
        #expect(CommandResult(final: .text(bytes(line))).acceptedBytes == count)
    }

    @Test func `only such a line tells of accepted bytes`() {
        #expect(CommandResult(final: .ok).acceptedBytes == nil)
        #expect(CommandResult(lines: [bytes("DATA ACCEPT:10")], final: .error).acceptedBytes == nil)
    }

    @Test func `a refused byte is named`() {
        #expect(
            ATEncodingError.forbiddenByte(field: "host", byte: 0x3B).description
                == "host holds the byte 0x3B, which the module cannot be given")
        #expect(ATEncodingError.forbiddenByte(field: "host", byte: 0x20).description.contains("a blank"))
    }
}
