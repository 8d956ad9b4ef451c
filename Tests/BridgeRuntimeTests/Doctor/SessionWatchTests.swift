import Testing

@testable import BridgeRuntime

/// How far a session came, by what goes over the line, cut anywhere.
struct SessionWatchTests {
    private func watch(_ steps: [String], cut: Int) -> SessionWatch {
        var watch = SessionWatch()
        for step in steps {
            if step.hasPrefix("AT") {
                watch.sent(step)
            } else {
                let bytes = Array("\r\n\(step)\r\n".utf8)
                var rest = bytes[...]
                while !rest.isEmpty {
                    watch.received(Array(rest.prefix(cut)))
                    rest = rest.dropFirst(cut)
                }
            }
        }
        return watch
    }

    private static let closing = ["AT+MDISCONNECT", "+CME ERROR: 767", "AT+MIPCLOSE", "+CME ERROR: 767"]

    @Test(
        arguments: [
            (["AT+MIPSTART=\"h\",1", "OK", "CONNECT OK", "AT+MCONNECT=1,120", "OK", "CONNACK OK"], nil, true, true),
            (["AT+SSLMIPSTART=\"h\",1", "CONNECT OK", "OK"], nil, true, false),
            (["AT+MCONFIG=***", "+CME ERROR: 765", "AT+MCONFIG=***", "OK"], nil, false, false),
            (["AT+MCONFIG=***", "+CME ERROR: 53"], .configuration("+CME ERROR: 53"), false, false),
            (
                ["AT+MIPSTART=\"h\",1", "OK", "STATE: TCP CLOSED", "CONNECT FAIL"],
                .connection("CONNECT FAIL (STATE: TCP CLOSED)"), false, false
            ),
            (["AT+MIPSTART=\"h\",1", "+CME ERROR: 3"], .connection("+CME ERROR: 3"), false, false),
            (["AT+MIPSTART=\"h\",1", "OK", "AT", "OK", "CONNECT FAIL"], .connection("CONNECT FAIL"), false, false),
            (
                [
                    "AT+MIPSTART=\"h\",1", "OK", "ALREADY CONNECT", "AT+MDISCONNECT", "OK", "AT+MIPSTART=\"h\",1", "OK",
                    "CONNECT OK",
                ], nil, true, false
            ),
            (
                ["AT+MIPSTART=\"h\",1", "OK", "CONNECT OK", "AT+MCONNECT=1,120", "OK", "ERROR"], .refused("ERROR"),
                true, false
            ),
            (["AT+MIPSTART=\"h\",1", "OK", "CONNECT OK", "AT+MCONNECT=1,120", "OK", "CLOSED"], .closed, true, false),
            (["AT+MSUB=\"x\",1", "+CME ERROR: 767"], .subscription("+CME ERROR: 767"), false, false),
            (["AT+CSQ", "ERROR", "CONNECT FAIL", "CLOSED"], nil, false, false),
        ] as [([String], SessionWatch.Failure?, Bool, Bool)])
    func ways(steps: [String], failure: SessionWatch.Failure?, connected: Bool, session: Bool) {
        for cut in [1, 3, 4096] {
            let watch = watch(Self.closing + steps, cut: cut)
            #expect(watch.failure == failure && watch.isConnected == connected && watch.hasSession == session, "\(cut)")
        }
    }

    @Test func theFirstFailureCountsAndLinesAreBounded() {
        var watch = watch(["AT+MIPSTART=\"h\",1", "+CME ERROR: 3", "AT+MIPSTART=\"h\",1", "CONNECT FAIL"], cut: 7)
        #expect(watch.failure == .connection("+CME ERROR: 3"))
        watch.received([UInt8](repeating: 0x41, count: 1_000_000))
        watch.received([0x0A])
        #expect(watch.failure == .connection("+CME ERROR: 3"))
    }
}
