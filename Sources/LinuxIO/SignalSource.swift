import CLinuxShims
import Glibc

/// Signals as events of the loop, by signalfd.
///
/// The signals are blocked for the calling thread and every thread it starts later, so make it before other
/// threads are started: one that does not block them would take them first.
public final class SignalSource {
    private let loop: EventLoop
    private let handler: (Int32) -> Void
    private var handle: DescriptorReference?
    private var before = sigset_t()

    /// Calls `handler` on the loop's thread with the number of each of `signals` that arrives (several of one kind
    /// may arrive as one).
    public init(_ signals: [Int32], loop: EventLoop, handler: @escaping (Int32) -> Void) throws(SystemError) {
        self.loop = loop
        self.handler = handler
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in signals where unsafe sigaddset(&set, signal) != 0 {
            throw SystemError("sigaddset", "\(signal)")
        }
        let raw = unsafe signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        guard raw >= 0 else { throw SystemError("signalfd") }
        let handle = DescriptorReference(OwnedDescriptor(owning: raw))
        let code = unsafe pthread_sigmask(SIG_BLOCK, &set, &before)
        guard code == 0 else { throw SystemError("pthread_sigmask", code: code) }
        self.handle = handle
        try loop.watch(raw, .readable) { [weak self] _ in self?.ready() }
    }

    deinit { close() }

    /// Stops listening: signals that wait are dropped, and the thread's mask is what it was before.
    public func close() {
        guard let handle else { return }
        loop.unwatch(handle.raw)
        while next() != nil {}
        self.handle = nil
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    private func ready() {
        while let signal = next() { handler(signal) }
    }

    private func next() -> Int32? {
        guard let handle else { return nil }
        // struct signalfd_siginfo begins with the number and is 128 bytes long, whole per read.
        guard let bytes = try? handle.descriptor.read(upTo: 128), bytes.count == 128 else { return nil }
        return unsafe bytes.withUnsafeBytes { unsafe Int32(bitPattern: $0.loadUnaligned(as: UInt32.self)) }
    }
}
