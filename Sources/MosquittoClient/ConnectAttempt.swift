import Glibc
import LinuxIO
import Synchronization

/// One TCP connect (with name look-up) on a thread of its own, whose result is handed to the loop.
///
/// Why a thread: only `mosquitto_connect_bind_v5` carries MQTT 5 properties, and it blocks in getaddrinfo(3) and
/// connect(2); the asynchronous calls take no properties and try the first address only (`::1` of a broker that
/// listens on 127.0.0.1). The thread ends when connect(2) does, at the latest by the kernel's own time-out.
// SAFETY: `@unchecked Sendable` because the thread uses `handle` before it posts, the loop's thread `handle` and
// `onDone` after that; the rest is constant.
final class ConnectAttempt: @unchecked Sendable {
    /// How many threads may hang in connect(2) at once, over all clients.
    static let limit = 8
    private static let running = Atomic<Int>(0)

    private var handle: MosquittoHandle?
    private let loop: EventLoop
    private var onDone: ((MosquittoHandle, String?) -> Void)?

    /// Starts; `onDone` is called on the loop's thread with the handle and, when it failed, the reason.
    /// `nil`: no thread could be had.
    init?(_ handle: MosquittoHandle, loop: EventLoop, onDone: @escaping (MosquittoHandle, String?) -> Void) {
        self.handle = handle
        self.loop = loop
        self.onDone = onDone
        guard Self.running.add(1, ordering: .relaxed).newValue <= Self.limit else {
            Self.running.subtract(1, ordering: .relaxed)
            return nil
        }
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self)
        let code = unsafe pthread_create(&thread, nil, connectThread, context.toOpaque())
        guard code == 0 else {
            unsafe context.release()
            Self.running.subtract(1, ordering: .relaxed)
            return nil
        }
        pthread_detach(thread)
    }

    /// Forgets the result. The handle is destroyed when the thread lets go of it. Loop thread only.
    func abandon() { onDone = nil }

    fileprivate func run() {
        // Signals are for the threads that wait for them.
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
        let failure = handle?.connectBlocking()
        Self.running.subtract(1, ordering: .relaxed)
        loop.post { self.finish(failure) }
    }

    private func finish(_ failure: String?) {
        guard let handle else { return }
        let done = onDone
        // Let go of here, so that the handle never dies on the thread while the loop still knows its socket.
        (self.handle, onDone) = (nil, nil)
        done?(handle, failure)
    }
}

private func connectThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // SAFETY: the context is the retained attempt of `init`, taken over exactly once.
    if let context = unsafe context { unsafe Unmanaged<ConnectAttempt>.fromOpaque(context).takeRetainedValue().run() }
    return nil
}
