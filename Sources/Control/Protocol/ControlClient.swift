import Glibc
public import LinuxIO

/// A command's side of the control socket. Loop's thread only.
public final class ControlClient {
    /// Why there is no answer.
    public enum Failure: Error, Equatable {
        /// Nobody listens at the path.
        case nobody(path: String)
        /// Somebody does, but not for this user.
        case forbidden(path: String)
        /// The service refused: its exit status and its words.
        case refused(code: Int32, text: String)
        /// The connection ended before the answer.
        case gone
        /// What listens there is no cellbridge of this protocol.
        case foreign(String)
    }

    private let loop: EventLoop
    private let connection: LineConnection
    private var nextID: Int64 = 1
    private var open: [Int64: (onEvent: (JSONValue) -> Void, onEnd: (Result<JSONValue, Failure>) -> Void)] = [:]
    /// Whether the connection is over: nothing is answered any more.
    public private(set) var hasEnded = false
    private var problem: Failure?
    /// The service's greeting, once it has come.
    public private(set) var greeting: JSONValue?

    /// Connects to the service at `path` and waits for its greeting, up to `limit`.
    public init(_ path: String, loop: EventLoop, limit: Duration = .seconds(5)) throws(Failure) {
        signal(SIGPIPE, SIG_IGN)
        self.loop = loop
        do throws(SystemError) {
            connection = try LineConnection(
                try UnixSocket.connect(path), loop: loop, lineLimit: ControlServer.outputLimit,
                outputLimit: ControlServer.lineLimit * 2)
        } catch {
            throw error.code == EACCES || error.code == EPERM ? .forbidden(path: path) : .nobody(path: path)
        }
        connection.onLine = { [weak self] in self?.received($0) }
        connection.onInputEnd = { [weak self] in self?.ended() }
        connection.onEnd = { [weak self] _ in self?.ended() }
        var isLate = false
        let timer = loop.schedule(after: limit) { isLate = true }
        loop.run(until: { greeting != nil || hasEnded || isLate })
        loop.cancel(timer)
        if let problem { throw problem }
        guard let greeting else { throw isLate ? .foreign("\(path): no greeting came") : .gone }
        guard greeting["cellbridge"]?.integer == Int64(ControlServer.version) else {
            throw .foreign("\(path): it greets with \(greeting.description.prefix(80)); is it another release?")
        }
    }

    /// Asks for something; `onEvent` is called for what is told on the way. Returns what `cancel` takes.
    @discardableResult
    public func begin(
        _ operation: String, _ arguments: [JSONValue.Member] = [], onEvent: @escaping (JSONValue) -> Void = { _ in },
        onEnd: @escaping (Result<JSONValue, Failure>) -> Void
    ) -> Int64 {
        let id = nextID
        nextID += 1
        guard !hasEnded else {
            onEnd(.failure(.gone))
            return id
        }
        open[id] = (onEvent, onEnd)
        let request = JSONValue.object(
            [.init(name: "id", value: .number(id)), .init(name: "do", value: .text(operation))] + arguments)
        connection.send(Array(request.description.utf8))
        return id
    }

    /// Asks and waits for the answer, running the loop; `isInterrupted` ends the wait.
    public func call(
        _ operation: String, _ arguments: [JSONValue.Member] = [], isInterrupted: () -> Bool = { false },
        onEvent: @escaping (JSONValue) -> Void = { _ in }
    ) throws(Failure) -> JSONValue {
        var outcome: Result<JSONValue, Failure>?
        let id = begin(operation, arguments, onEvent: onEvent) { outcome = $0 }
        loop.run(until: { outcome != nil || isInterrupted() })
        guard let outcome else {
            cancel(id)
            throw .gone
        }
        return try outcome.get()
    }

    /// Nobody waits for this answer any more.
    public func cancel(_ id: Int64) {
        guard open.removeValue(forKey: id) != nil else { return }
        connection.send(Array(JSONValue.members(["do": "cancel", "of": .number(id)]).description.utf8))
    }

    /// Ends the connection.
    public func close() { connection.close() }

    private func received(_ line: [UInt8]) {
        guard let value = try? JSONValue(parsing: line) else {
            problem = problem ?? .foreign("what answers there does not speak JSON")
            return ended()
        }
        guard greeting != nil else {
            if let error = value["error"] { problem = Self.refusal(error) } else { greeting = value }
            return
        }
        guard let id = value["id"]?.integer, let call = open[id] else { return }
        if let event = value["event"] { return call.onEvent(event) }
        open[id] = nil
        if let error = value["error"] {
            call.onEnd(.failure(Self.refusal(error)))
        } else {
            call.onEnd(.success(value["ok"] ?? .null))
        }
    }

    private static func refusal(_ error: JSONValue) -> Failure {
        .refused(code: Int32(clamping: error["code"]?.integer ?? 70), text: error["text"]?.string ?? "no reason given")
    }

    private func ended() {
        guard !hasEnded else { return }
        hasEnded = true
        connection.close()
        let calls = open
        open = [:]
        for call in calls.values { call.onEnd(.failure(.gone)) }
    }
}
