import BridgeTestKit
import LinuxIO
import Testing

@testable import cellbridge

/// The line on a terminal that says what is waited for.
@Suite struct WaitingLineTests {
    let loop: EventLoop

    init() throws { loop = try EventLoop() }

    @Test func aShortWaitShowsNothing() {
        var written: [String] = []
        let line = WaitingLine("the link", loop) { written.append($0) }
        line.show("the link: AT")
        line.clear()
        let end = loop.now + WaitingLine.patience * 2
        loop.schedule(at: end) {}
        loop.run(until: { loop.now >= end })
        #expect(written.isEmpty)
    }

    @Test func aLongOneShowsWhatItIsAtAndLeavesNothing() {
        var written: [String] = []
        let start = loop.now
        let line = WaitingLine("the link", loop) { written.append($0) }
        #expect(runLoop(loop) { !written.isEmpty })
        #expect(loop.now - start >= WaitingLine.patience)
        line.show("the link: AT+CEREG?")
        line.show("the link: AT+CEREG?")
        line.show(String(repeating: "long ", count: 40))
        line.show("odd \u{1B}[2J")
        line.clear()
        line.clear()
        let erase = "\r\u{1B}[K"
        #expect(
            written == [
                erase + "the link", erase + "the link: AT+CEREG?",
                erase + String(repeating: "long ", count: 16).dropLast(3) + "…", erase + "odd \\x1B[2J", erase,
            ])
    }

    @Test func itGoesWithItsOwner() {
        var written: [String] = []
        var line: WaitingLine? = WaitingLine("the link", loop) { written.append($0) }
        #expect(runLoop(loop) { !written.isEmpty })
        line?.show("more")
        line = nil
        #expect(written.last == "\r\u{1B}[K" && written.count == 3)
    }
}
