import BridgeRuntime
import Control
import LinuxIO

/// What `sub` and `rr` do when the link is not there, or breaks under them.
extension ModuleWork {
    /// Waits for the link as ``connect(wait:)`` does, and returns when -W, `timeout`, is over; nil: never.
    ///
    /// It counts from when the link is up. Through the service, where that is nothing to wait for, it counts from now
    /// unless `wait` says how long the link may take.
    func connect(wait: Duration, timeout: Duration, isQuiet: Bool) throws(CommandFailure) -> Duration? {
        guard operations.isService, wait == .zero, timeout > .zero else {
            try connect(wait: wait)
            return timeout > .zero ? loop.now + timeout : nil
        }
        let end = loop.now + timeout
        do throws(CommandFailure) {
            try connect(wait: min(timeout, Self.patienceWithService))
        } catch {
            guard error.code == .unavailable, end <= loop.now, !operations.isOver else { throw error }
            throw CommandFailure(.timedOut, isQuiet ? "" : "timed out: \(error.text)")
        }
        return end
    }

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
