import Testing

@testable import ATProtocol

/// What of a typed line is sent, when, and shown.
struct RawCommandTests {
    @Test(
        arguments: [
            "AT", "ati", "AT+CSQ", "AT+CEREG?", "AT+CGDCONT?", "AT+CGDCONT=?", "AT+CGPADDR=1", "AT+MQTTSTATU",
            "AT+COPS?",
            "AT^SYSINFO?", "AT +CSQ", "AT+FSLS",
        ])
    func whatOnlyLooks(_ line: String) throws {
        #expect(try ATCommand.raw(Array(line.utf8)).onlyLooks)
    }

    @Test(
        arguments: [
            "AT+COPS=?", "AT+CFUN=1", "AT+CFUN=?", "AT+RESET", "AT+RESET?", "AT+CIPSHUT?", "AT+MQTTMSGGET",
            "AT+CSQ;+CFUN=0",
            "AT+MDISCONNECT", "AT+MIPCLOSE?", "ATZ", "ATZ?", "AT&F", "AT&F?", "ATE1", "AT+CMEE=2", "AT+CGACT=0,1",
            "AT+MSUB=\"a?\"", "AT+NEW", "AT+CGPADDR=1,\"x\"", "AT?", "AT+?", "AT+IPR=9600", "AT+CGPADDR=",
        ])
    func whatMayChangeSomething(_ line: String) throws {
        let command = try ATCommand.raw(Array(line.utf8))
        #expect(!command.onlyLooks || line == "AT+CGPADDR=")
    }

    @Test(
        arguments: [
            "AT+MPUBEX=\"a\",1,0,4", "at+mpubex=\"a\",1,0,4", "AT +MPUBEX=\"a\",1,0,4", "AT+CSQ;+FSWRITE=\"a\",0,1,1",
            "ATE0+CIPSEND", "ATD*99#", "ATE0D123", "ATO", "AT+CMUX=0", "AT+CIPMODE = 1", "AT+CSQ;D1", "+++",
            "AT+HTTPDATA=1,1",
            "AT+CGDATA=\"PPP\",1", "AT+MSUB=\"+MPUBEX", "CSQ", "", "AT+CSQ\r", "AT\u{7F}",
        ])
    func whatIsNeverSent(_ line: String) {
        #expect(throws: RawCommandProblem.self) { try ATCommand.raw(Array(line.utf8)) }
    }

    @Test func quotesAndOrdinaryLettersHideNothingAndAreNothing() throws {
        _ = try ATCommand.raw(Array("AT+MSUB=\"a;D/+MPUBEX\",1".utf8))
        _ = try ATCommand.raw(Array("AT&D2".utf8))
        #expect(throws: RawCommandProblem.self) { try ATCommand.raw([UInt8](repeating: 0x41, count: 1025)) }
        #expect(throws: RawCommandProblem.self) { try ATCommand.raw([0x41, 0x54, 0xFF]) }
    }

    @Test(
        arguments: [
            ("AT+CPIN=\"1234\"", "AT+CPIN***"), ("at+cpin=1234", "AT+CPIN***"), ("AT +CPIN = \"1234\"", "AT+CPIN***"),
            ("AT+CSQ;+CPIN=1234", "AT+CSQ;+CPIN***"), ("AT+MCONFIG=\"a\",\"u\",\"p\"", "AT+MCONFIG***"),
            ("AT+CPIN?", "AT+CPIN?"), ("AT+CPIN=?", "AT+CPIN=?"), ("AT+CSQ", "AT+CSQ"),
            ("AT+CGDCONT=1,\"IP\",\"cmnet\"", "AT+CGDCONT=1,\"IP\",\"cmnet\""),
        ])
    func whatMayBeShown(_ line: String, _ shown: String) throws {
        #expect(ATCommand.redacted(Array(line.utf8)) == shown)
        #expect(try ATCommand.raw(Array(line.utf8)).redacted == shown)
    }
}
