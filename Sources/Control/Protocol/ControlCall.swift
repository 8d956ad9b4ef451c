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

    /// Why a request could not be done.
    public struct Failure: Error, Equatable, Sendable {
        /// An exit status of sysexits.h.
        public var code: Int32
        /// For people.
        public var text: String
    }

    private let onEvent: (JSONValue) -> Bool
    private let onEnd: (Result<JSONValue, Failure>) -> Void

    init(
        operation: String, arguments: JSONValue, peer: UnixSocket.Peer, telling onEvent: @escaping (JSONValue) -> Bool,
        onEnd: @escaping (Result<JSONValue, Failure>) -> Void
    ) {
        self.operation = operation
        self.arguments = arguments
        self.peer = peer
        self.onEvent = onEvent
        self.onEnd = onEnd
    }

    /// A request that comes from this process: its answer goes to `onEnd`.
    public convenience init(
        operation: String, arguments: JSONValue, peer: UnixSocket.Peer, onEvent: @escaping (JSONValue) -> Void,
        onEnd: @escaping (Result<JSONValue, Failure>) -> Void
    ) {
        self.init(
            operation: operation, arguments: arguments, peer: peer,
            telling: {
                onEvent($0)
                return true
            }, onEnd: onEnd)
    }

    /// Tells of something on the way; false when nobody listens any more.
    @discardableResult
    public func tell(_ event: JSONValue) -> Bool {
        isOpen && onEvent(event)
    }

    /// Answers.
    public func finish(_ result: JSONValue = .members([:])) { end(.success(result)) }

    /// Answers that it could not be done: an exit status of sysexits.h and a text for people.
    public func fail(_ code: Int32, _ text: String) { end(.failure(Failure(code: code, text: text))) }

    /// Nobody waits for the answer any more.
    public func cancel() {
        guard isOpen else { return }
        isOpen = false
        onCancel()
    }

    private func end(_ answer: Result<JSONValue, Failure>) {
        guard isOpen else { return }
        isOpen = false
        onEnd(answer)
    }
}
