import ATProtocol
import Testing

@Suite("ATCommand for files, TLS and the clock")
struct TLSCommandTests {
    @Test func `names files in quotes`() throws {
        #expect(text(try ATCommand.fsCreate("ca.crt").line) == "AT+FSCREATE=\"ca.crt\"")
        #expect(text(try ATCommand.fsDelete("ca.crt").line) == "AT+FSDEL=\"ca.crt\"")
        #expect(text(try ATCommand.fsFileSize("ca.crt").line) == "AT+FSFSIZE=\"ca.crt\"")
        #expect(text(try ATCommand.fsFileSize("a", spelling: .fsflsize).line) == "AT+FSFLSIZE=\"a\"")
        #expect(text(ATCommand.fsMem.line) == "AT+FSMEM")
    }

    @Test func `refuses names and contents the module would not take`() {
        let long = String(repeating: "a", count: 65)
        let tooLong = ATEncodingError.tooLong(field: "file name", count: 65, limit: 64)
        #expect(throws: tooLong) { try ATCommand.fsCreate(long) }
        #expect(throws: tooLong) { try ATCommand.fsDelete(long) }
        #expect(throws: tooLong) { try ATCommand.fsFileSize(long) }
        #expect(throws: tooLong) { try ATCommand.fsWrite(long, contents: [1]) }
        #expect(throws: ATEncodingError.forbiddenByte(field: "file name", byte: 0x22)) {
            try ATCommand.fsDelete("a\"b")
        }
        #expect(throws: ATEncodingError.tooLong(field: "file contents", count: 10241, limit: 10240)) {
            try ATCommand.fsWrite("a", contents: [UInt8](repeating: 0x41, count: 10241))
        }
    }

    @Test func `never shows what is written into a file`() throws {
        let command = try ATCommand.fsWrite("cb-key-a.key", contents: bytes("SECRET KEY"), seconds: 20)
        #expect(command.redacted == "AT+FSWRITE=\"cb-key-a.key\",0,10,20")
        #expect(command.data == bytes("SECRET KEY"))
        #expect(command.failureLines == ["TimeOut"])
        #expect(command.timeout == .seconds(29))
    }

    static let parameters: [(ATCommand.TLSParameter, String)] = [
        (.version(3), "\"sslversion\",88,3"), (.cipherSuite(0x003D), "\"ciphersuite\",88,0X003D"),
        (.cipherSuite(0xFFFF), "\"ciphersuite\",88,0XFFFF"), (.caCertificate("ca.crt"), "\"cacert\",88,\"ca.crt\""),
        (.clientCertificate("c.crt"), "\"clientcert\",88,\"c.crt\""),
        (.clientKey("c.key"), "\"clientkey\",88,\"c.key\""), (.securityLevel(2), "\"seclevel\",88,2"),
        (.hostName("mqtt.example"), "\"hostname\",88,\"mqtt.example\""),
        (.ignoreLocalTime(false), "\"ignorelocaltime\",88,0"), (.ignoreLocalTime(true), "\"ignorelocaltime\",88,1"),
        (.negotiateTimeout(60), "\"negotiatetimeout\",88,60"), (.verifyMode(1), "\"verifymode\",88,1"),
    ]

    @Test(arguments: parameters)
    func `configures the context of MQTT`(_ parameter: ATCommand.TLSParameter, _ line: String) throws {
        #expect(text(try ATCommand.sslcfg(parameter).line) == "AT+SSLCFG=" + line)
    }

    @Test(arguments: [
        ATCommand.TLSParameter.version(5), .securityLevel(3), .negotiateTimeout(9), .negotiateTimeout(301),
        .verifyMode(2), .hostName(""), .hostName("a\"b"), .caCertificate(String(repeating: "x", count: 65)),
    ])
    func `refuses values outside the manual`(_ parameter: ATCommand.TLSParameter) {
        #expect(throws: ATEncodingError.self) { try ATCommand.sslcfg(parameter) }
    }

    @Test func `sets the clock in the manual's form`() throws {
        var time = NetworkTime(year: 2026, month: 3, day: 7, hour: 4, minute: 5, second: 9, zoneQuarters: 0)
        #expect(text(try ATCommand.cclkSet(time).line) == "AT+CCLK=\"26/03/07,04:05:09+00\"")
        time.zoneQuarters = -14
        #expect(text(try ATCommand.cclkSet(time).line) == "AT+CCLK=\"26/03/07,04:05:09-14\"")
        time.year = 1999
        #expect(throws: ATEncodingError.outOfRange(field: "year", value: 1999, allowed: 2000...2099)) {
            try ATCommand.cclkSet(time)
        }
        #expect(text(ATCommand.cclkQuery.line) == "AT+CCLK?")
        #expect(text(try ATCommand.cntpServer("pool.ntp.org").line) == "AT+CNTP=\"pool.ntp.org\",0")
        #expect(text(ATCommand.cntp.line) == "AT+CNTP")
    }
}
