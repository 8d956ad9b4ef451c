import Testing

@testable import ModuleSimulator

/// Chapter 8; CR LF is shown as `|`.
@Suite struct FileTests {
    @Test func theManualsExampleRuns() {
        // YM310 AT manual 8.12, in the root directory.
        var dialogue = Dialogue.ready()
        #expect(dialogue.say("AT+FSCREATE=\"/test.txt\"") == "|OK|")
        #expect(dialogue.say("AT+FSLS=\"/\"") == "|test.txt||OK|")
        #expect(dialogue.say("AT+FSWRITE=\"/test.txt\",0,10,10") == "|>")
        dialogue.write(ascii("1234567890"))
        #expect(dialogue.text() == "|OK|")
        #expect(dialogue.say("AT+FSREAD=\"/test.txt\",0,10,10") == "|1234567890||OK|")
        #expect(dialogue.say("AT+FSREAD=\"C:/test.txt\",1,5,2") == "|34567||OK|")
        #expect(dialogue.say("AT+FSMEM") == "|+FSMEM: 1303990 bytes||OK|")
        #expect(dialogue.say("AT+FSFSIZE=test.txt") == "|+FSFSIZE: 10||OK|")
        #expect(dialogue.say("AT+FSDEL=\"/test.txt\"") == "|OK|")
        #expect(dialogue.say("AT+FSMEM") == "|+FSMEM: 1304000 bytes||OK|")
    }

    private static let longest = String(repeating: "n", count: 64)

    /// With a file `a` of three bytes, `xyz`.
    @Test(arguments: [
        ("AT+FSCREATE=?", "|OK|"), ("AT+FSWRITE=?", "|OK|"), ("AT+FSFSIZE=?", "|OK|"), ("AT+FSLS=?", "|OK|"),
        ("AT+FSCREATE=a", "|ERROR|"),
        ("AT+FSCREATE=\"\"", "|ERROR|"),
        ("AT+FSCREATE=\(longest)", "|OK|"),
        ("AT+FSCREATE=\(longest)n", "|ERROR|"),
        ("AT+FSCREATE=d/b", "|ERROR|"),
        ("AT+FSCREATE=D:/b", "|ERROR|"),
        ("AT+FSCREATE=a,b", "|ERROR|"),
        ("AT+FSDEL=b", "|ERROR|"),
        ("AT+FSFSIZE=a", "|+FSFSIZE: 3||OK|"),
        ("AT+FSFSIZE=b", "|ERROR|"),
        ("AT+FSFLSIZE=a", "|ERROR|"),
        ("AT+FSREAD=a,0,10240", "|xyz||OK|"),
        ("AT+FSREAD=a,0,10241", "|ERROR|"),
        ("AT+FSREAD=a,1,1,2", "|z||OK|"),
        ("AT+FSREAD=a,1,1,3", "|ERROR|"),
        ("AT+FSREAD=a,2,1,0", "|ERROR|"),
        ("AT+FSREAD=b,0,1,0", "|ERROR|"),
        ("AT+FSREADHEAD?", "|+FSREADHEAD: 0||OK|"),
        ("AT+FSREADHEAD=1;+FSREAD=a,0,9,0", "|+FSREAD: xyz||OK|"),
        ("AT+FSREADHEAD=2", "|ERROR|"),
        ("AT+FSWRITE=a,0,10240,1", "|>"),
        ("AT+FSWRITE=a,0,10241,1", "|ERROR|"),
        ("AT+FSWRITE=a,0,0,1", "|ERROR|"),
        ("AT+FSWRITE=a,2,1,1", "|ERROR|"),
        ("AT+FSWRITE=a,0,1,0", "|ERROR|"),
        ("AT+FSWRITE=a,0,1,4294967295", "|>"),
        ("AT+FSWRITE=a,0,1,4294967296", "|ERROR|"),
        ("AT+FSWRITE=a,0,1", "|ERROR|"),
        ("AT+FSWRITE=b,0,1,1", "|ERROR|"),
        ("AT+FSLS=\"C:/\"", "|a||OK|"),
        ("AT+FSLS=\"D:/\"", "|ERROR|"),
        ("AT+FSDRIVE=0", "|+FSDRIVE:C||OK|"),
    ])
    func answers(line: String, expected: String) {
        var dialogue = Dialogue.ready()
        #expect(dialogue.upload("a", "xyz") == "|OK||>|OK|")
        // The prompt's own second must not run out while the answer is awaited.
        dialogue.write(ascii(line + "\r\n"))
        dialogue.wait(.milliseconds(500))
        #expect(dialogue.text() == expected)
    }

    @Test func shortDataEndInTimeOutAndLeaveTheFileAsItWas() {
        var dialogue = Dialogue.ready()
        _ = dialogue.upload("a", "xyz")
        _ = dialogue.say("AT+FSWRITE=a,0,5,3")
        dialogue.write(ascii("1234"))
        dialogue.wait(.milliseconds(1900))
        #expect(dialogue.text() == "")
        dialogue.wait(.milliseconds(200))
        #expect(dialogue.text() == "|TimeOut|")
        #expect(dialogue.say("AT+FSREAD=a,0,9") == "|xyz||OK|")
        // A time-out that is over does not end the next upload.
        _ = dialogue.say("AT+FSWRITE=a,0,1,2")
        dialogue.write(ascii("1"))
        _ = dialogue.say("AT+FSWRITE=a,0,2,9")
        dialogue.write(ascii("4"))
        dialogue.wait(.seconds(4))
        #expect(dialogue.text() == "")
        dialogue.write(ascii("5AT\r\n"))
        #expect(dialogue.text() == "|OK||OK|")
    }

    @Test func writingGoesToTheStartOrTheEnd() {
        var dialogue = Dialogue.ready()
        _ = dialogue.upload("a", "12345")
        #expect(dialogue.say("AT+FSWRITE=a,1,2,5") == "|>")
        dialogue.write(ascii("67"))
        _ = dialogue.text()
        #expect(dialogue.say("AT+FSREAD=a,0,99") == "|1234567||OK|")
        #expect(dialogue.say("AT+FSWRITE=a,0,2,5") == "|>")
        dialogue.write(ascii("ab"))
        #expect(dialogue.say("AT+FSREAD=a,0,99") == "|ab||OK|")
        var keeping = Dialogue.ready(.ec716s, [.keepsTail])
        _ = keeping.upload("a", "12345")
        _ = keeping.say("AT+FSWRITE=a,0,2,5")
        keeping.write(ascii("ab"))
        #expect(keeping.say("AT+FSREAD=a,0,99") == "|ab345||OK|")
    }

    @Test func theDataAreEchoedWhileEchoIsOn() {
        var dialogue = Dialogue.ready()
        _ = dialogue.say("AT+FSCREATE=a")
        _ = dialogue.say("ATE1")
        _ = dialogue.say("AT+FSWRITE=a,0,3,5")
        dialogue.write(ascii("x\r\n"))
        #expect(dialogue.text() == "x||OK|")
        #expect(dialogue.say("ATE0;+FSREAD=a,0,9") == "ATE0;+FSREAD=a,0,9\\0D|x|||OK|")
    }

    @Test func someFirmwaresSpellTheSizeDifferently() {
        var dialogue = Dialogue.ready(.ec716s, [.longFileSize])
        _ = dialogue.upload("a", "xyz")
        #expect(dialogue.say("AT+FSFLSIZE=\"a\"") == "|+FSFLSIZE: 3||OK|")
        #expect(dialogue.say("AT+FSFSIZE=\"a\"") == "|ERROR|")
    }

    @Test func flashEnds() {
        var dialogue = Dialogue.ready { $0.flash = 8 }
        #expect(dialogue.upload("a", "12345") == "|OK||>|OK|")
        #expect(dialogue.say("AT+FSCREATE=b") == "|OK|")
        #expect(dialogue.say("AT+FSWRITE=b,0,4,5") == "|ERROR|")
        #expect(dialogue.say("AT+FSWRITE=a,1,4,5") == "|ERROR|")
        #expect(dialogue.say("AT+FSWRITE=a,0,8,5") == "|>")
        dialogue.write(ascii("12345678"))
        #expect(dialogue.text() == "|OK|")
        #expect(dialogue.say("AT+FSMEM") == "|+FSMEM: 0 bytes||OK|")
        #expect(dialogue.say("AT+FSCREATE=c") == "|ERROR|")
    }

    @Test func filesOutliveTheModuleAndTheSimulator() throws {
        var dialogue = Dialogue.ready { $0.flashFile = "somewhere" }
        _ = dialogue.upload("a", "x\ny")
        _ = dialogue.upload("b", "")
        for line in ["reboot", "power-cycle"] {
            try dialogue.fault(line)
            dialogue.wait(.seconds(5))
            _ = dialogue.say("ATE0")
            #expect(dialogue.say("AT+FSFSIZE=a") == "|+FSFSIZE: 3||OK|")
        }
        let stored = try #require(dialogue.stored)
        let files = try #require(FlashFiles(encoded: stored, capacity: 100))
        #expect(files.names == [ascii("a"), ascii("b")] && files.free == 97)
        var other = Dialogue(flash: files)
        other.wait(.seconds(5))
        _ = other.say("ATE0")
        #expect(other.say("AT+FSREAD=a,0,9") == "|x\\0Ay||OK|")
        for cut in 0..<stored.count where FlashFiles(encoded: Array(stored[..<cut]), capacity: 100) != nil {
            #expect([19, 19 + 4 + 4].contains(cut), "\(cut)")
        }
    }
}
