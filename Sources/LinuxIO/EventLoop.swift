import CLinuxShims
import Glibc
import Synchronization

/// One epoll thread that owns every descriptor and is the executor of the one actor.
///
/// `run()` makes the calling thread the loop's thread until `stop()`. Everything but `post` and `enqueue`
/// belongs to that thread (or to set-up before `run()`); handlers run on it, one after the other.
// SAFETY: `@unchecked Sendable` because `state` is touched on the loop's thread only, which `assertOnLoop`
// checks; what other threads reach (`inbox`, `thread`) is behind a Mutex or atomic.
public final class EventLoop: SerialExecutor, @unchecked Sendable {
    /// What a descriptor is ready for.
    public struct Readiness: OptionSet, Sendable {
        /// The epoll bits.
        public let rawValue: UInt32
        /// Wraps epoll bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// Bytes (or end of file) can be read.
        public static let readable = Readiness(rawValue: 0x001)
        /// Bytes can be written.
        public static let writable = Readiness(rawValue: 0x004)
        /// The other side is gone (EPOLLHUP or EPOLLERR); always reported.
        public static let hangUp = Readiness(rawValue: 0x008 | 0x010)
    }

    /// Names one scheduled timer, for `cancel`.
    public struct TimerID: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private struct Timer {
        var due: Duration
        var id: TimerID
        var handler: () -> Void
    }

    private enum Work {
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
    }

    private let epoll: OwnedDescriptor
    private let wake: OwnedDescriptor
    private let start: ContinuousClock.Instant
    private let thread = Atomic<UInt>(0)
    private let inbox = Mutex<[Work]>([])
    private var handlers: [Int32: (Readiness) -> Void] = [:]
    private var timers: [Timer] = []
    private var nextTimer: UInt64 = 0
    private var stopping = false

    /// Makes a loop; fails only when the kernel has no descriptors left.
    public init() throws(SystemError) {
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw SystemError("epoll_create1") }
        self.epoll = OwnedDescriptor(owning: epoll)
        let wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wake >= 0 else { throw SystemError("eventfd") }
        self.wake = OwnedDescriptor(owning: wake)
        start = ContinuousClock.now
        var event = unsafe epoll_event()
        unsafe event.events = Readiness.readable.rawValue
        unsafe event.data.fd = wake
        guard unsafe epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event) == 0 else { throw SystemError("epoll_ctl") }
    }

    // MARK: Time

    /// Monotonic time since this loop was made; what every machine is given as `now`.
    public var now: Duration { ContinuousClock.now - start }

    /// Runs `handler` on the loop's thread once `delay` has passed.
    @discardableResult
    public func schedule(after delay: Duration, _ handler: @escaping () -> Void) -> TimerID {
        schedule(at: now + delay, handler)
    }

    /// Runs `handler` on the loop's thread once `now` has reached `due`.
    @discardableResult
    public func schedule(at due: Duration, _ handler: @escaping () -> Void) -> TimerID {
        assertOnLoop()
        nextTimer += 1
        let timer = Timer(due: due, id: TimerID(number: nextTimer), handler: handler)
        // Sorted, latest first, so that the next one due is the last element.
        let place = timers.firstIndex { $0.due <= due } ?? timers.endIndex
        timers.insert(timer, at: place)
        return timer.id
    }

    /// Forgets a timer; one that has run or was cancelled is ignored.
    public func cancel(_ id: TimerID) {
        assertOnLoop()
        timers.removeAll { $0.id == id }
    }

    // MARK: Descriptors

    /// Calls `handler` whenever `descriptor` is ready for something in `interest` (level-triggered) or hung up.
    /// Registering again replaces interest and handler.
    public func watch(_ descriptor: Int32, _ interest: Readiness, _ handler: @escaping (Readiness) -> Void)
        throws(SystemError)
    {
        assertOnLoop()
        let operation = handlers[descriptor] == nil ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
        try control(operation, descriptor, interest)
        handlers[descriptor] = handler
    }

    /// Changes what a watched descriptor is watched for.
    public func setInterest(_ descriptor: Int32, _ interest: Readiness) throws(SystemError) {
        assertOnLoop()
        guard handlers[descriptor] != nil else { return }
        try control(EPOLL_CTL_MOD, descriptor, interest)
    }

    /// Stops watching; call it before the descriptor is closed.
    public func unwatch(_ descriptor: Int32) {
        assertOnLoop()
        guard handlers.removeValue(forKey: descriptor) != nil else { return }
        epoll_ctl(epoll.raw, EPOLL_CTL_DEL, descriptor, nil)
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ interest: Readiness) throws(SystemError) {
        var event = unsafe epoll_event()
        unsafe event.events = interest.rawValue
        unsafe event.data.fd = descriptor
        guard unsafe epoll_ctl(epoll.raw, operation, descriptor, &event) == 0 else {
            throw SystemError("epoll_ctl")
        }
    }

    // MARK: Running

    /// Runs until `stop()`. The calling thread is the loop's from here on.
    public func run() {
        thread.store(UInt(pthread_self()), ordering: .releasing)
        stopping = false
        while !stopping {
            drainInbox()
            fireTimers()
            if stopping { break }
            wait()
        }
        thread.store(0, ordering: .releasing)
    }

    /// Makes `run()` return after the current handler. From the loop's thread.
    public func stop() {
        assertOnLoop()
        stopping = true
    }

    /// Runs `work` on the loop's thread soon. From any thread.
    public func post(_ work: @escaping @Sendable () -> Void) {
        put(.closure(work))
    }

    private func put(_ work: Work) {
        let first = inbox.withLock { queue in
            queue.append(work)
            return queue.count == 1
        }
        guard first else { return }
        var one: UInt64 = 1
        _ = unsafe Glibc.write(wake.raw, &one, 8)
    }

    private func drainInbox() {
        let work = inbox.withLock { queue in
            let taken = queue
            queue.removeAll(keepingCapacity: true)
            return taken
        }
        for item in work {
            switch item {
            case .job(let job): unsafe job.runSynchronously(on: asUnownedSerialExecutor())
            case .closure(let closure): closure()
            }
        }
    }

    private func fireTimers() {
        let now = self.now
        while !stopping, let timer = timers.last, timer.due <= now {
            timers.removeLast()
            timer.handler()
        }
    }

    private func wait() {
        var timeout: Int32 = -1
        if let due = timers.last?.due {
            let left = due - now
            // Rounded up: waking a fraction of a millisecond early would only spin.
            let milliseconds = left.components.seconds * 1000 + (left.components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
            timeout = Int32(clamping: max(0, milliseconds))
        }
        if !inbox.withLock({ $0.isEmpty }) { timeout = 0 }
        var ready: [(Int32, Readiness)] = []
        unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 32) { events in
            let count = unsafe epoll_wait(epoll.raw, events.baseAddress, 32, timeout)
            for index in 0..<max(0, Int(count)) {
                unsafe ready.append((events[index].data.fd, Readiness(rawValue: events[index].events)))
            }
        }
        for (descriptor, readiness) in ready {
            if descriptor == wake.raw {
                var value: UInt64 = 0
                _ = unsafe Glibc.read(wake.raw, &value, 8)
            } else if !stopping {
                handlers[descriptor]?(readiness)
            }
        }
    }

    // MARK: SerialExecutor

    /// Queues an actor's job. From any thread.
    public func enqueue(_ job: consuming ExecutorJob) {
        put(.job(UnownedJob(job)))
    }

    /// Whether the caller is on the loop's thread; what `assumeIsolated` asks.
    public func isIsolatingCurrentContext() -> Bool? { isOnLoop }

    /// Traps when the caller is not on the loop's thread.
    public func checkIsolated() {
        precondition(isOnLoop, "called outside the event loop's thread")
    }

    private var isOnLoop: Bool {
        let owner = thread.load(ordering: .acquiring)
        return owner == UInt(pthread_self())
    }

    private func assertOnLoop() {
        let owner = thread.load(ordering: .acquiring)
        precondition(owner == 0 || owner == UInt(pthread_self()), "the event loop belongs to another thread")
    }
}
