import Glibc
import LinuxIO

/// Standard input, read while the loop runs: a module that talks meanwhile is heard, and a signal ends the wait.
final class StandardInput {
    /// Bytes of a line, or of the whole when it is one message.
    static let limit = 1 << 20

    private let loop: EventLoop
    private var bytes: [UInt8] = []
    private var hasEnded = false
    private var isWatched = false

    /// Reads descriptor 0.
    init(_ loop: EventLoop) { self.loop = loop }

    deinit { stop() }

    /// The next line without its LF; nil at the end, or when `isInterrupted` says so. A line over `limit` is cut there.
    func line(isInterrupted: () -> Bool) -> [UInt8]? {
        while true {
            if let place = bytes.firstIndex(of: 0x0A) {
                defer { bytes.removeFirst(place + 1) }
                return Array(bytes[..<place])
            }
            if bytes.count >= Self.limit || hasEnded {
                guard !bytes.isEmpty else { return nil }
                defer { bytes = [] }
                return bytes
            }
            guard more(isInterrupted) else { return nil }
        }
    }

    /// All of it; nil when it is over `limit` bytes or `isInterrupted` says so.
    func whole(isInterrupted: () -> Bool) -> [UInt8]? {
        while !hasEnded {
            guard more(isInterrupted), bytes.count <= Self.limit else { return nil }
        }
        defer { bytes = [] }
        return bytes
    }

    /// Gives descriptor 0 back.
    func stop() {
        if isWatched { loop.unwatch(0) }
        isWatched = false
    }

    /// Waits for more; false when interrupted.
    private func more(_ isInterrupted: () -> Bool) -> Bool {
        if !isWatched {
            // epoll takes no regular files: those never block.
            guard (try? loop.watch(0, .readable, { [weak self] _ in self?.read() })) != nil else {
                read()
                return true
            }
            isWatched = true
        }
        let known = bytes.count
        loop.run(until: { bytes.count > known || hasEnded || isInterrupted() })
        return bytes.count > known || hasEnded
    }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = unsafe Glibc.read(0, &buffer, buffer.count)
        if count > 0 {
            bytes += buffer.prefix(count)
        } else if count == 0 || errno != EINTR {
            hasEnded = true
            stop()
        }
    }
}
