import Glibc
public import LinuxIO

/// A broker of MQTT 5 that says what the test tells it to say: a remote broker that refuses. Loop's thread only.
///
/// One client at a time, packets of any length, no sessions, nothing is handed out again.
public final class RefusingBroker {
    /// A PUBLISH as it came.
    public struct Published: Sendable, Equatable {
        /// Its topic.
        public var topic: String
        /// Its payload.
        public var payload: [UInt8]
        /// The reason code of its PUBACK.
        public var answer: UInt8
    }

    /// Where it listens, on 127.0.0.1.
    public let port: Int
    /// The reason code of CONNACK; other than 0 it also closes the connection.
    public var connack: UInt8 = 0
    /// The reason code of SUBACK for each filter.
    public var suback: (String) -> UInt8 = { _ in 1 }
    /// The reason code of PUBACK.
    public var puback: (Published) -> UInt8 = { _ in 0 }
    /// CONNECTs so far.
    public private(set) var connects = 0
    /// Everything published so far.
    public private(set) var published: [Published] = []
    /// DISCONNECTs so far.
    public private(set) var farewells = 0

    private let loop: EventLoop
    private let listener: Int32
    private var connection: Int32 = -1
    private var buffer: [UInt8] = []

    /// Listens on a free port.
    public init(_ loop: EventLoop) throws {
        self.loop = loop
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = self.listener
        let isBound = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(listener, address, size) == 0 && listen(listener, 8) == 0
                    && getsockname(listener, address, &size) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard isBound else { throw RigFailure("no port for a broker that refuses") }
        try loop.watch(listener, .readable) { [unowned self] _ in self.acceptOne() }
    }

    deinit {
        hangUp()
        loop.unwatch(listener)
        close(listener)
    }

    private func acceptOne() {
        hangUp()
        connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        // A child of the test that inherits it would keep it open.
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        try? loop.watch(connection, .readable) { [unowned self] _ in self.readSome() }
    }

    private func hangUp() {
        guard connection >= 0 else { return }
        loop.unwatch(connection)
        close(connection)
        connection = -1
        buffer = []
    }

    private func send(_ bytes: [UInt8]) {
        _ = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }

    private func readSome() {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = unsafe read(connection, &bytes, bytes.count)
        guard count > 0 else { return hangUp() }
        buffer += bytes[..<count]
        while let packet = nextPacket() { handle(packet.first, packet.body) }
    }

    private func nextPacket() -> (first: UInt8, body: [UInt8])? {
        var fields = Fields(buffer[...])
        guard let first = fields.byte(), let length = fields.variable(), let body = fields.bytes(length) else {
            return nil
        }
        buffer = Array(fields.rest)
        return (first, body)
    }

    private func handle(_ first: UInt8, _ body: [UInt8]) {
        var fields = Fields(body[...])
        switch first >> 4 {
        case 1:
            connects += 1
            send([0x20, 3, 0, connack, 0])
            if connack != 0 { hangUp() }
        case 3:
            guard let topic = fields.text() else { return }
            let id = first & 0x06 == 0 ? [] : fields.bytes(2) ?? []
            guard let length = fields.variable(), fields.bytes(length) != nil else { return }
            var message = Published(topic: topic, payload: Array(fields.rest), answer: 0)
            message.answer = puback(message)
            published.append(message)
            if !id.isEmpty { send([0x40, 3] + id + [message.answer]) }
        case 8:
            guard let id = fields.bytes(2), let length = fields.variable(), fields.bytes(length) != nil else { return }
            var codes: [UInt8] = []
            while let filter = fields.text(), fields.byte() != nil { codes.append(suback(filter)) }
            send([0x90, UInt8(3 + codes.count)] + id + [0] + codes)
        case 10: send([0xB0, 4] + body.prefix(2) + [0, 0])
        case 12: send([0xD0, 0])
        case 14: farewells += 1
        default: break
        }
    }

    /// Reads the fields of a packet from its front.
    private struct Fields {
        var rest: ArraySlice<UInt8>
        init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

        mutating func byte() -> UInt8? { rest.popFirst() }

        mutating func bytes(_ count: Int) -> [UInt8]? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }

        mutating func variable() -> Int? {
            var (value, shift) = (0, 0)
            while shift < 28, let next = rest.popFirst() {
                value |= Int(next & 0x7F) << shift
                if next < 128 { return value }
                shift += 7
            }
            return nil
        }

        mutating func text() -> String? {
            guard let high = byte(), let low = byte(), let bytes = bytes(Int(high) << 8 | Int(low)) else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
