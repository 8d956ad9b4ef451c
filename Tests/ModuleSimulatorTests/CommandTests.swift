import Testing

@testable import ModuleSimulator

/// What each command is answered; CR LF is shown as `|`.
@Suite struct CommandTests {
    @Test(arguments: [
        // Chapters 2 and 3, the manual's examples.
        ("AT", "|OK|"),
        ("at", "|OK|"),
        ("ATI", "|YM310.X09_AT.U60_R2.0.0.240820||OK|"),
        ("AT+CGMI", "|+CGMI: \"Yuga Co.,Ltd.\"||OK|"),
        ("AT+CGMM", "|+CGMM: \"YM310 X09\"||OK|"),
        ("AT+CGMR", "|Revision: \"YM310.X09_AT.U60_R2.0.0.240820\"||OK|"),
        ("AT+CGSN", "|868777059994693||OK|"),
        ("AT+ICCID", "|+ICCID: 89861122050211045494||OK|"),
        ("AT+CIMI", "|460115883032649||OK|"),
        ("ATV?", "|1||OK|"),
        ("AT+CMEE?", "|+CMEE :1||OK|"),
        ("AT+CMEE=5", "|+CME ERROR: 53|"),
        ("AT+CMEE=?", "|+CMEE:(0,1,2)||OK|"),
        ("AT+CCLK=\"18/08/07,13:28:29+32\"", "|OK|"),
        ("AT+CCLK=\"no\"", "|+CME ERROR: 53|"),
        // Chapter 4.
        ("AT+CFUN=?", "|+CFUN: (0,1,4),(0,1)||OK|"),
        ("AT+CFUN?", "|+CFUN: 1||OK|"),
        ("AT+CFUN=7", "|+CME ERROR: 53|"),
        ("AT+CPIN?", "|+CPIN: READY||OK|"),
        ("AT+IFC=?", "|+IFC: (0-2),(0-2)||OK|"),
        ("AT+IPR=115200", "|OK|"),
        ("AT+IPR=12345", "|+CME ERROR: 53|"),
        // Chapters 5 and 6.
        ("AT+CSQ", "|+CSQ: 24,0||OK|"),
        ("AT+COPS?", "|+COPS: 0,2,\"46001\",7||OK|"),
        ("AT+CREG?", "|+CREG: 0,1||OK|"),
        ("AT+CGREG?", "|+CGREG: 0,1||OK|"),
        ("AT+CREG=?", "|+CREG: (0,1,2,3)||OK|"),
        ("AT+CREG=2;+CREG?", "|+CREG: 2,1,\"1863\",\"0183db22\",7||OK|"),
        ("AT+CGATT?", "|+CGATT: 1||OK|"),
        ("AT+CGATT=?", "|+CGATT: (0-1)||OK|"),
        ("AT+CGACT?", "|+CGACT: 1,1||OK|"),
        ("AT+CGPADDR=1", "|+CGPADDR: 1,\"10.76.1.35\"||OK|"),
        ("AT+CGPADDR=3", "|OK|"),
        ("AT+CGDCONT?", "|+CGDCONT: 1,\"IP\",\"cmiot\",\"10.76.1.35\",0,0||OK|"),
        ("AT+CGDCONT=99,\"IP\"", "|+CME ERROR: 53|"),
        ("AT+CGAUTH=1,1,\"u\",\"p\"", "|OK|"),
        ("AT+CGEREP=1", "|OK|"),
        ("AT+CTZR=1", "|+CME ERROR: 3|"),
        // Chapter 9.
        ("AT+CIPMUX?", "|+CIPMUX: 0||OK|"),
        ("AT+CIPSHUT", "|SHUT OK|"),
        ("AT+CIPSTATUS", "|OK||STATE: IP INITIAL|"),
        ("AT+CIFSR", "|ERROR|"),
        // Chapter 13, offline.
        (
            "AT+MIPSTART=?",
            "|+MIPSTART:\"(0,255).(0,255).(0,255).(0,255)\",(1-65535)|+MIPSTART:\"DOMAIN NAME\",(1-65535)||OK|"
        ),
        ("AT+MCONNECT=?", "|+MCONNECT:(0-1),(1-65535)||OK|"),
        ("AT+MCONNECT=1,60", "|+CME ERROR: 767|"),
        ("AT+MCONFIG=a,b,c", "|OK|"),
        ("AT+MCONFIG=\"a\",\"\",\"\"", "|OK|"),
        ("AT+MCONFIG=a,b", "|+CME ERROR: 765|"),
        ("AT+MPUB=?", "|+MPUB:<topic>,(0-2),(0-1),<message>||OK|"),
        ("AT+MPUB=\"t\",0,0,\"x\"", "|+CME ERROR: 767|"),
        ("AT+MPUB=\"t\",0,0,x", "|ERROR|"),
        ("AT+MPUB=\"t\",3,0,\"x\"", "|+CME ERROR: 765|"),
        ("AT+MPUBEX=\"t\",0,0,5", "|+CME ERROR: 767|"),
        ("AT+MSUB=\"t\",0", "|+CME ERROR: 767|"),
        ("AT+MUNSUB=\"t\"", "|+CME ERROR: 767|"),
        ("AT+MIPCLOSE", "|+CME ERROR: 767|"),
        ("AT+MIPCLOSE=?", "|OK|"),
        ("AT+MDISCONNECT", "|+CME ERROR: 767|"),
        ("AT+MQTTSTATU", "|+MQTTSTATU :0||OK|"),
        ("AT+MQTTMSGSET?", "|+MQTTMSGSET:0||OK|"),
        ("AT+MQTTMODE?", "|+MQTTMODE: 0||OK|"),
        ("AT+MQTTMSGGET", "|OK|"),
        (
            "AT+MQTTMSGGET?",
            "|+MQTTMSGGET: 0,INVALID|+MQTTMSGGET: 1,INVALID|+MQTTMSGGET: 2,INVALID|+MQTTMSGGET: 3,INVALID||OK|"
        ),
        // Wrong lines.
        ("AT+NOSUCH", "|ERROR|"),
        ("AT+NOSUCH=1", "|ERROR|"),
        ("HELLO", "|ERROR|"),
        ("AT+MPUB=\"t,0,0,x", "|ERROR|"),
        ("", ""),
        // Several on a line (1.3).
        ("AT+CFUN=1;+CIMI;+VER", "|460115883032649|YM310.X09_AT.U60_R2.0.0.240820||OK|"),
        ("ATE0&W+CREG=2;&W", "|OK|"),
        ("AT+CSQ;+NOSUCH;+CIMI", "|+CSQ: 24,0||ERROR|"),
    ])
    func answers(line: String, expected: String) {
        var dialogue = Dialogue.ready()
        #expect(dialogue.say(line) == expected)
    }

    @Test(arguments: [
        ("AT+CMEE=0", "|ERROR|"), ("AT+CMEE=1", "|+CME ERROR: 767|"), ("AT+CMEE=2", "|+CME ERROR: Operation failed|"),
    ])
    func errorSpellingFollowsCMEE(setting: String, expected: String) {
        var dialogue = Dialogue.ready()
        _ = dialogue.say(setting)
        #expect(dialogue.say("AT+MIPCLOSE") == expected)
        #expect(dialogue.say("AT+NOSUCH") == "|ERROR|")
    }

    @Test func resultCodesCanBeNumbers() {
        var dialogue = Dialogue.ready()
        #expect(dialogue.say("ATV0") == "0\\0D")
        #expect(dialogue.say("AT+NOSUCH") == "4\\0D")
    }

    @Test func theClockRunsOnFromWhatWasSet() {
        var dialogue = Dialogue.ready()
        _ = dialogue.say("AT+CCLK=\"18/08/07,13:28:29+32\"")
        dialogue.wait(.seconds(1))
        #expect(dialogue.say("AT+CCLK?") == "|+CCLK: \"18/08/07,13:28:31+32\"||OK|")
    }

    @Test func profilesDifferAsTheNotesSay() {
        var air780e = Dialogue.ready(.air780e)
        #expect(air780e.say("AT+MCONFIG=\"a\",\"\",\"\"") == "|+CME ERROR: 765|")
        #expect(air780e.say("AT+MCONFIG=\"a\"") == "|OK|")
        #expect(air780e.say("AT+CGEREP=1") == "|OK|")
        var air780ep = Dialogue.ready(.air780ep)
        #expect(air780ep.say("AT+CGEREP=1") == "|ERROR|")
        #expect(air780ep.say("ATI") == "|AirM2M_780EP_V1010_LTE_AT||OK|")
    }

    @Test func pinIsAskedForAndThreeWrongOnesLockTheCard() {
        var dialogue = Dialogue.ready { $0.pin = "1234" }
        #expect(dialogue.say("AT+CPIN?") == "|+CPIN: SIM PIN||OK|")
        #expect(dialogue.say("AT+CIMI") == "|+CME ERROR: 11|")
        #expect(dialogue.say("AT+CREG?") == "|+CREG: 0,0||OK|")
        #expect(dialogue.say("AT+CPIN=\"1111\"") == "|+CME ERROR: 16|")
        #expect(dialogue.say("AT+CPIN=\"1234\"").hasPrefix("|+CPIN: READY||OK|"))
        dialogue.wait(.seconds(3))
        #expect(dialogue.say("AT+CREG?") == "|+CREG: 0,1||OK|")

        var locked = Dialogue.ready { $0.pin = "1234" }
        for _ in 0..<3 { _ = locked.say("AT+CPIN=\"0000\"") }
        #expect(locked.say("AT+CPIN?") == "|+CPIN: SIM PUK||OK|")
        #expect(locked.say("AT+CPIN=\"1234\"") == "|+CME ERROR: 12|")
    }
}
