import LinuxIO

/// The far end of a client that connects to a private socket.
final class PrivateClientStream: ClientStream {
    var onBytes: ([UInt8]) -> Void = { _ in }
    var onClosed: (String) -> Void = { _ in }
    var onDrained: () -> Void = {}
    var mayRead = true { didSet { connection?.mayRead = mayRead } }
    /// Where the client connects.
    var path: String { socket.path }
    private let socket: PrivateSocket
    private var connection: StreamConnection?

    /// Listens in a new directory under `parent`.
    init(under parent: String, loop: EventLoop) throws(SystemError) {
        socket = try PrivateSocket(under: parent, loop: loop)
        socket.onConnected = { [weak self] in self?.connected($0) }
    }

    private func connected(_ connection: StreamConnection) {
        self.connection = connection
        connection.onBytes = { [weak self] in self?.onBytes($0) }
        connection.onDrained = { [weak self] in self?.onDrained() }
        connection.onEnd = { [weak self] end in
            self?.onClosed(end == .closed ? "the MQTT client has closed its connection" : "\(end)")
        }
        connection.mayRead = mayRead
    }

    var unreadBytes: Int { connection?.unreadBytes ?? 0 }
    var pendingBytes: Int { connection?.pendingBytes ?? 0 }

    func write(_ bytes: [UInt8]) -> Bool { connection?.write(bytes) ?? false }

    func endInput() { connection?.endOutput() }

    func close() {
        connection?.close()
        connection = nil
        socket.close()
    }
}
