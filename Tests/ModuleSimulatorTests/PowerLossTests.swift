import Testing

@testable import ModuleSimulator

/// Faults of an upload: power, room, and the port.
@Suite struct PowerLossTests {
    @Test func powerCanGoBeforeACommandsEffect() throws {
        var dialogue = Dialogue.ready()
        try dialogue.fault("power-loss-before 2")
        #expect(dialogue.say("AT+FSCREATE=a") == "|OK|")
        #expect(dialogue.say("AT+FSCREATE=b").hasPrefix("|RDY|"))
        #expect(dialogue.notes.contains("power lost before AT+FSCREATE=b"))
        dialogue.wait(.seconds(5))
        _ = dialogue.say("ATE0")
        #expect(dialogue.say("AT+FSLS=\"/\"") == "|a||OK|")
    }

    @Test func powerCanGoAfterACommandsEffect() throws {
        var dialogue = Dialogue.ready()
        try dialogue.fault("power-loss-after 2")
        #expect(dialogue.say("AT+FSCREATE=a") == "|OK|")
        #expect(dialogue.say("AT+FSCREATE=b").hasPrefix("|RDY|"))
        #expect(dialogue.notes.contains("power lost after the command, before its answer"))
        dialogue.wait(.seconds(5))
        _ = dialogue.say("ATE0")
        #expect(dialogue.say("AT+FSLS=\"/\"") == "|a|b||OK|")
    }

    @Test func aCommandWithDataIsCompleteWithThem() throws {
        var dialogue = Dialogue.ready()
        _ = dialogue.say("AT+FSCREATE=a")
        try dialogue.fault("power-loss-after 1")
        #expect(dialogue.say("AT+FSWRITE=a,0,3,5") == "|>")
        dialogue.write(ascii("xyz"))
        dialogue.wait(.seconds(5))
        #expect(dialogue.text().hasPrefix("|RDY|"))
        _ = dialogue.say("ATE0")
        #expect(dialogue.say("AT+FSFSIZE=a") == "|+FSFSIZE: 3||OK|")
    }

    @Test func aCommandThatTakesTimeLosesItsAnswerToo() throws {
        var dialogue = Dialogue.ready()
        try dialogue.fault("power-loss-after 1")
        #expect(dialogue.say("AT+CIPSHUT").hasPrefix("|RDY|"))
        dialogue.wait(.seconds(5))
        _ = dialogue.say("ATE0")
        #expect(dialogue.say("AT") == "|OK|")
    }

    @Test func aFullFlashTakesNothingAndSaysSoLate() throws {
        var dialogue = Dialogue.ready()
        _ = dialogue.upload("a", "xyz")
        try dialogue.fault("fs-full")
        #expect(dialogue.say("AT+FSMEM") == "|+FSMEM: 0 bytes||OK|")
        #expect(dialogue.say("AT+FSCREATE=b") == "|ERROR|")
        #expect(dialogue.say("AT+FSWRITE=a,0,2,5") == "|>")
        dialogue.write(ascii("12"))
        #expect(dialogue.text() == "|ERROR|")
        #expect(dialogue.say("AT+FSREAD=a,0,9") == "|xyz||OK|")
        try dialogue.fault("fs-full off")
        #expect(dialogue.upload("b", "1") == "|OK||>|OK|")
    }

    @Test func thePortCanDieDuringAnUpload() throws {
        var dialogue = Dialogue.ready()
        _ = dialogue.say("AT+FSCREATE=a")
        try dialogue.fault("cut-upload 2")
        _ = dialogue.say("AT+FSWRITE=a,0,4,5")
        dialogue.write(ascii("1"))
        #expect(dialogue.lostPorts == 0)
        dialogue.write(ascii("2"))
        #expect(dialogue.lostPorts == 1)
        // What the host says next is data, until the time is over.
        dialogue.write(ascii("A"))
        dialogue.wait(.seconds(5))
        #expect(dialogue.text() == "|TimeOut|" && dialogue.lostPorts == 1)
        #expect(dialogue.say("AT+FSFSIZE=a") == "|+FSFSIZE: 0||OK|")
    }

    @Test(arguments: ["power-loss-after", "power-loss-before 0", "fs-full on", "cut-upload x"])
    func wrongLinesAreRefused(line: String) {
        #expect(throws: FaultLine.Problem.self) { try FaultLine.parse(line) }
    }
}
