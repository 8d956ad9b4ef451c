import BridgeRuntime
import Control
import LinuxIO

/// What `sub` and `rr` do when the link breaks under them.
extension ModuleWork {
    /// The pause before the first try to go on, and the longest of those after it.
    static let shortestPause: Duration = .milliseconds(500)
    static let longestPause: Duration = .seconds(30)

    /// Waits until messages can come again, however long the service's, or this process's own, recovery takes; false when
    /// `limit` or the end came first.
    func reconnect(
        pause: Duration, limit: Duration?, unless hasEnded: () -> Bool
    ) throws(CommandFailure) -> Bool {
        let rest = loop.now + pause
        _ = try wait(limit: limit.map { min($0, rest) } ?? rest, until: hasEnded)
        while !hasEnded(), limit.map({ loop.now < $0 }) ?? true {
            var outcome: Result<JSONValue, CommandFailure>?
            let id = operations.begin("connect", [.init(name: "wait", value: 3600)], onEvent: { _ in }) {
                outcome = $0
            }
            defer { operations.cancel(id) }
            _ = try wait(limit: limit) { outcome != nil || hasEnded() }
            switch outcome {
            case .success: return true
            case .failure(let failure): if operations.isOver || !failure.isOfTheLink { throw failure }
            case nil: break
            }
        }
        return false
    }
}

extension CommandFailure {
    /// Whether the link is what is missing; a link that just breaks has `AT+MSUB` answered ERROR, or by nothing.
    var isOfTheLink: Bool { [.unavailable, .temporary, .protocolError].contains(code) }
}
