import Glibc
public import LinuxIO

/// Time as the bridge sees it: a seam, so that a run can be given a time of its own.
public protocol BridgeClock: AnyObject {
    /// Monotonic time since an arbitrary start.
    var now: Duration { get }
    /// Unix seconds.
    var wallClock: Int64 { get }
    /// Calls `handler` once, at `due` or as soon after as possible.
    func schedule(at due: Duration, _ handler: @escaping () -> Void) -> ScheduledCall
}

/// A call that was scheduled and can be called off.
public struct ScheduledCall {
    private let onCancel: () -> Void

    /// `onCancel` runs at most once, before the call was made.
    public init(onCancel: @escaping () -> Void) { self.onCancel = onCancel }

    /// Calls it off; harmless after it ran.
    public func cancel() { onCancel() }
}

/// The clock of an event loop.
public final class LoopClock: BridgeClock {
    private let loop: EventLoop

    /// The clock of `loop`; loop's thread only.
    public init(_ loop: EventLoop) { self.loop = loop }

    /// The loop's time.
    public var now: Duration { loop.now }

    /// Unix seconds.
    public var wallClock: Int64 { Self.unixTime }

    /// Unix seconds now.
    static var unixTime: Int64 { Int64(time(nil)) }

    /// Calls `handler` on the loop.
    public func schedule(at due: Duration, _ handler: @escaping () -> Void) -> ScheduledCall {
        let id = loop.schedule(at: due, handler)
        return ScheduledCall { [loop] in loop.cancel(id) }
    }
}

/// One deadline that moves: at most one call is scheduled at a time.
final class MovingDeadline {
    private let clock: any BridgeClock
    private var due: Duration?
    private var call: ScheduledCall?
    private let handler: () -> Void

    init(_ clock: any BridgeClock, _ handler: @escaping () -> Void) {
        self.clock = clock
        self.handler = handler
    }

    /// Sets it unless one is set already.
    func start(at wanted: Duration) { if due == nil { move(to: wanted) } }

    func move(to wanted: Duration?) {
        guard wanted != due else { return }
        call?.cancel()
        call = nil
        due = wanted
        guard let wanted else { return }
        call = clock.schedule(at: wanted) { [weak self] in
            guard let self else { return }
            self.due = nil
            self.call = nil
            self.handler()
        }
    }
}
