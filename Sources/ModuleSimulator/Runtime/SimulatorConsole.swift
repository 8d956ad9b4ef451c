import Glibc
public import LinuxIO

/// The fault protocol on standard input and output, for `cellbridge simulate`. Loop thread only.
public final class SimulatorConsole {
    private let service: SimulatorService
    private let loop: EventLoop
    private let input: Int32
    private let output: Int32
    private var line: [UInt8] = []
    private static let lineLimit = 4096

    private let isQuiet: Bool

    /// Prints `ready PATH` and begins to read commands; the end of the input is no reason to quit. `isQuiet`: of all
    /// answers only errors are printed.
    public init(
        _ service: SimulatorService, loop: EventLoop, isQuiet: Bool = false, input: Int32 = 0, output: Int32 = 1
    ) throws(SystemError) {
        self.isQuiet = isQuiet
        self.service = service
        self.loop = loop
        self.input = input
        self.output = output
        say("ready \(service.slavePath)")
        do {
            try loop.watch(input, .readable) { [weak self] _ in self?.read() }
        } catch {
            // A regular file or /dev/null cannot be watched; then there are no commands to come.
            if error.code != EPERM { throw error }
        }
    }

    /// Stops reading commands.
    public func close() { loop.unwatch(input) }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe Glibc.read(input, &buffer, buffer.count)
        if count <= 0 {
            if count == 0 || (errno != EINTR && errno != EAGAIN) { close() }
            return
        }
        for byte in buffer.prefix(count) {
            if byte == 0x0A {
                let text = String(decoding: line, as: UTF8.self)
                line.removeAll()
                if !text.isEmpty { say(service.command(text)) }
            } else if line.count < Self.lineLimit {
                line.append(byte)
            }
        }
    }

    private func say(_ text: String) {
        if isQuiet, !text.hasPrefix("error") { return }
        var bytes = Array((text + "\n").utf8)[...]
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(output, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
