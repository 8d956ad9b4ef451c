import ATProtocol
import Testing

@Suite("Data mode")
struct DataModeTests {
    private let dialogue = Dialogue()
    private let command = ATCommand(line: bytes("AT+MPUBEX=\"t\",0,0,3"), data: bytes("abc"))

    private func summaries() -> [String] { dialogue.take().map(\.summary) }

    @Test(arguments: ["> ", ">", "\r\n>\r\n", "\r\n> \r\n"])
    func `sends the data at the prompt and nothing else`(_ prompt: String) {
        dialogue.submit(command)
        for byte in bytes(prompt) { dialogue.receive([byte]) }
        dialogue.receive("\r\nOK\r\nPUBACK\r\n")
        #expect(summaries() == [#"write AT+MPUBEX="t",0,0,3\r\n"#, "write abc", "OK []", "urc puback"])
    }

    @Test func `a message may come between the prompt and the data's answer`() {
        dialogue.submit(command)
        dialogue.receive("+MSUB: \"t\",5 byte,\r\n>\r\n\r\n\r\n> ")
        dialogue.receive("+MSUB: \"t\",2 byte,OK\r\nOK\r\n")
        #expect(summaries().dropFirst() == [#"message t \r\n>\r\n"#, "write abc", "message t OK", "OK []"])
    }

    @Test func `an error in place of the prompt ends it`() {
        dialogue.submit(command)
        dialogue.receive("+CME ERROR: 767\r\n> ")
        #expect(summaries().dropFirst() == ["CME 767 767 []"])
    }

    @Test func `an OK in place of the prompt is not believed`() {
        dialogue.submit(command)
        dialogue.receive("OK\r\n>")
        dialogue.receive("OK\r\n")
        #expect(summaries().dropFirst() == ["discarded strayFinal OK", "write abc", "OK []"])
    }

    @Test func `a second prompt writes nothing`() {
        dialogue.submit(command)
        dialogue.receive("> ")
        dialogue.receive("> ")
        dialogue.receive("\r\nOK\r\n")
        #expect(summaries().filter { $0 == "write abc" }.count == 1)
    }

    @Test func `a prompt for nobody is none`() {
        dialogue.submit(.csq)
        dialogue.receive("> \r\nOK\r\n")
        #expect(summaries().dropFirst() == ["urc other >", "OK []"])
    }

    @Test func `an error while the data is written ends it once it is out`() {
        dialogue.takesWrites = false
        dialogue.submit(command)
        dialogue.written()
        dialogue.receive("> ")
        dialogue.receive("OK\r\n+CME ERROR: 767\r\n")
        #expect(!dialogue.isIdle)
        dialogue.written()
        #expect(summaries().dropFirst() == ["write abc", "discarded strayFinal OK", "CME 767 767 []"])
    }

    @Test func `without a prompt nothing more is written`() {
        dialogue.submit(command)
        dialogue.pass(.seconds(60))
        #expect(summaries().dropFirst() == ["no prompt []", "data mode unknown 3"])
        #expect(!dialogue.isIdle)
        #expect(dialogue.deadline == nil)
        dialogue.receive("> CLOSED\r\nOK\r\nCLOSED\r\n")
        #expect(summaries() == ["urc other > CLOSED", "discarded strayFinal OK", "urc closed"])
    }

    @Test func `without an answer to the data nothing more is written either`() {
        dialogue.submit(command)
        dialogue.receive("> ")
        dialogue.pass(.seconds(60))
        #expect(summaries().dropFirst() == ["write abc", "timed out []", "data mode unknown 3"])
    }

    @Test func `a synchronisation ends the silence`() {
        dialogue.submit(command)
        dialogue.pass(.seconds(60))
        dialogue.synchronise()
        dialogue.receive("OK\r\n")
        #expect(dialogue.isIdle)
    }

    @Test func `a declared failure line ends it`() throws {
        dialogue.submit(try .fsWrite("f", contents: [1]))
        dialogue.receive(">")
        dialogue.receive("\r\nTimeOut\r\n")
        #expect(summaries().last == "ERROR [\"TimeOut\"]")
    }

    /// A module that restarted without a word, its echo on again: what it echoes is the command whose prompt follows.
    @Test func `echo on again is told only once the data is through`() {
        dialogue.submit(.ate0)
        dialogue.receive("OK\r\n")
        _ = dialogue.take()
        dialogue.submit(command)
        dialogue.receive("AT+MPUBEX=\"t\",0,0,3\r\n")
        #expect(summaries().dropFirst() == [])
        dialogue.pass(.milliseconds(500))
        dialogue.receive("> ")
        dialogue.receive("\r\nOK\r\n")
        #expect(summaries() == ["write abc", "echo returned", "OK []"])
    }

    @Test func `echo on again and then no prompt is a data mode that may be open`() {
        dialogue.submit(.ate0)
        dialogue.receive("OK\r\n")
        dialogue.submit(command)
        dialogue.receive("AT+MPUBEX=\"t\",0,0,3\r\n")
        dialogue.pass(.seconds(60))
        #expect(summaries().suffix(2) == ["no prompt []", "data mode unknown 3"])
    }

    @Test func `a boot banner may be older than the command`() {
        dialogue.submit(command)
        dialogue.receive("\r\nRDY\r\n")
        #expect(summaries().dropFirst() == [])
        dialogue.receive("> ")
        dialogue.receive("\r\nERROR\r\n")
        #expect(summaries() == ["write abc", "ERROR []", "urc banner ready"])
    }

    @Test func `after a boot banner and no prompt the module is told to have restarted`() {
        dialogue.submit(command)
        dialogue.receive("\r\nRDY\r\n")
        dialogue.pass(.milliseconds(1999))
        #expect(summaries().dropFirst() == [])
        dialogue.pass(.milliseconds(1))
        #expect(summaries() == ["ERROR []", "urc banner ready"])
        #expect(dialogue.isIdle)
    }
}
