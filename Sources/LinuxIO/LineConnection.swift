/// A connected socket that carries lines, each ended by LF. Loop's thread only.
///
/// Bounded both ways: a line over `lineLimit` ends the connection, and so does output that the other side does not take
/// for so long that `outputLimit` bytes wait.
public final class LineConnection {
    /// How a connection ended.
    public enum End: Equatable, Sendable {
        /// The other side closed it.
        case closed
        /// It sent a line over the limit.
        case lineTooLong
        /// It does not read what it is sent.
        case notReading
        /// The system says so.
        case failed(SystemError)
    }

    /// A line that came, without its LF or CR LF.
    public var onLine: ([UInt8]) -> Void = { _ in }
    /// Called once when the other side sends nothing more, though it may still read.
    public var onInputEnd: () -> Void = {}
    /// Called once when the connection has ended by itself; not for `close`.
    public var onEnd: (End) -> Void = { _ in }

    private let loop: EventLoop
    private let lineLimit: Int
    private var handle: DescriptorReference?
    private var output: WriteQueue
    private var rest: [UInt8] = []
    private var isPaused = false
    private var closesWhenSent = false
    private var hasInputEnded = false

    /// Carries lines over `socket`, which must be non-blocking.
    public init(
        _ socket: consuming OwnedDescriptor, loop: EventLoop, lineLimit: Int = 65536, outputLimit: Int = 262_144
    ) throws(SystemError) {
        self.loop = loop
        self.lineLimit = lineLimit
        output = WriteQueue(capacity: outputLimit)
        let handle = DescriptorReference(socket)
        self.handle = handle
        try loop.watch(handle.raw, .readable) { [weak self] in self?.ready($0) }
    }

    deinit { close() }

    /// Whether it is still there.
    public var isOpen: Bool { handle != nil }

    /// Bytes that the other side has not taken.
    public var pendingBytes: Int { output.count }

    /// While true nothing is read.
    public func pauseReading(_ isPaused: Bool) {
        guard self.isPaused != isPaused else { return }
        self.isPaused = isPaused
        applyInterest()
        // What came while it was paused is in `rest` already.
        if !isPaused { loop.schedule(after: .zero) { [weak self] in self?.deliver() } }
    }

    /// Sends a line; the LF is added. False: the connection has ended, or ends because too much waits.
    @discardableResult
    public func send(_ line: [UInt8]) -> Bool {
        guard let handle, !closesWhenSent else { return false }
        guard output.append(line + [0x0A]) else {
            end(.notReading)
            return false
        }
        do throws(SystemError) {
            try output.flush(into: handle.descriptor)
            applyInterest()
            return true
        } catch {
            end(.failed(error))
            return false
        }
    }

    /// Closes it once everything is sent.
    public func closeWhenSent() {
        closesWhenSent = true
        if output.count == 0 { close() }
    }

    /// Closes it at once; nothing is called any more.
    public func close() {
        guard let handle else { return }
        loop.unwatch(handle.raw)
        self.handle = nil
        output.removeAll()
        rest = []
    }

    private func applyInterest() {
        guard let handle else { return }
        var interest: EventLoop.Readiness = []
        if !isPaused, !hasInputEnded { interest.insert(.readable) }
        if output.count > 0 { interest.insert(.writable) }
        try? loop.setInterest(handle.raw, interest)
    }

    private func ready(_ readiness: EventLoop.Readiness) {
        guard let handle else { return }
        do throws(SystemError) {
            if readiness.contains(.writable), output.count > 0 {
                try output.flush(into: handle.descriptor)
                if closesWhenSent, output.count == 0 { return close() }
                applyInterest()
            }
            if isPaused || hasInputEnded, readiness.contains(.hangUp) { return end(.closed) }
            guard !isPaused, !hasInputEnded, !readiness.isDisjoint(with: [.readable, .hangUp]) else { return }
            guard let bytes = try handle.descriptor.read(upTo: 16384) else { return }
            guard !bytes.isEmpty else {
                hasInputEnded = true
                if readiness.contains(.hangUp) { return end(.closed) }
                applyInterest()
                return onInputEnd()
            }
            rest += bytes
            deliver()
        } catch {
            end(.failed(error))
        }
    }

    private func deliver() {
        while handle != nil, !isPaused, let place = rest.firstIndex(of: 0x0A) {
            var line = Array(rest[..<place])
            rest.removeFirst(place + 1)
            if line.last == 0x0D { line.removeLast() }
            guard line.count <= lineLimit else { return end(.lineTooLong) }
            onLine(line)
        }
        if handle != nil, !isPaused, rest.count > lineLimit { end(.lineTooLong) }
    }

    private func end(_ reason: End) {
        guard handle != nil else { return }
        close()
        // Not from inside a call of the owner's.
        loop.schedule(after: .zero) { [self] in onEnd(reason) }
    }
}
