import Glibc
import LinuxIO

/// A TCP server on loopback for one connection at a time, on the rig's own loop.
final class PeerServer {
    private let loop: EventLoop
    private let listener: Int32
    private var accepted: Int32 = -1
    let port: Int
    private(set) var received: [UInt8] = []
    private var outgoing: [UInt8] = []
    /// False leaves what arrives in the kernel.
    var reads = true

    init(_ loop: EventLoop) throws {
        self.loop = loop
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let raw = listener
        let bound = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(raw, $0, size) == 0 && listen(raw, 1) == 0 && getsockname(raw, $0, &size) == 0
            }
        }
        guard bound else { throw SystemError("bind") }
        port = Int(UInt16(bigEndian: address.sin_port))
        try loop.watch(listener, .readable) { [weak self] _ in self?.accept() }
    }

    deinit {
        hangUp()
        loop.unwatch(listener)
        close(listener)
    }

    var isConnected: Bool { accepted >= 0 }

    private func accept() {
        let raw = Glibc.accept(listener, nil, nil)
        guard raw >= 0, fcntl(raw, F_SETFL, O_NONBLOCK) == 0 else { return }
        hangUp()
        accepted = raw
        try? loop.watch(raw, .readable) { [weak self] readiness in
            if readiness.contains(.writable) { self?.flush() }
            self?.read()
        }
    }

    private func read() {
        guard accepted >= 0, reads else { return }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe Glibc.read(accepted, &buffer, buffer.count)
        if count > 0 { received += buffer.prefix(count) } else if count == 0 || errno != EAGAIN { hangUp() }
    }

    func send(_ bytes: [UInt8]) {
        outgoing += bytes
        flush()
    }

    private func flush() {
        guard accepted >= 0, !outgoing.isEmpty else { return }
        let count = unsafe Glibc.send(accepted, outgoing, outgoing.count, Int32(MSG_NOSIGNAL))
        if count > 0 { outgoing.removeFirst(count) }
        try? loop.setInterest(accepted, outgoing.isEmpty ? .readable : [.readable, .writable])
    }

    /// Bytes the kernel has not taken.
    var backlog: Int { outgoing.count }

    func hangUp() {
        guard accepted >= 0 else { return }
        loop.unwatch(accepted)
        close(accepted)
        accepted = -1
    }
}
