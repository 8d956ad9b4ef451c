import Glibc
import LinuxIO
import TLSStream
import Testing

/// A TCP connection with a TLS stream on top. Every wait has a limit of ten seconds.
final class Visitor {
    let stream: TLSStream
    let socket: Int32
    /// What the other side has said.
    var heard: [UInt8] = []
    /// The TCP connection is over.
    var isCut = false
    /// How the ciphertext is cut into pieces on its way in.
    var split: ([UInt8]) -> [[UInt8]] = { [$0] }
    /// How many bytes went and came.
    var sent = 0
    var received = 0

    init(_ context: TLSContext, port: Int) throws {
        stream = try TLSStream(context)
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw SystemError("connect") }
        var on: Int32 = 1
        unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        try stream.start()
    }

    deinit { Glibc.close(socket) }

    /// Ends the TCP connection without a goodbye; the server takes one at a time.
    func hangUp() { shutdown(socket, Int32(SHUT_RDWR)) }

    /// Writes what the stream has for the other side.
    func flush() {
        while case let bytes = stream.takeCiphertext(1460), !bytes.isEmpty {
            sent += bytes.count
            _ = unsafe send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }
    }

    /// What has come over TCP, after a wait of at most 50 ms.
    func readRaw() -> [UInt8] {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&entry, 1, 50) > 0 else { return [] }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = unsafe recv(socket, &buffer, buffer.count, 0)
        if count <= 0 { isCut = true }
        received += max(count, 0)
        return Array(buffer.prefix(max(count, 0)))
    }

    /// Carries bytes both ways until `condition` holds or the connection is over; whether it holds.
    @discardableResult
    func run(until condition: () -> Bool) throws(TLSError) -> Bool {
        let clock = ContinuousClock()
        let limit = clock.now + .seconds(10)
        defer { flush() }
        while !condition(), !isCut, clock.now < limit {
            flush()
            for piece in split(readRaw()) { heard += try stream.receive(piece) }
        }
        return condition()
    }

    /// Says a line and waits for its echo, reversed.
    func says(_ line: String) throws -> Bool {
        heard = []
        try stream.send(Array((line + "\n").utf8))
        let expected = Array(String(line.reversed()).utf8) + [10]
        return try run { heard == expected }
    }

    /// Carries bytes until it fails; the error.
    static func failure(_ options: TLSContext.Options, port: Int) throws -> TLSError? {
        let visitor = try Visitor(TLSContext(options), port: port)
        do throws(TLSError) {
            try visitor.run { false }
            return nil
        } catch {
            return error
        }
    }
}
