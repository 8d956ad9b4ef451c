public import LinuxIO

/// One request of a client, from its line to its answer. Loop's thread only.
///
/// Exactly one of `finish` and `fail` ends it; what is called afterwards does nothing. An end of the connection ends it
/// too, by `onCancel`.
public final class ControlCall {
    /// What is asked for.
    public let operation: String
    /// The request's members.
    public let arguments: JSONValue
    /// Who asks.
    public let peer: UnixSocket.Peer
    /// Called when nobody waits for the answer any more: the client has gone, or has cancelled it.
    public var onCancel: () -> Void = {}
    /// Whether it still waits for its answer.
    public private(set) var isOpen = true

    private let send: (JSONValue) -> Bool
    private let ended: () -> Void
    private let id: JSONValue

    init(
        operation: String, arguments: JSONValue, id: JSONValue, peer: UnixSocket.Peer,
        send: @escaping (JSONValue) -> Bool, ended: @escaping () -> Void
    ) {
        self.operation = operation
        self.arguments = arguments
        self.id = id
        self.peer = peer
        self.send = send
        self.ended = ended
    }

    /// Tells of something on the way; false when nobody listens any more.
    @discardableResult
    public func tell(_ event: JSONValue) -> Bool {
        isOpen && send(.members(["id": id, "event": event]))
    }

    /// Answers.
    public func finish(_ result: JSONValue = .members([:])) { end(.members(["id": id, "ok": result])) }

    /// Answers that it could not be done: an exit status of sysexits.h and a text for people.
    public func fail(_ code: Int32, _ text: String) {
        end(.members(["id": id, "error": .members(["code": .number(Int64(code)), "text": .text(text)])]))
    }

    func cancel() {
        guard isOpen else { return }
        isOpen = false
        onCancel()
    }

    private func end(_ answer: JSONValue) {
        guard isOpen else { return }
        isOpen = false
        _ = send(answer)
        ended()
    }
}
