import LinuxIO

/// Finds the rate at which `AT` is answered on one port: opened, asked a few times, and closed again for each rate.
///
/// Loop's thread only. Nothing but `AT` and line ends is written, and nothing stays in the queue behind it.
final class RateProbe {
    /// What one rate gave.
    enum Heard: Equatable {
        /// A line that is `OK`.
        case answer
        /// Bytes that are none.
        case noise
        /// Nothing.
        case silence
        /// The adapter does not have this rate.
        case impossible
    }

    /// The rates in the order in which they are tried: the usual first (YM310 AT manual 4.6; low-power settings use 9600).
    static let rates = [115_200, 9600, 921_600, 460_800, 230_400, 57600, 38400, 19200]
    /// How often `AT` is sent, and how long each may take. A module that sleeps or adapts its rate misses the first.
    private static let tries = 3
    private static let patience: Duration = .milliseconds(250)
    /// Bytes kept of what comes.
    private static let longest = 4096

    /// Whether somebody asked to stop.
    var isInterrupted: () -> Bool = { false }
    private let path: String
    private let flowControl: SerialPort.FlowControl
    private let loop: EventLoop

    /// For the port at `path`.
    init(_ path: String, flowControl: SerialPort.FlowControl = .none, loop: EventLoop) {
        self.path = path
        self.flowControl = flowControl
        self.loop = loop
    }

    /// The first of `rates` with an answer, and whether anything else was heard. A port that cannot be opened has none.
    func firstAnswer(_ rates: [Int]) -> (baud: Int?, noise: Bool) {
        var noise = false
        for rate in rates where !isInterrupted() {
            switch try? hear(rate) {
            case .answer?: return (rate, noise)
            case .noise?: noise = true
            case .silence?, .impossible?, nil: break
            }
        }
        return (nil, noise)
    }

    /// Asks at one rate.
    func hear(_ baud: Int) throws(SerialPort.OpenFailure) -> Heard {
        let port: SerialPort
        do throws(SerialPort.OpenFailure) {
            port = try SerialPort(
                SerialPort.Settings(path: path, baud: baud, flowControl: flowControl), loop: loop)
        } catch .unsupportedBaud {
            return .impossible
        }
        defer { port.close() }
        var heard: [UInt8] = []
        var isGone = false
        port.onBytes = { bytes in if heard.count < Self.longest { heard += bytes } }
        port.onClosed = { _ in isGone = true }
        for _ in 0..<Self.tries where !isInterrupted() && !isGone {
            port.write(Array("AT\r\n".utf8))
            let end = loop.now + Self.patience
            let timer = loop.schedule(at: end) {}
            loop.run(until: { Self.hasAnswer(heard) || isGone || loop.now >= end || isInterrupted() })
            loop.cancel(timer)
            if Self.hasAnswer(heard) { return .answer }
        }
        return Self.isNoise(heard) ? .noise : .silence
    }

    /// Whether a whole line is `OK`.
    static func hasAnswer(_ bytes: [UInt8]) -> Bool {
        guard let end = bytes.lastIndex(of: 0x0A) else { return false }
        return bytes[..<end].split(whereSeparator: isLineEnd).contains { $0.elementsEqual([0x4F, 0x4B]) }
    }

    /// Whether something talks: what was sent and came back, from a line with no module on it, is nothing.
    static func isNoise(_ bytes: [UInt8]) -> Bool {
        bytes.split(whereSeparator: isLineEnd).contains { !$0.elementsEqual([0x41, 0x54]) }
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0D || byte == 0x0A }
}
