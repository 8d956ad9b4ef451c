import Glibc
import LinuxIO

/// A broker of bare bytes on the test's own loop: it says what the test says, and notes each packet that arrives.
final class FakeBroker {
    let port: Int
    private(set) var packets: [[UInt8]] = []
    /// Called for every whole packet.
    var onPacket: (FakeBroker, [UInt8]) -> Void = { _, _ in }
    private let loop: EventLoop
    private let listener: Int32
    private var connection: Int32 = -1
    private var buffer: [UInt8] = []

    init(_ loop: EventLoop) throws {
        self.loop = loop
        (listener, port) = listenOnLoopback(backlog: 8)
        try loop.watch(listener, .readable) { [unowned self] _ in self.acceptOne() }
    }

    deinit {
        if connection >= 0 {
            loop.unwatch(connection)
            close(connection)
        }
        loop.unwatch(listener)
        close(listener)
    }

    func count(_ type: UInt8) -> Int { packets.count { $0[0] & 0xF0 == type } }

    func send(_ bytes: [UInt8]) {
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(connection, $0.baseAddress, $0.count) }
    }

    /// A QoS 1 PUBLISH of MQTT 5 to topic `t`.
    func sendMessage(_ id: UInt8) { send([0x32, 7, 0, 1, 0x74, 0, id, 0, id]) }

    /// Closes the connection with a reset.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        loop.unwatch(connection)
        close(connection)
        connection = -1
    }

    private func acceptOne() {
        connection = accept(listener, nil, nil)
        try? loop.watch(connection, .readable) { [unowned self] _ in self.readSome() }
    }

    private func readSome() {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = unsafe read(connection, &bytes, bytes.count)
        guard count > 0 else { return loop.unwatch(connection) }
        buffer += bytes[..<count]
        // Lengths under 128 only: the client sends nothing longer in these tests.
        while buffer.count >= 2, buffer.count >= 2 + Int(buffer[1]) {
            let packet = Array(buffer[..<(2 + Int(buffer[1]))])
            buffer.removeFirst(packet.count)
            packets.append(packet)
            onPacket(self, packet)
        }
    }
}
