import BridgeTestKit
import Glibc
import LinuxIO
import MosquittoClient
import Testing

private func withAddress<R>(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return unsafe withUnsafePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

private func tcpSocket() throws(SystemError) -> OwnedDescriptor {
    let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard raw >= 0 else { throw SystemError("socket") }
    return OwnedDescriptor(owning: raw)
}

/// A connection to 127.0.0.1, non-blocking.
func connectOnLoopback(_ port: Int) throws(SystemError) -> OwnedDescriptor {
    let descriptor = try tcpSocket()
    let code = unsafe withAddress(port) { unsafe connect(descriptor.raw, $0, $1) }
    guard code == 0 else { throw SystemError("connect", "127.0.0.1:\(port)") }
    try descriptor.setNonBlocking()
    return descriptor
}

/// A broker of bare bytes, on the loop it is given, for what Mosquitto cannot be made to say.
final class ScriptedBroker {
    struct Packet {
        var first: UInt8
        var body: [UInt8]
        /// CONNECT 1, PUBLISH 3, PUBACK 4, SUBSCRIBE 8, PINGREQ 12, DISCONNECT 14.
        var kind: UInt8 { first >> 4 }
        /// The packet id of PUBLISH (QoS 1), PUBACK, SUBSCRIBE.
        var id: [UInt8] {
            let place = kind == 3 ? 2 + Int(body[0]) << 8 + Int(body[1]) : 0
            return Array(body[place..<(place + 2)])
        }
    }

    let port: Int
    private(set) var packets: [Packet] = []
    private(set) var connections = 0
    /// What CONNECT is answered with; empty: nothing.
    var greeting: [UInt8] = [0x20, 3, 0, 0, 0]
    /// The reason code of SUBACK; nil: none is sent.
    var granted: UInt8? = 1
    var onPublish: (ScriptedBroker, Packet) -> Void = { $0.acknowledge($1.id) }
    private let loop: EventLoop
    private let listener: Listener
    private var connection: StreamConnection?
    private var buffer: [UInt8] = []

    init(_ loop: EventLoop) throws {
        self.loop = loop
        let descriptor = try tcpSocket()
        _ = unsafe withAddress(0) { unsafe bind(descriptor.raw, $0, $1) }
        listen(descriptor.raw, 8)
        try descriptor.setNonBlocking()
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor.raw, $0, &size)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        listener = Listener(descriptor)
        try loop.watch(listener.raw, .readable) { [unowned self] _ in acceptOne() }
    }

    deinit {
        connection?.close()
        loop.unwatch(listener.raw)
    }

    func count(_ kind: UInt8) -> Int { packets.count { $0.kind == kind } }

    func send(_ bytes: [UInt8]) { _ = connection?.write(bytes) }

    /// PUBACK of MQTT 5.
    func acknowledge(_ id: [UInt8], _ reason: UInt8 = 0) { send([0x40, 3] + id + [reason]) }

    /// Hangs up.
    func hangUp() { connection?.close() }

    private func acceptOne() {
        guard let socket = listener.next(),
            let connection = try? StreamConnection(socket, loop: loop, outputLimit: 1 << 24)
        else { return }
        (self.connection, buffer) = (connection, [])
        connections += 1
        connection.onBytes = { [unowned self] in
            buffer += $0
            parse()
        }
    }

    private func parse() {
        while true {
            var (length, shift, place) = (0, 0, 1)
            repeat {
                guard place < buffer.count, shift < 28 else { return }
                length |= Int(buffer[place] & 0x7F) << shift
                shift += 7
                place += 1
            } while buffer[place - 1] & 0x80 != 0
            guard buffer.count >= place + length else { return }
            let packet = Packet(first: buffer[0], body: Array(buffer[place..<(place + length)]))
            buffer.removeFirst(place + length)
            packets.append(packet)
            answer(packet)
        }
    }

    private func answer(_ packet: Packet) {
        switch packet.kind {
        case 1: if !greeting.isEmpty { send(greeting) }
        case 3: onPublish(self, packet)
        case 8: if let granted { send([0x90, 4] + packet.id + [0, granted]) }
        case 10: send([0xB0, 4] + packet.id + [0, 0])
        case 12: send([0xD0, 0])
        default: break
        }
    }
}

/// Somebody else at the broker, over plain TCP.
final class Onlooker {
    private(set) var messages: [MosquittoClient.Message] = []
    private(set) var client: MosquittoClient!
    private let loop: EventLoop
    private var granted = 0
    private var done: Set<Int32> = []

    /// Connected, and subscribed to these at QoS 1.
    init(_ loop: EventLoop, port: Int, _ filters: [String] = [], username: String? = nil) throws {
        self.loop = loop
        var options = MosquittoClient.Options(host: "127.0.0.1", port: port, clientID: "onlooker")
        options.username = username
        if username != nil { options.password = bytes("secret") }
        client = try MosquittoClient(options, loop: loop) { [unowned self] event in
            switch event {
            case .message(let message): messages.append(message)
            case .subscribed: granted += 1
            case .published(let mid, _): done.insert(mid)
            case .connected, .refused, .disconnected, .unsubscribed: break
            }
        }
        client.connect()
        try #require(runLoop(loop) { client.isConnected })
        for filter in filters { _ = try client.subscribe(filter, qos: 1) }
        try #require(runLoop(loop) { granted == filters.count })
    }

    /// Publishes and waits until the broker has it.
    func publish(_ topic: String, _ payload: [UInt8] = [1], qos: Int = 1, retain: Bool = false) throws {
        let mid = try client.publish(topic: bytes(topic), payload: payload, qos: qos, retain: retain)
        try #require(runLoop(loop) { done.contains(mid) })
    }

    /// Publishes all, at most twenty without an acknowledgement, while the loop runs.
    func publishAll(_ topic: String, count: Int, payload: @escaping (Int) -> [UInt8]) {
        var (next, before) = (0, done.count)
        func more() {
            while next < count, next - (done.count - before) < 20 {
                _ = try? client.publish(topic: bytes(topic), payload: payload(next), qos: 1, retain: false)
                next += 1
            }
            if next < count { loop.schedule(after: .milliseconds(1), more) }
        }
        before = done.count
        more()
    }
}
