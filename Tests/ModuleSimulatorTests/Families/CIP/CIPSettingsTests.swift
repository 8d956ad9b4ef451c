import Testing

@testable import ModuleSimulator

/// The settings and the spellings of the Luat socket commands.
@Suite struct CIPSettingsTests {
    @Test(arguments: [
        ("AT+CIPQSEND?", "|+CIPQSEND: 0||OK|"), ("AT+CIPQSEND=?", "|+CIPQSEND: (0,1,2)||OK|"),
        ("AT+CIPQSEND=3", "|+CME ERROR: 53|"), ("AT+CIPQSEND", "|ERROR|"),
        ("AT+CIPSPRT?", "|+CIPSPRT: 1||OK|"), ("AT+CIPSPRT=3", "|+CME ERROR: 53|"),
        ("AT+CIPRXF?", "|+CIPRXF: 0||OK|"), ("AT+CIPHEAD?", "|+CIPHEAD: 0||OK|"), ("AT+CIPHEAD=2", "|+CME ERROR: 53|"),
        ("AT+CIPSHOWTP=1", "|+CME ERROR: 3|"), ("AT+CIPSRIP?", "|+CIPSRIP: 0||OK|"),
        ("AT+CIPMODE=0", "|OK|"), ("AT+CIPMODE=1", "|+CME ERROR: 3|"), ("AT+CIPMODE?", "|+CIPMODE: 0||OK|"),
        ("AT+CIPSSL=0", "|OK|"), ("AT+CIPSSL=1", "|+CME ERROR: 3|"), ("AT+CIPSSL=?", "|+CIPSSL: (0-1)||OK|"),
        ("AT+CIPATS?", "|+CIPATS: 0,0||OK|"), ("AT+CIPATS=1,101", "|+CME ERROR: 53|"),
        ("AT+CIPTKA?", "|+CIPTKA:0,7200,75,9||OK|"), ("AT+CIPTKA=1,29", "|+CME ERROR: 53|"),
        ("AT+CIPTKA=?", "|+CIPTKA:(0,1),(30-7200),(30-600),(1-9)||OK|"), ("AT+CIPTKA=1,2,3,4,5", "|+CME ERROR: 53|"),
        ("AT+CSTT=a,b,c,d", "|+CME ERROR: 53|"), ("AT+CSTT?", "|+CSTT: \"cmiot\",\"\",\"\"||OK|"),
        ("AT+CIPSTATUS=?", "|OK|"), ("AT+CIPACK?", "|ERROR|"), ("AT+CIPSEND=?", "|+CIPSEND: <length>||OK|"),
    ])
    func settingsAreAsInTheManual(line: String, answer: String) {
        var dialogue = Dialogue.ready()
        #expect(dialogue.say(line) == answer)
    }

    @Test func settingsAreKept() {
        var dialogue = Dialogue.ready()
        let settings = [
            ("CIPQSEND", "2"), ("CIPSPRT", "2"), ("CIPRXF", "1"), ("CIPHEAD", "1"), ("CIPSHOWTP", "1"),
            ("CIPSRIP", "1"),
        ]
        for (name, value) in settings {
            #expect(dialogue.say("AT+\(name)=\(value)") == "|OK|")
            #expect(dialogue.say("AT+\(name)?") == "|+\(name): \(value)||OK|")
        }
        // The vendor's advice against NATs.
        #expect(dialogue.say("AT+CIPTKA=1,180,75,6") == "|OK|")
        #expect(dialogue.say("AT+CIPTKA?") == "|+CIPTKA:1,180,75,6||OK|")
        #expect(dialogue.say("AT+CSTT=\"private\",\"me\",\"pw\"") == "|OK|")
        #expect(dialogue.say("AT+CSTT?") == "|+CSTT: \"private\",\"me\",\"pw\"||OK|")
    }

    @Test(arguments: [
        (Dialect.Trait.addressThenOK, ["AT+CSTT", "AT+CIICR"], "AT+CIFSR", "|10.76.1.35||OK|"),
        (.paddedAddress, ["AT+CSTT", "AT+CIICR"], "AT+CIFSR", "|010.076.001.035|"),
        (.shutThenOK, [], "AT+CIPSHUT", "|SHUT OK||OK|"), (.shutPlainOK, [], "AT+CIPSHUT", "|OK|"),
        (.stateTight, [], "AT+CIPSTATUS", "|OK||STATE:IP INITIAL|"),
        (.ackBlanks, [], "AT+CIPACK", "|+CIPACK: 0, 0, 0||OK|"),
        (.getTight, [], "AT+CIPRXGET=4", "|+CIPRXGET:4,0||OK|"),
        (.promptTight, ["AT+CIPSTART=TCP,h,1"], "AT+CIPSEND=1", "|>"),
        (.alreadyAlone, ["AT+CIPSTART=TCP,h,1"], "AT+CIPSTART=TCP,h,1", "|ALREADY CONNECT|"),
    ])
    func spellingsDiffer(trait: Dialect.Trait, before: [String], line: String, answer: String) {
        var dialogue = Dialogue.ready(.ec716s, [trait])
        for command in before { _ = dialogue.say(command) }
        #expect(dialogue.say(line) == answer)
    }

    @Test func spellingsOfDataDiffer() {
        var accept = Dialogue.connected(.ec716s, [.acceptBlank])
        #expect(accept.say("AT+CIPSEND=1", data: [1]) == "|> |DATA ACCEPT: 1|")
        var reading = Dialogue.connected(.ec716s, [.noticeTight, .readTight], settings: ["AT+CIPRXGET=1"])
        reading.peerSends("abc")
        #expect(reading.text() == "|+CIPRXGET:1|")
        #expect(reading.say("AT+CIPRXGET=2,10") == "|+CIPRXGET: 2,3,0|abc|OK|")
        var pushed = Dialogue.connected(.ec716s, [.pushTight], settings: ["AT+CIPHEAD=1", "AT+CIPRXF=1"])
        pushed.peerSends("abc")
        #expect(pushed.text() == "+IPD,3:abc")
        var failing = Dialogue.ready(.ec716s, [.tcpErrors])
        failing.peer.accepts = false
        #expect(failing.say("AT+CIPSTART=TCP,h,1") == "|OK||TCP ERROR:11||STATE: TCP CLOSED||CONNECT FAIL|")
    }

    @Test func eachProfileHasItsOwnCommands() {
        for profile in ModuleProfile.all {
            var dialogue = Dialogue.ready(profile)
            let hasSockets = dialogue.say("AT+CIPSTATUS").hasPrefix("|OK|")
            let hasMQTT = dialogue.say("AT+MQTTSTATU").hasSuffix("|OK|")
            #expect(hasSockets == (profile.family == .luat))
            #expect(hasMQTT == profile.hasMQTT)
        }
    }
}
