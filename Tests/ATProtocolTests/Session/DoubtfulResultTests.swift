import Testing

@testable import ATProtocol

/// A URC in the middle of a `+MSUB` pushes the payload's end; what a stranger put there must not become a result.
struct DoubtfulResultTests {
    private func publishing() -> Dialogue {
        let dialogue = Dialogue()
        dialogue.synchronise()
        dialogue.receive("\r\nOK\r\n")
        dialogue.pass(.seconds(2))
        dialogue.submit(ATCommand(line: bytes("AT+MPUB=\"t\",1,0,\"x\"")))
        _ = dialogue.take()
        return dialogue
    }

    private let damaged = "\r\n+MSUB: \"t\",24 byte,abc\r\n+CEREG: 1\r\ndef\r\nPUBACK\r\nOK\r\nghi\r\n"

    @Test(arguments: ["OK", "ERROR", "PUBACK", "+CME ERROR: 767"])
    func nothingInADamagedMessageIsCredited(line: String) {
        let dialogue = publishing()
        dialogue.receive("\r\n+MSUB: \"t\",20 byte,abc\r\n+CEREG: 1\r\ndef\r\n\(line)\r\nghi\r\n")
        let actions = dialogue.take()
        let isCredited = actions.contains { action in
            switch action {
            case .completed, .urc(.outcome): true
            default: false
            }
        }
        #expect(!isCredited)
        let kinds = actions.compactMap { if case .discarded(let discard) = $0 { discard.kind } else { nil } }
        #expect(kinds.contains(.unframedMessage) && kinds.contains(.doubtfulResult))
    }

    @Test func farBehindItResultsCountAgain() {
        let dialogue = publishing()
        dialogue.receive(damaged)
        for _ in 0..<6 { dialogue.receive("\r\n+CSQ: 20,0 and more that is no result\r\n") }
        _ = dialogue.take()
        dialogue.receive("\r\nOK\r\n\r\nPUBACK\r\n")
        let actions = dialogue.take()
        #expect(actions.contains { if case .completed(let result) = $0 { result.isSuccess } else { false } })
        #expect(actions.contains(.urc(.outcome(.puback))))
    }

    @Test func withoutAResultTheCommandTimesOutAndBothGetInStepAgain() {
        let dialogue = publishing()
        dialogue.receive(damaged)
        _ = dialogue.take()
        dialogue.pass(.seconds(10))
        #expect(
            dialogue.take().contains {
                if case .completed(let result) = $0 { result.final == .timedOut } else { false }
            })
    }

    @Test func aMessageCutShortDoesNotSpoilWhatComesAfterASilence() {
        let dialogue = publishing()
        dialogue.receive("\r\n+MSUB: \"t\",300 byte,abc\r\nPUBACK\r\n")
        dialogue.pass(.seconds(4))
        let first = dialogue.take()
        #expect(!first.contains(.urc(.outcome(.puback))))
        dialogue.receive("\r\nOK\r\n\r\nPUBACK\r\n")
        let actions = dialogue.take()
        #expect(actions.contains { if case .completed(let result) = $0 { result.isSuccess } else { false } })
        #expect(actions.contains(.urc(.outcome(.puback))))
    }
}
