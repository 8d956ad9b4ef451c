import Glibc
import LinuxIO

/// Bytes to standard output while the loop runs: a reader that is slow keeps nobody from the module's port.
final class StandardOutput {
    /// Bytes that wait for the reader; over it, writing waits for the reader after all.
    static let limit = 16 << 20
    /// What a pipe takes without waiting when it says that it takes something (PIPE_BUF).
    private static let piece = 4096

    private let loop: EventLoop
    private var waiting: ArraySlice<UInt8> = []
    private var isWatched = false
    /// Nobody reads any more.
    private(set) var hasEnded = false

    /// Writes to descriptor 1.
    init(_ loop: EventLoop) {
        signal(SIGPIPE, SIG_IGN)
        self.loop = loop
    }

    deinit { unwatch() }

    /// Writes, now or when the reader has room.
    func write(_ bytes: [UInt8]) {
        guard !hasEnded else { return }
        waiting += bytes
        writeOn()
        if waiting.count > Self.limit { writeAll() }
    }

    /// Waits until all is written, or until `isInterrupted`.
    func finish(isInterrupted: () -> Bool) {
        if isWatched { loop.run(until: { waiting.isEmpty || hasEnded || isInterrupted() }) }
        unwatch()
    }

    private func writeOn() {
        while !waiting.isEmpty, !hasEnded {
            var entry = pollfd(fd: 1, events: Int16(POLLOUT), revents: 0)
            guard unsafe poll(&entry, 1, 0) > 0 else { return watch() }
            put(Self.piece)
        }
        unwatch()
    }

    private func writeAll() {
        while !waiting.isEmpty, !hasEnded { put(waiting.count) }
    }

    private func put(_ most: Int) {
        let count = unsafe waiting.withUnsafeBytes { unsafe Glibc.write(1, $0.baseAddress, min(most, $0.count)) }
        if count > 0 {
            waiting = waiting.dropFirst(count)
        } else if count < 0, errno != EINTR, errno != EAGAIN {
            hasEnded = true
            waiting = []
        }
    }

    private func watch() {
        guard !isWatched else { return }
        // Regular files cannot be watched, and never make anybody wait.
        guard (try? loop.watch(1, .writable, { [weak self] _ in self?.writeOn() })) != nil else { return writeAll() }
        isWatched = true
    }

    private func unwatch() {
        if isWatched { loop.unwatch(1) }
        isWatched = false
    }
}
