import Testing

@testable import ModuleSimulator

/// Ten bit times a byte, both ways, under virtual time.
@Suite struct PacingTests {
    @Test func bytesAreThroughOneAfterTheOther() {
        var pacer = BytePacer(baud: 9600)
        pacer.enqueue([1, 2, 3], at: .zero)
        #expect(pacer.nextDue == .nanoseconds(1_041_667))
        #expect(pacer.take(now: .nanoseconds(1_041_666)).isEmpty)
        #expect(pacer.take(now: .nanoseconds(1_041_667)).map(\.bytes) == [[1]])
        // More that comes meanwhile waits for its turn.
        pacer.enqueue([4], at: .milliseconds(2))
        #expect(pacer.backlog == 3)
        #expect(pacer.take(now: .nanoseconds(3_125_000)).map(\.bytes) == [[2, 3]])
        #expect(pacer.nextDue == .nanoseconds(3_125_000 + 1_041_667))
        #expect(pacer.take(now: .seconds(1)).map(\.bytes) == [[4]])
        #expect(pacer.backlog == 0 && pacer.nextDue == nil)
    }

    @Test func anIdleLineStartsAnew() {
        var pacer = BytePacer(baud: 115200)
        pacer.enqueue([1], at: .zero)
        _ = pacer.take(now: .seconds(1))
        pacer.enqueue([2], at: .seconds(2))
        #expect(pacer.nextDue == .seconds(2) + .nanoseconds(86806))
    }

    @Test func withoutARateEverythingIsThroughAtOnce() {
        var pacer = BytePacer(baud: 0)
        pacer.enqueue([1, 2], at: .seconds(3))
        #expect(pacer.nextDue == .seconds(3))
        #expect(pacer.take(now: .seconds(3)).map(\.bytes) == [[1, 2]])
    }

    @Test func aTagComesWithTheLastByte() {
        var pacer = BytePacer(baud: 1000)
        let tag = PrintTag(topic: [1], payload: [2], fromCache: false)
        pacer.enqueue([1, 2], tag: tag, at: .zero)
        #expect(pacer.take(now: .milliseconds(10)).map(\.tag) == [nil])
        #expect(pacer.take(now: .milliseconds(20)).map(\.tag) == [tag])
    }

    @Test func anExchangeTakesItsBytesAndTheLatency() {
        var options = SimulatorOptions(seed: 1)
        options.baud = 115200
        options.latency = .milliseconds(15)
        var port = SimulatedPort(options, wallSeconds: 0)
        _ = port.powerOn(now: .zero)
        _ = port.advance(now: .seconds(10))
        _ = port.hostWrote(ascii("ATE0\r\n"), now: .seconds(10))
        _ = port.advance(now: .seconds(20))

        // CR is the third of four bytes: the answer begins 15 ms after it, and is six bytes long.
        _ = port.hostWrote(ascii("AT\r\n"), now: .seconds(20))
        let byte = 10_000_000_000.0 / 115200
        let end = Int64(3 * byte + 15_000_000 + 6 * byte)
        #expect(output(port.advance(now: .seconds(20) + .nanoseconds(end - 10))) == ascii("\r\nOK\r"))
        #expect(output(port.advance(now: .seconds(20) + .nanoseconds(end + 10))) == [0x0A])
    }

    @Test func latenessOfTheCallerDoesNotAddUp() {
        var options = SimulatorOptions(seed: 1)
        options.baud = 9600
        var port = SimulatedPort(options, wallSeconds: 0)
        _ = port.powerOn(now: .zero)
        _ = port.advance(now: .seconds(10))
        _ = port.hostWrote(ascii("ATE0\r\n"), now: .seconds(10))
        _ = port.advance(now: .seconds(20))
        _ = port.hostWrote(ascii("AT\r\n"), now: .seconds(20))
        // Looked at only once, when all of it must be over: 3 bytes in, 6 out, at 1.0417 ms.
        #expect(output(port.advance(now: .seconds(20) + .microseconds(9376))) == ascii("\r\nOK\r\n"))
    }

    @Test func theWakeTimeIsTheEndOfALine() throws {
        var pacer = BytePacer(baud: 921600)
        pacer.enqueue(ascii("\r\nOK\r\n"), at: .zero)
        let first = try #require(pacer.wakeTime(mark: 0x0A))
        #expect(pacer.take(now: first).map(\.bytes) == [[0x0D, 0x0A]])
        let second = try #require(pacer.wakeTime(mark: 0x0A))
        #expect(pacer.take(now: second).map(\.bytes) == [ascii("OK\r\n")])
    }

    private func output(_ effects: [SimulatedPort.Effect]) -> [UInt8] {
        effects.flatMap { effect -> [UInt8] in
            if case .toHost(let bytes, _) = effect { bytes } else { [] }
        }
    }
}
