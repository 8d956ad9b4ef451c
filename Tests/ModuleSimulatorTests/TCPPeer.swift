import Glibc
import LinuxIO

/// A TCP server on a loopback port, on the test's loop: one connection, bytes as they come.
final class TCPPeer {
    private let loop: EventLoop
    private let listener: Int32
    let port: UInt16
    private(set) var received: [UInt8] = []
    private(set) var isOpen = false
    /// Bytes that the kernel has taken of those to be sent.
    private(set) var sent = 0
    private(set) var hasEnded = false
    private var socket: Int32 = -1
    private var outgoing: [UInt8] = []
    private var isReading = true

    /// `smallBuffers`: the kernel keeps next to nothing, so that a far side that stops reading is felt.
    init(_ loop: EventLoop, smallBuffers: Bool = false) throws {
        self.loop = loop
        listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        if smallBuffers {
            var size: Int32 = 4096
            for option in [SO_SNDBUF, SO_RCVBUF] {
                _ = unsafe setsockopt(listener, SOL_SOCKET, option, &size, socklen_t(MemoryLayout<Int32>.size))
            }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        port = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = unsafe bind(descriptor, $0, length)
                _ = unsafe getsockname(descriptor, $0, &length)
            }
            return unsafe UInt16(bigEndian: pointer.pointee.sin_port)
        }
        guard listen(listener, 1) == 0 else { throw SystemError("listen") }
        try loop.watch(listener, .readable) { [weak self] _ in self?.accept() }
    }

    deinit {
        close()
        loop.unwatch(listener)
        Glibc.close(listener)
    }

    private func accept() {
        let raw = Glibc.accept(listener, nil, nil)
        guard raw >= 0 else { return }
        close()
        (socket, isOpen, hasEnded) = (raw, true, false)
        try? loop.watch(raw, .readable) { [weak self] readiness in self?.ready(readiness) }
        updateInterest()
    }

    private func ready(_ readiness: EventLoop.Readiness) {
        if readiness.contains(.writable) { flush() }
        guard isReading, readiness.contains(.readable) || !readiness.isDisjoint(with: .hangUp) else { return }
        var buffer = [UInt8](repeating: 0, count: 16384)
        let count = unsafe recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count > 0 {
            received += buffer.prefix(count)
        } else if count == 0 || errno != EAGAIN {
            close()
            hasEnded = true
        }
    }

    func setReading(_ reading: Bool) {
        isReading = reading
        updateInterest()
    }

    func send(_ bytes: [UInt8]) {
        outgoing += bytes
        flush()
    }

    private func flush() {
        while !outgoing.isEmpty {
            let count = unsafe Glibc.send(socket, outgoing, min(outgoing.count, 4096), Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            guard count > 0 else { break }
            outgoing.removeFirst(count)
            sent += count
        }
        updateInterest()
    }

    private func updateInterest() {
        guard socket >= 0 else { return }
        var interest: EventLoop.Readiness = isReading ? .readable : []
        if !outgoing.isEmpty { interest.insert(.writable) }
        try? loop.setInterest(socket, interest)
    }

    /// Closes the connection; `abortively` with a reset.
    func close(abortively: Bool = false) {
        guard socket >= 0 else { return }
        if abortively {
            var linger = linger(l_onoff: 1, l_linger: 0)
            _ = unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        }
        loop.unwatch(socket)
        Glibc.close(socket)
        socket = -1
        isOpen = false
    }
}
