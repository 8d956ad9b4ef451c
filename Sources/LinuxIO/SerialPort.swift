import CLinuxShims
import Glibc

/// A serial port: raw, 8N1, exclusive, watched by the loop. Loop's thread only.
///
/// Handlers may write, discard or close from inside; none of them is called from inside `write` or `close`.
public final class SerialPort {
    /// Who says when the other side can take more.
    public enum FlowControl: Equatable, Sendable {
        /// Nobody: three wires.
        case none
        /// The RTS and CTS lines.
        case rtsCts
    }

    /// What to open and how.
    public struct Settings: Sendable, Equatable {
        /// The device, preferably one of /dev/serial/by-id.
        public var path: String
        /// Bit/s, one of `supportedSpeeds`.
        public var baud: Int
        /// The handshake.
        public var flowControl: FlowControl

        /// Settings for the device at `path`.
        public init(path: String, baud: Int = 115200, flowControl: FlowControl = .none) {
            self.path = path
            self.baud = baud
            self.flowControl = flowControl
        }
    }

    /// The speeds Linux names, in bit/s; a device may know fewer.
    public static let supportedSpeeds = [
        1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1_000_000,
        1_152_000, 1_500_000, 2_000_000, 2_500_000, 3_000_000, 3_500_000, 4_000_000,
    ]

    /// The most bytes `write` holds back for the device.
    public static let writeLimit = 65536
    /// The most bytes one `onBytes` carries.
    public static let readLimit = 4096

    /// What the port was opened with.
    public let settings: Settings
    /// Called with what was read, at most `readLimit` bytes.
    public var onBytes: ([UInt8]) -> Void = { _ in }
    /// Called once when the device is gone (hang-up, end of file, I/O error), after which the port is closed and
    /// may be dropped. Not called for the owner's own `close()`.
    public var onClosed: (SystemError?) -> Void = { _ in }
    /// Called when the kernel has taken everything written so far; never from inside `write`.
    public var onDrained: () -> Void = {}

    private let loop: EventLoop
    private let isPseudoTerminal: Bool
    private var handle: DescriptorReference?
    private var queue = WriteQueue(capacity: SerialPort.writeLimit)
    private var owesDrained = false
    private var failure: SystemError?

    /// Opens, locks and sets up the device and flushes what it had received before.
    public init(_ settings: Settings, loop: EventLoop) throws(OpenFailure) {
        self.settings = settings
        self.loop = loop
        let descriptor = try SerialPort.open(settings)
        isPseudoTerminal = cellbridge_is_pty(descriptor.raw) == 1
        let handle = DescriptorReference(descriptor)
        self.handle = handle
        do throws(SystemError) {
            try loop.watch(handle.raw, .readable) { [weak self] in self?.ready($0) }
        } catch {
            throw .system(error)
        }
    }

    deinit { close() }

    /// Whether something is at `path`; for the owner's timer while it waits for a device to come back.
    public static func exists(_ path: String) -> Bool {
        Files.exists(path)
    }

    /// Whether the port is open.
    public var isOpen: Bool { handle != nil }

    /// Bytes written but not yet taken by the kernel.
    public var pendingBytes: Int { queue.count }

    /// Queues `bytes` and hands the kernel what it takes now; the rest follows as it can.
    /// `false`, with nothing taken: the port is closed, or more than `writeLimit` bytes would wait.
    @discardableResult
    public func write(_ bytes: [UInt8]) -> Bool {
        guard let handle, failure == nil, queue.append(bytes) else { return false }
        do throws(SystemError) {
            try queue.flush(into: handle.descriptor)
            if queue.count == 0 {
                oweDrained()
            } else {
                try loop.setInterest(handle.raw, [.readable, .writable])
            }
        } catch {
            failure = error
            // The owner is in the middle of something: it hears of it on the next round.
            loop.schedule(after: .zero) { [weak self] in self?.lost(error) }
        }
        return true
    }

    /// Drops what has been written and not been sent; `onDrained` is not called for it.
    public func discardPending() {
        queue.removeAll()
        owesDrained = false
        guard let handle else { return }
        tcflush(handle.raw, TCOFLUSH)
        try? loop.setInterest(handle.raw, .readable)
    }

    /// Unlocks and closes the port. No handler is called any more.
    public func close() {
        guard let handle else { return }
        loop.unwatch(handle.raw)
        queue.removeAll()
        owesDrained = false
        // Not sent is not wanted: close(2) would wait for a device that takes nothing (up to 30 s).
        tcflush(handle.raw, TCOFLUSH)
        if !isPseudoTerminal { _ = cellbridge_set_exclusive(handle.raw, 0) }
        flock(handle.raw, LOCK_UN)
        self.handle = nil
    }

    private func ready(_ readiness: EventLoop.Readiness) {
        guard let handle else { return }
        do throws(SystemError) {
            if readiness.contains(.writable), queue.count > 0 {
                try queue.flush(into: handle.descriptor)
                if queue.count == 0 {
                    try loop.setInterest(handle.raw, .readable)
                    oweDrained()
                }
            }
            guard !readiness.isDisjoint(with: [.readable, .hangUp]) else { return }
            guard let bytes = try handle.descriptor.read(upTo: SerialPort.readLimit) else {
                if readiness.contains(.hangUp) { lost(nil) }
                return
            }
            if bytes.isEmpty { lost(nil) } else { onBytes(bytes) }
        } catch {
            lost(error)
        }
    }

    private func oweDrained() {
        guard !owesDrained else { return }
        owesDrained = true
        loop.schedule(after: .zero) { [weak self] in
            guard let self, isOpen, owesDrained else { return }
            owesDrained = false
            if queue.count == 0 { onDrained() }
        }
    }

    private func lost(_ error: SystemError?) {
        guard handle != nil else { return }
        close()
        onClosed(error ?? failure)
    }
}
