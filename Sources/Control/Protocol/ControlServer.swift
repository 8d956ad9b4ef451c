import Glibc
public import LinuxIO

/// The service's side of the control socket: newline-delimited JSON, one request a line (docs/control.md).
///
/// Loop's thread only. Bounded: `maximumClients` connections, `maximumCalls` open requests of each, lines of
/// `lineLimit` bytes. A client that does not read what it is sent is let go; it cannot make the service wait.
public final class ControlServer {
    /// The protocol's version, in the greeting.
    public static let version = 1
    /// Connections at a time; one more is told so and closed.
    public static let maximumClients = 16
    /// Requests of one client that wait for their answer.
    public static let maximumCalls = 16
    /// Bytes of a request line: the largest payload as base64, and its topic.
    public static let lineLimit = 131_072
    /// Bytes that wait for a client to read them.
    public static let outputLimit = 1 << 20

    private final class Client {
        let connection: LineConnection
        let peer: UnixSocket.Peer
        var calls: [Int: (key: JSONValue, call: ControlCall)] = [:]
        var nextCall = 0
        var hasInputEnded = false

        init(_ connection: LineConnection, _ peer: UnixSocket.Peer) {
            self.connection = connection
            self.peer = peer
        }
    }

    /// Does what is asked for.
    public var onCall: (ControlCall) -> Void = { $0.fail(69, "\($0.operation): not served") }
    /// Where the socket is.
    public let path: String

    private let loop: EventLoop
    private let listener: Listener
    private let greeting: JSONValue
    private var clients: [Int: Client] = [:]
    private var nextClient = 0

    /// Listens at `path`, mode 0660, for `group`; `about` is what the greeting says beside the version.
    public init(_ path: String, group: String?, about: [JSONValue.Member] = [], loop: EventLoop)
        throws(UnixSocket.ListenFailure)
    {
        signal(SIGPIPE, SIG_IGN)
        self.path = path
        self.loop = loop
        greeting = .object([.init(name: "cellbridge", value: .number(Int64(Self.version)))] + about)
        listener = Listener(try UnixSocket.listen(path, mode: 0o660, group: group))
        do throws(SystemError) {
            try listener.watch(on: loop) { [weak self] in self?.accept() }
        } catch {
            throw .system(error)
        }
    }

    deinit { close() }

    /// Lets everybody go and removes the socket.
    public func close() {
        guard listener.isOpen else { return }
        listener.close()
        _ = unsafe unlink(path)
        for client in clients.values {
            for (_, entry) in client.calls { entry.call.cancel() }
            client.connection.closeWhenSent()
        }
        clients = [:]
    }

    /// How many clients are connected.
    public var clientCount: Int { clients.count }

    private func accept() {
        while let socket = listener.next() {
            guard let peer = try? UnixSocket.peer(of: socket),
                let connection = try? LineConnection(
                    socket, loop: loop, lineLimit: Self.lineLimit, outputLimit: Self.outputLimit)
            else { continue }
            guard clients.count < Self.maximumClients else {
                Self.send(
                    connection, .members(["error": .members(["code": 75, "text": "too many clients; try again"])]))
                connection.close()
                continue
            }
            let number = nextClient
            nextClient += 1
            let client = Client(connection, peer)
            clients[number] = client
            connection.onLine = { [weak self] line in self?.received(line, number) }
            connection.onInputEnd = { [weak self] in self?.inputEnded(number) }
            connection.onEnd = { [weak self] _ in self?.ended(number) }
            Self.send(connection, greeting)
        }
    }

    private func received(_ line: [UInt8], _ number: Int) {
        guard let client = clients[number], !line.isEmpty else { return }
        let request: JSONValue
        do throws(JSONProblem) {
            request = try JSONValue(parsing: line)
        } catch {
            return refuse(client, .null, "not JSON: \(error.text)")
        }
        let key = request["id"] ?? .null
        guard request.members != nil, let operation = request["do"]?.string else {
            return refuse(client, key, "a request is an object with a string \"do\"")
        }
        if operation == "cancel" {
            for entry in client.calls.values where entry.key == request["of"] { entry.call.cancel() }
            client.calls = client.calls.filter { $0.value.call.isOpen }
            return
        }
        guard client.calls.count < Self.maximumCalls else {
            return refuse(client, key, "\(Self.maximumCalls) requests wait already", code: 75)
        }
        let place = client.nextCall
        client.nextCall += 1
        let call = ControlCall(
            operation: operation, arguments: request, peer: client.peer,
            telling: { [weak client] event in
                client.map { Self.send($0.connection, .members(["id": key, "event": event])) } ?? false
            },
            onEnd: { [weak self, weak client] result in
                if let client { Self.answer(client.connection, key, result) }
                self?.callEnded(place, number)
            })
        client.calls[place] = (key, call)
        onCall(call)
    }

    private func callEnded(_ place: Int, _ number: Int) {
        guard let client = clients[number] else { return }
        client.calls[place] = nil
        if client.hasInputEnded, client.calls.isEmpty { letGo(number) }
    }

    private func inputEnded(_ number: Int) {
        guard let client = clients[number] else { return }
        client.hasInputEnded = true
        if client.calls.isEmpty { letGo(number) }
    }

    private func letGo(_ number: Int) {
        guard let client = clients.removeValue(forKey: number) else { return }
        client.connection.closeWhenSent()
    }

    private func ended(_ number: Int) {
        guard let client = clients.removeValue(forKey: number) else { return }
        for entry in client.calls.values { entry.call.cancel() }
    }

    private func refuse(_ client: Client, _ key: JSONValue, _ text: String, code: Int32 = 64) {
        Self.answer(client.connection, key, .failure(ControlCall.Failure(code: code, text: text)))
    }

    private static func answer(
        _ connection: LineConnection, _ key: JSONValue, _ result: Result<JSONValue, ControlCall.Failure>
    ) {
        switch result {
        case .success(let value): send(connection, .members(["id": key, "ok": value]))
        case .failure(let failure):
            let error = JSONValue.members(["code": .number(Int64(failure.code)), "text": .text(failure.text)])
            send(connection, .members(["id": key, "error": error]))
        }
    }

    @discardableResult
    private static func send(_ connection: LineConnection, _ value: JSONValue) -> Bool {
        connection.send(Array(value.description.utf8))
    }
}
