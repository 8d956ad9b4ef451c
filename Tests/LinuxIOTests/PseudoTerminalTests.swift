import BridgeTestKit
import Glibc
import LinuxIO
import Testing

@Suite struct PseudoTerminalTests {
    let loop: EventLoop
    let directory: TemporaryDirectory

    init() throws {
        loop = try EventLoop()
        directory = try TemporaryDirectory()
    }

    @Test func readersComeAndGo() throws {
        let terminal = try PseudoTerminal()
        #expect(!terminal.hasReader)
        #expect(!terminal.write([1]))
        try terminal.attach(to: loop)
        var changes: [Bool] = []
        terminal.onReaderChanged = { changes.append($0) }
        for round in 1...3 {
            let port = try SerialPort(SerialPort.Settings(path: terminal.slavePath), loop: loop)
            #expect(terminal.hasReader)
            #expect(runLoop(loop) { changes.count == 2 * round - 1 })
            port.close()
            #expect(runLoop(loop) { changes.count == 2 * round })
        }
        #expect(changes == [true, false, true, false, true, false])
    }

    @Test func whatWasWrittenBeforeTheCloseIsRead() throws {
        let terminal = try PseudoTerminal()
        let slave = try OwnedDescriptor.open(terminal.slavePath, flags: O_RDWR | O_NOCTTY)
        try terminal.attach(to: loop)
        _ = try slave.write([1, 2, 3])
        close(slave)
        var received: [UInt8] = []
        terminal.onBytes = { received += $0 }
        #expect(runLoop(loop) { received == [1, 2, 3] })
    }

    @Test func whatSomebodyLeftWhileNobodyLookedIsRead() throws {
        let terminal = try PseudoTerminal()
        try terminal.attach(to: loop)
        let slave = try OwnedDescriptor.open(terminal.slavePath, flags: O_RDWR | O_NOCTTY)
        _ = try slave.write([1, 2, 3])
        close(slave)
        var received: [UInt8] = []
        var changes: [Bool] = []
        terminal.onBytes = { received += $0 }
        terminal.onReaderChanged = { changes.append($0) }
        #expect(runLoop(loop) { changes == [true, false] })
        #expect(received == [1, 2, 3])
    }

    private func close(_ descriptor: consuming OwnedDescriptor) {}

    @Test func aSlowReaderGetsEverythingInOrder() throws {
        let terminal = try PseudoTerminal()
        let slave = try OwnedDescriptor.open(terminal.slavePath, flags: O_RDWR | O_NOCTTY | O_NONBLOCK)
        try terminal.attach(to: loop)
        var drained = 0
        terminal.onDrained = { drained += 1 }
        let bytes = (0..<60000).map { UInt8(truncatingIfNeeded: ($0 &* 13) &+ ($0 >> 8)) }
        #expect(terminal.write(bytes))
        #expect(terminal.pendingBytes > 0)
        #expect(!terminal.write(bytes))
        var received: [UInt8] = []
        #expect(
            runLoop(loop) {
                received += ((try? slave.read()) ?? nil) ?? []
                return received.count >= bytes.count && drained == 1
            })
        #expect(received == bytes)
        _ = slave.raw
    }

    @Test func theLinkFollowsTheNewestAndGoesWithIt() throws {
        let path = directory.file("link")
        let first = try PseudoTerminal()
        try first.link(at: path)
        let second = try PseudoTerminal()
        try second.link(at: path)
        first.close()
        // Not the first one's any more, so not its to remove.
        #expect(SerialPort.exists(path))
        let port = try SerialPort(SerialPort.Settings(path: path), loop: loop)
        #expect(second.hasReader)
        port.close()
        second.close()
        #expect(try Files.list(directory.path).isEmpty)
    }

    /// A wrong `--link` must not cost the file it names, nor one that has the name of the draft.
    @Test func onlyALinkIsReplaced() throws {
        let terminal = try PseudoTerminal()
        let path = directory.file("link")
        for file in [path, path + ".new"] {
            try Files.writeAtomically(file, [1, 2, 3], mode: 0o600)
            #expect(throws: SystemError("symlink", file, code: EEXIST)) { try terminal.link(at: path) }
            #expect(try Files.read(file, limit: 10) == [1, 2, 3])
            try Files.remove(file)
        }
        terminal.close()
        #expect(try Files.list(directory.path).isEmpty)
    }
}
