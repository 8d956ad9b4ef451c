import ATProtocol
import Testing

@Suite("Synchronisation")
struct SynchronisationTests {
    private let dialogue = Dialogue()
    private let call = #"write AT\r\n"#
    private let probe = #"write AT+CMEE?\r\n"#

    private func summaries() -> [String] { dialogue.take().map(\.summary) }

    /// A session whose command was never answered, right after it gave up.
    private func timedOut() {
        dialogue.submit(.csq)
        dialogue.pass(.microseconds(9_000_695))
        #expect(summaries() == [#"write AT+CSQ\r\n"#, "timed out []", call])
    }

    @Test func `one AT answered at once is enough`() {
        dialogue.synchronise()
        #expect(!dialogue.isIdle)
        dialogue.receive("AT\r\r\nOK\r\n")
        #expect(summaries() == [call, "synchronised"])
        #expect(dialogue.isIdle)
    }

    @Test func `after several, late OKs are waited for`() {
        dialogue.synchronise()
        dialogue.pass(.seconds(1))
        #expect(summaries() == [call, call, call])
        dialogue.receive("OK\r\n")
        dialogue.pass(.milliseconds(299))
        dialogue.receive("OK\r\n")
        dialogue.pass(.milliseconds(299))
        dialogue.receive("OK\r\n+CGEV: ME DETACH\r\n")
        #expect(summaries() == ["urc detached"])
        dialogue.pass(.milliseconds(300))
        #expect(summaries() == ["synchronised"])
    }

    @Test func `the answer to the command before a banner is not that of the AT`() {
        dialogue.submit(.csq)
        dialogue.synchronise()
        #expect(summaries() == [#"write AT+CSQ\r\n"#, call])
        dialogue.receive("OK\r\n")
        #expect(summaries() == [probe])
        dialogue.receive("OK\r\n+CMEE: 1\r\n")
        #expect(!dialogue.isIdle)
        dialogue.receive("OK\r\n")
        #expect(summaries().last == "synchronised")
        #expect(dialogue.isIdle)
    }

    /// A module that restarted without a word while it is being looked for: no second AT goes out over the first one, and
    /// no answer is credited to the command behind it.
    @Test func `an echo is told with the end of the next command, not over an open AT`() {
        dialogue.submit(.ate0)
        dialogue.receive("OK\r\n")
        _ = dialogue.take()
        timedOut()
        dialogue.receive("AT\r\r\nOK\r\n")
        dialogue.receive("AT+CMEE?\r\r\n+CMEE: 1\r\n\r\nOK\r\n")
        #expect(summaries() == [probe, "synchronised"])
        dialogue.submit(.csq)
        dialogue.receive("AT+CSQ\r\r\n")
        #expect(summaries() == [#"write AT+CSQ\r\n"#])
        dialogue.receive("+CSQ: 1,1\r\n\r\nOK\r\n")
        #expect(summaries() == ["echo returned", #"OK ["+CSQ: 1,1"]"#])
    }

    @Test func `an echo without an answer is told by the next one`() {
        dialogue.submit(.ate0)
        dialogue.receive("OK\r\n")
        dialogue.submit(.csq)
        dialogue.receive("AT+CSQ\r\r\n")
        dialogue.pass(.milliseconds(9_010))
        dialogue.receive("OK\r\n+CMEE: 1\r\nOK\r\n")
        _ = dialogue.take()
        dialogue.submit(.csq)
        dialogue.receive("AT+CSQ\r\r\nOK\r\n")
        #expect(summaries() == [#"write AT+CSQ\r\n"#, "echo returned", "OK []"])
    }

    @Test func `begun anew over an open AT, the first OK is not the end`() {
        dialogue.synchronise()
        dialogue.synchronise()
        dialogue.receive("OK\r\n")
        #expect(summaries() == [call, call])
        dialogue.receive("OK\r\n")
        dialogue.pass(.milliseconds(300))
        #expect(summaries() == ["synchronised"])
    }

    @Test func `ERROR is no answer to AT`() {
        dialogue.synchronise()
        dialogue.receive("ERROR\r\n")
        #expect(summaries() == [call, "discarded strayFinal ERROR"])
    }

    @Test func `it ends after the last interval`() {
        dialogue.synchronise(attempts: 3)
        dialogue.pass(.milliseconds(1499))
        #expect(summaries() == [call, call, call])
        dialogue.pass(.milliseconds(1))
        #expect(summaries() == ["synchronisationFailed"].map { _ in "synchronisation failed" })
        #expect(!dialogue.isIdle)
        #expect(dialogue.deadline == nil)
        dialogue.synchronise()
        dialogue.receive("OK\r\n")
        #expect(dialogue.isIdle)
    }

    @Test func `a module that never stops saying OK does not pass`() {
        dialogue.synchronise()
        dialogue.pass(.milliseconds(600))
        for _ in 0..<100 {
            dialogue.receive("OK\r\n")
            dialogue.pass(.milliseconds(100))
        }
        #expect(summaries().contains("synchronisation failed"))
    }

    @Test func `a time-out calls fifteen times and gives up`() {
        timedOut()
        dialogue.pass(.seconds(60))
        #expect(summaries() == [String](repeating: call, count: 14) + ["synchronisation failed"])
        #expect(!dialogue.isIdle)
    }

    @Test func `only the probe's own line ends it`() {
        timedOut()
        dialogue.pass(.seconds(1))
        dialogue.receive("OK\r\n")
        #expect(summaries() == [call, call, probe])
        // The late answer of the command and those of the other ATs.
        dialogue.receive("+CSQ: 20,99\r\n\r\nOK\r\nOK\r\n")
        dialogue.pass(.milliseconds(400))
        #expect(!dialogue.isIdle)
        dialogue.receive("OK\r\n")
        dialogue.pass(.milliseconds(400))
        dialogue.receive("AT+CMEE?\r\r\n+CMEE :1\r\n\r\n")
        #expect(!dialogue.isIdle)
        dialogue.receive("OK\r\n")
        #expect(summaries() == ["discarded strayLine +CSQ: 20,99", "synchronised"])
        #expect(dialogue.isIdle)
    }

    @Test func `a module without the probe passes after silence`() {
        timedOut()
        dialogue.receive("OK\r\n")
        dialogue.receive("ERROR\r\n")
        dialogue.pass(.milliseconds(499))
        #expect(!dialogue.isIdle)
        dialogue.pass(.milliseconds(1))
        #expect(summaries() == [probe, "synchronised"])
    }

    @Test func `a probe without an answer fails`() {
        timedOut()
        dialogue.receive("OK\r\n")
        dialogue.pass(.seconds(9))
        #expect(summaries() == [probe, "synchronisation failed"])
    }

    @Test func `a probe without its OK fails`() {
        timedOut()
        dialogue.receive("OK\r\n+CMEE: 1\r\n")
        dialogue.pass(.seconds(9))
        #expect(summaries() == [probe, "synchronisation failed"])
    }

    @Test func `URCs, outcomes and messages pass meanwhile`() {
        timedOut()
        dialogue.receive("PUBACK\r\n+MSUB: \"t\",3 byte,abc\r\nCLOSED\r\n+CEREG: 2\r\njunk\r\n")
        #expect(
            summaries() == [
                "urc puback", "message t abc", "urc closed", "urc cereg 2", "discarded strayLine junk",
            ])
    }

    @Test func `a late answer is not credited to the next command`() {
        timedOut()
        dialogue.receive("OK\r\n+CMEE: 1\r\nOK\r\n")
        dialogue.submit(.mqttStatus)
        dialogue.receive("+CSQ: 20,99\r\n+MQTTSTATU :1\r\nOK\r\n")
        #expect(summaries().suffix(2) == ["urc other +CSQ: 20,99", #"OK ["+MQTTSTATU :1"]"#])
    }

    @Test func `a cache read that took too long is still a cache read`() {
        dialogue.submit(.mqttMessageGet)
        dialogue.pass(.seconds(10))
        dialogue.receive("+MSUB: t,3 byte,abc\r\n")
        #expect(summaries().last == "message cached t abc")
    }

    @Test func `a command that only waits for a stray OK is told first`() {
        dialogue.submit(.cipshut)
        dialogue.receive("SHUT OK\r\n")
        dialogue.synchronise()
        #expect(summaries().dropFirst() == ["SHUT OK []", call])
    }

    @Test func `a lost port ends it without a word`() {
        timedOut()
        dialogue.close()
        dialogue.pass(.seconds(60))
        #expect(summaries().isEmpty)
    }
}
