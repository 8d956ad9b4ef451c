import BridgeTestKit
import Glibc
import LinuxIO
import Testing

@Suite struct SerialPortTests {
    let loop: EventLoop
    let directory: TemporaryDirectory

    init() throws {
        loop = try EventLoop()
        directory = try TemporaryDirectory()
    }

    private func open(_ path: String, baud: Int = 115200) throws -> SerialPort {
        try SerialPort(SerialPort.Settings(path: path, baud: baud), loop: loop)
    }

    private func failure(_ path: String, baud: Int = 115200) -> SerialPort.OpenFailure? {
        do throws(SerialPort.OpenFailure) {
            _ = try SerialPort(SerialPort.Settings(path: path, baud: baud), loop: loop)
            return nil
        } catch {
            return error
        }
    }

    @Test func theLineIsRawIgnoresTheModemLinesAndDoesNotHangUpOnClose() throws {
        let terminal = try PseudoTerminal()
        let port = try open(terminal.slavePath)
        defer { port.close() }
        // Left the wrong way by somebody else, so that a port that does not set them shows.
        let slave = unsafe Glibc.open(terminal.slavePath, O_RDWR | O_NOCTTY)
        defer { Glibc.close(slave) }
        var settings = termios()
        #expect(unsafe tcgetattr(slave, &settings) == 0)
        settings.c_cflag |= tcflag_t(HUPCL)
        settings.c_cflag &= ~tcflag_t(CLOCAL)
        settings.c_lflag |= tcflag_t(ICANON | ECHO)
        #expect(unsafe tcsetattr(slave, TCSANOW, &settings) == 0)
        port.close()
        let again = try open(terminal.slavePath)
        defer { again.close() }
        #expect(unsafe tcgetattr(slave, &settings) == 0)
        #expect(settings.c_cflag & tcflag_t(CLOCAL) != 0)
        #expect(settings.c_cflag & tcflag_t(HUPCL) == 0)
        #expect(settings.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == 0)
    }

    @Test func everyByteValueCrossesBothWays() throws {
        let terminal = try PseudoTerminal()
        let port = try open(terminal.slavePath)
        try terminal.attach(to: loop)
        let all = (0...255).map { UInt8($0) }
        var atPort: [UInt8] = []
        var atModule: [UInt8] = []
        port.onBytes = { atPort += $0 }
        terminal.onBytes = { atModule += $0 }
        #expect(port.write(all))
        #expect(terminal.write(all))
        #expect(runLoop(loop) { atPort.count >= 256 && atModule.count >= 256 })
        #expect(atPort == all)
        #expect(atModule == all)
    }

    @Test(arguments: SerialPort.supportedSpeeds)
    func speedsAreSet(_ speed: Int) throws {
        let terminal = try PseudoTerminal()
        let port = try open(terminal.slavePath, baud: speed)
        #expect(terminal.speed == speed)
        port.close()
    }

    @Test func moreThanTheKernelTakesFollowsInOrder() throws {
        let terminal = try PseudoTerminal()
        let port = try open(terminal.slavePath)
        var drained = 0
        port.onDrained = { drained += 1 }
        let bytes = (0..<60000).map { UInt8(truncatingIfNeeded: ($0 &* 7) &+ ($0 >> 8)) }
        #expect(port.write(bytes))
        #expect(port.pendingBytes > 0)
        #expect(drained == 0)
        var received: [UInt8] = []
        #expect(
            runLoop(loop) {
                received += terminal.read() ?? []
                return received.count >= bytes.count && drained > 0
            })
        #expect(received == bytes)
        #expect(drained == 1)
        #expect(port.pendingBytes == 0)
    }

    @Test func writesAreBounded() throws {
        let terminal = try PseudoTerminal()
        let port = try open(terminal.slavePath)
        #expect(port.write([UInt8](repeating: 0x41, count: SerialPort.writeLimit)))
        let waiting = port.pendingBytes
        try #require(waiting > 0)
        #expect(!port.write([UInt8](repeating: 0x42, count: SerialPort.writeLimit)))
        #expect(port.pendingBytes == waiting)
        port.discardPending()
        #expect(port.pendingBytes == 0)
        #expect(port.write([0x43]))
    }

    @Test func drainedIsToldAfterTheWriteNotInside() throws {
        let terminal = try PseudoTerminal()
        let port = try open(terminal.slavePath)
        var isDrained = false
        port.onDrained = { isDrained = true }
        port.write([0x41])
        #expect(!isDrained)
        #expect(runLoop(loop) { isDrained })
    }

    @Test func anUnplugIsToldOnceAndThePortCanComeBack() throws {
        let path = directory.file("module")
        let first = try PseudoTerminal()
        try first.link(at: path)
        let port = try open(path)
        var closed = 0
        port.onClosed = { _ in closed += 1 }
        first.close()
        port.write([0x41])
        #expect(closed == 0)
        #expect(runLoop(loop) { closed > 0 })
        #expect(!port.isOpen)
        #expect(!port.write([0x41]))
        #expect(!SerialPort.exists(path))
        #expect(failure(path) == .missing(path: path))

        let second = try PseudoTerminal()
        try second.link(at: path)
        #expect(SerialPort.exists(path))
        let again = try open(path)
        var received: [UInt8] = []
        again.onBytes = { received += $0 }
        #expect(second.write(Array("RDY\r\n".utf8)))
        #expect(runLoop(loop) { received == Array("RDY\r\n".utf8) })
        #expect(closed == 1)
    }

    @Test func aHandlerMayCloseThePort() throws {
        let terminal = try PseudoTerminal()
        let port = try open(terminal.slavePath)
        try terminal.attach(to: loop)
        var calls = 0
        var closed = 0
        port.onClosed = { _ in closed += 1 }
        port.onBytes = { [weak port] _ in
            calls += 1
            port?.write([0x42])
            port?.close()
        }
        var readers: [Bool] = []
        terminal.onReaderChanged = { readers.append($0) }
        terminal.write([UInt8](repeating: 0x41, count: 3 * SerialPort.readLimit))
        #expect(runLoop(loop) { readers == [false] })
        #expect(calls == 1)
        #expect(closed == 0)
    }

    @Test func aFailedWriteIsNotToldAfterTheOwnersClose() throws {
        let terminal = try PseudoTerminal()
        let port = try open(terminal.slavePath)
        var closed = 0
        port.onClosed = { _ in closed += 1 }
        terminal.close()
        port.write([0x41])
        port.close()
        var isLater = false
        loop.schedule(after: .milliseconds(5)) { isLater = true }
        #expect(runLoop(loop) { isLater })
        #expect(closed == 0)
    }

    @Test func aPortInUseIsBusyUntilItIsClosed() throws {
        let terminal = try PseudoTerminal()
        let path = directory.file("module")
        try terminal.link(at: path)
        let port = try open(path)
        guard case .busy(path, let holder) = failure(path) else {
            Issue.record("the second open succeeded or failed in another way")
            return
        }
        #expect(holder?.pid == getpid())
        #expect(holder?.name.isEmpty == false)
        port.close()
        #expect(failure(path) == nil)
    }

    @Test func aPortThatIsDroppedIsClosed() throws {
        let terminal = try PseudoTerminal()
        var port: SerialPort? = try open(terminal.slavePath)
        #expect(terminal.hasReader)
        #expect(port?.isOpen == true)
        port = nil
        #expect(!terminal.hasReader)
        // The loop has forgotten it too: its descriptor's number is free for the next.
        port = try open(terminal.slavePath)
        #expect(terminal.hasReader)
    }

    @Test func whatCameBeforeTheOpenIsFlushed() throws {
        let terminal = try PseudoTerminal()
        var port = try open(terminal.slavePath)
        #expect(terminal.write(Array("stale".utf8)))
        port.close()
        port = try open(terminal.slavePath)
        var received: [UInt8] = []
        port.onBytes = { received += $0 }
        #expect(terminal.write(Array("fresh".utf8)))
        #expect(runLoop(loop) { received.count >= 5 })
        #expect(received == Array("fresh".utf8))
    }

    @Test func whatIsNoPortIsRefused() throws {
        let file = directory.file("file")
        try Files.writeAtomically(file, [1, 2, 3])
        #expect(failure(file) == .notATerminal(path: file))
        #expect(failure(directory.path) == .notATerminal(path: directory.path))
        #expect(failure(file + "/x") == .missing(path: file + "/x"))
        #expect(failure("/dev/ttyNone") == .missing(path: "/dev/ttyNone"))
        let terminal = try PseudoTerminal()
        for baud in [0, -1, 12345, Int.max] {
            #expect(
                failure(terminal.slavePath, baud: baud) == .unsupportedBaud(path: terminal.slavePath, baud: baud))
        }
        #expect(!terminal.hasReader)
    }

    @Test func failuresSayWhatHelps() {
        let holder = SerialPort.Holder(pid: 7, name: "ModemManager")
        #expect("\(SerialPort.OpenFailure.missing(path: "/dev/x"))".contains("/dev/serial/by-id"))
        #expect("\(SerialPort.OpenFailure.forbidden(path: "/dev/x", group: nil))".contains("group dialout"))
        let busy = "\(SerialPort.OpenFailure.busy(path: "/dev/x", holder: holder))"
        #expect(busy.contains("ModemManager (pid 7)") && busy.contains("systemctl stop"))
        #expect("\(SerialPort.OpenFailure.busy(path: "/dev/x", holder: nil))".contains("ID_MM_DEVICE_IGNORE"))
    }
}
