package import Control
package import LinuxIO

/// What a command asks of the module: the running service does it, or this process by a port of its own. The same
/// requests, the same answers (docs/control.md).
package protocol Operations: AnyObject {
    /// Whether the running service answers.
    var isService: Bool { get }
    /// Whether nothing can be asked any more, whatever the link does: the service has ended, the module cannot be used.
    var isOver: Bool { get }
    /// Asks for something. `onEvent` is called for what is told on the way, `onEnd` once. Returns what `cancel` takes.
    func begin(
        _ operation: String, _ arguments: [JSONValue.Member], onEvent: @escaping (JSONValue) -> Void,
        onEnd: @escaping (Result<JSONValue, CommandFailure>) -> Void
    ) -> Int64
    /// Nobody waits for this answer any more.
    func cancel(_ id: Int64)
    /// Ends the connection, or the session and the port, in order.
    func close()
}

extension Operations {
    /// Asks and waits, running the loop; `isInterrupted` ends the wait.
    package func call(
        _ operation: String, _ arguments: [JSONValue.Member] = [], on loop: EventLoop,
        isInterrupted: () -> Bool = { false }, onEvent: @escaping (JSONValue) -> Void = { _ in }
    ) throws(CommandFailure) -> JSONValue {
        var outcome: Result<JSONValue, CommandFailure>?
        let id = begin(operation, arguments, onEvent: onEvent) { outcome = $0 }
        loop.run(until: { outcome != nil || isInterrupted() })
        guard let outcome else {
            cancel(id)
            throw .interrupted
        }
        return try outcome.get()
    }
}

/// The running service, through its control socket.
package final class ServiceOperations: Operations {
    private let client: ControlClient

    /// As `Operations` has it.
    package var isService: Bool { true }
    /// As `Operations` has it.
    package var isOver: Bool { client.hasEnded }

    /// Connects to the first of `paths` where a service listens; nil when none does.
    package init?(_ paths: [String], loop: EventLoop) throws(CommandFailure) {
        var found: ControlClient?
        for path in paths where found == nil {
            do throws(ControlClient.Failure) {
                found = try ControlClient(path, loop: loop)
            } catch .nobody {
                continue
            } catch {
                throw Self.failure(error)
            }
        }
        guard let found else { return nil }
        client = found
    }

    /// As `Operations` has it.
    package func begin(
        _ operation: String, _ arguments: [JSONValue.Member], onEvent: @escaping (JSONValue) -> Void,
        onEnd: @escaping (Result<JSONValue, CommandFailure>) -> Void
    ) -> Int64 {
        client.begin(operation, arguments, onEvent: onEvent) { onEnd($0.mapError(Self.failure)) }
    }

    /// As `Operations` has it.
    package func cancel(_ id: Int64) { client.cancel(id) }

    /// As `Operations` has it.
    package func close() { client.close() }

    private static func failure(_ failure: ControlClient.Failure) -> CommandFailure {
        switch failure {
        case .nobody(let path): CommandFailure(.unavailable, "\(path): no service listens there")
        case .forbidden(let path):
            CommandFailure(
                .noPermission,
                "\(path): not permitted; join the group cellbridge (usermod -aG cellbridge USER), or be root")
        case .refused(let code, let text): CommandFailure(ExitCode(rawValue: code) ?? .software, text)
        case .gone:
            CommandFailure(.unavailable, "the service has ended meanwhile: see its log (journalctl -u cellbridge)")
        case .foreign(let text): CommandFailure(.protocolError, text)
        }
    }
}
