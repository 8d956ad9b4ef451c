import Glibc
import LinuxIO

/// An address as `connect` wants it.
struct SocketAddress: Sendable {
    var family: Int32
    var bytes: [UInt8]

    /// Opens a non-blocking socket and begins to connect; nil when that fails at once.
    func startConnecting() -> Int32? {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let raw = socket(family, kind, 0)
        guard raw >= 0 else { return nil }
        var one: Int32 = 1
        _ = unsafe setsockopt(raw, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        let result = unsafe bytes.withUnsafeBytes { buffer in
            unsafe buffer.baseAddress.map {
                unsafe connect(raw, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(buffer.count))
            } ?? -1
        }
        guard result == 0 || errno == EINPROGRESS else {
            Glibc.close(raw)
            return nil
        }
        return raw
    }

    /// The first address of a host, nil when it has none. Blocks unless the host is an address literal.
    static func find(_ endpoint: SimulatorOptions.Endpoint, numericOnly: Bool) -> SocketAddress? {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        if numericOnly { unsafe hints.ai_flags = AI_NUMERICHOST }
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(endpoint.host, String(endpoint.port), &hints, &list) == 0, let first = unsafe list
        else { return nil }
        defer { unsafe freeaddrinfo(first) }
        guard let address = unsafe first.pointee.ai_addr else { return nil }
        let buffer = unsafe UnsafeRawBufferPointer(start: address, count: Int(first.pointee.ai_addrlen))
        return unsafe SocketAddress(family: first.pointee.ai_family, bytes: Array(buffer))
    }
}

/// Name resolution on a thread of its own, for getaddrinfo blocks.
enum NameLookup {
    private final class Job: Sendable {
        let endpoint: SimulatorOptions.Endpoint
        let done: @Sendable (SocketAddress?) -> Void

        init(_ endpoint: SimulatorOptions.Endpoint, _ done: @escaping @Sendable (SocketAddress?) -> Void) {
            self.endpoint = endpoint
            self.done = done
        }
    }

    /// What waits for a lookup.
    // SAFETY: `@unchecked Sendable` because it crosses the lookup's thread unopened; it is called on the loop's alone.
    private final class Waiter: @unchecked Sendable {
        let call: (SocketAddress?) -> Void
        init(_ call: @escaping (SocketAddress?) -> Void) { self.call = call }
    }

    /// Calls `done` on the loop's thread with the address, later even when it is known at once.
    static func start(
        _ endpoint: SimulatorOptions.Endpoint, loop: EventLoop, done: @escaping (SocketAddress?) -> Void
    ) {
        let waiter = Waiter(done)
        if let address = SocketAddress.find(endpoint, numericOnly: true) {
            loop.post { waiter.call(address) }
            return
        }
        let job = Job(endpoint) { address in loop.post { waiter.call(address) } }
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(job).toOpaque()
        let result = unsafe pthread_create(&thread, nil, body, context)
        if result == 0 {
            pthread_detach(thread)
        } else {
            unsafe Unmanaged<Job>.fromOpaque(context).release()
            loop.post { waiter.call(nil) }
        }
    }

    nonisolated private static let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        guard let context = unsafe $0 else { return nil }
        let job = unsafe Unmanaged<Job>.fromOpaque(context).takeRetainedValue()
        job.done(SocketAddress.find(job.endpoint, numericOnly: false))
        return nil
    }
}
