import CLinuxShims
import Glibc

/// A connected socket that carries bytes. Loop's thread only.
///
/// Bounded both ways: what the other side does not take waits up to `outputLimit` bytes, and while `mayRead` is false
/// the other side's bytes stay with the kernel.
public final class StreamConnection {
    /// How a connection ended.
    public enum End: Equatable, Sendable {
        /// The other side closed it.
        case closed
        /// The system says so.
        case failed(SystemError)
    }

    /// Bytes that came.
    public var onBytes: ([UInt8]) -> Void = { _ in }
    /// The other side has taken all that was written.
    public var onDrained: () -> Void = {}
    /// Called once when the connection has ended by itself; not for `close`.
    public var onEnd: (End) -> Void = { _ in }

    private let loop: EventLoop
    private let readLimit: Int
    private var handle: DescriptorReference?
    private var output: WriteQueue
    private var isWatched = true
    private var isOutputEnding = false
    /// `onEnd` is about to be called.
    private var ending: EventLoop.TimerID?
    /// The other side takes nothing any more; what it said before that is read to the end.
    private var writeError: SystemError?

    /// Carries bytes over `socket`, which must be non-blocking. `readLimit`: the most bytes of one `onBytes`.
    public init(
        _ socket: consuming OwnedDescriptor, loop: EventLoop, readLimit: Int = 4096, outputLimit: Int = 262_144
    ) throws(SystemError) {
        self.loop = loop
        self.readLimit = readLimit
        output = WriteQueue(capacity: outputLimit)
        // A write to somebody who has left is an error like any other.
        signal(SIGPIPE, SIG_IGN)
        let handle = DescriptorReference(socket)
        self.handle = handle
        try loop.watch(handle.raw, .readable) { [weak self] in self?.ready($0) }
    }

    deinit { close() }

    /// While false nothing is read.
    public var mayRead = true { didSet { if mayRead != oldValue { applyInterest() } } }

    /// Bytes that the other side has not taken.
    public var pendingBytes: Int { output.count }

    /// Bytes that the other side has written and `onBytes` has not brought.
    public var unreadBytes: Int {
        guard let handle else { return 0 }
        var count: Int32 = 0
        return unsafe cellbridge_ioctl(handle.raw, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
    }

    /// Queues bytes; false when they do not fit, or the connection has ended.
    public func write(_ bytes: [UInt8]) -> Bool {
        guard handle != nil, writeError == nil, !isOutputEnding, output.append(bytes) else { return false }
        flush()
        return handle != nil && writeError == nil
    }

    /// Says, after all that was written, that nothing more comes; the other side's bytes still do.
    public func endOutput() {
        guard handle != nil, !isOutputEnding else { return }
        isOutputEnding = true
        flush()
    }

    private func flush() {
        guard let handle, writeError == nil else { return }
        do throws(SystemError) {
            try output.flush(into: handle.descriptor)
            if isOutputEnding, output.count == 0 { shutdown(handle.raw, Int32(SHUT_WR)) }
        } catch {
            output.removeAll()
            writeError = error
            // With nothing left to read this is the end.
            if unreadBytes == 0 { return end(.failed(error)) }
        }
        applyInterest()
    }

    /// Closes it at once; nothing is called any more.
    public func close() {
        if let ending { loop.cancel(ending) }
        ending = nil
        guard let handle else { return }
        if isWatched { loop.unwatch(handle.raw) }
        self.handle = nil
        output.removeAll()
    }

    private func applyInterest() {
        guard let handle else { return }
        var interest: EventLoop.Readiness = []
        if mayRead { interest.insert(.readable) }
        if output.count > 0 { interest.insert(.writable) }
        guard isWatched else {
            guard mayRead, (try? loop.watch(handle.raw, interest) { [weak self] in self?.ready($0) }) != nil else {
                return
            }
            isWatched = true
            return
        }
        try? loop.setInterest(handle.raw, interest)
    }

    private func ready(_ readiness: EventLoop.Readiness) {
        guard let handle else { return }
        do throws(SystemError) {
            if readiness.contains(.writable), output.count > 0 {
                flush()
                if output.count == 0, writeError == nil { onDrained() }
            }
            guard self.handle === handle else { return }
            guard mayRead else {
                // A hang-up is reported for ever, and what was written before it is still wanted.
                if readiness.contains(.hangUp) {
                    loop.unwatch(handle.raw)
                    isWatched = false
                }
                return
            }
            guard !readiness.isDisjoint(with: [.readable, .hangUp]),
                let bytes = try handle.descriptor.read(upTo: readLimit)
            else { return }
            bytes.isEmpty ? end(.closed) : onBytes(bytes)
        } catch {
            end(.failed(error))
        }
    }

    private func end(_ reason: End) {
        guard handle != nil else { return }
        close()
        // Not from inside a call of the owner's.
        ending = loop.schedule(after: .zero) { [self] in
            ending = nil
            onEnd(reason)
        }
    }
}
