import CLinuxShims
import Glibc
import Synchronization

// SAFETY: `@unchecked Sendable` because `state` is touched on the loop's thread only, which `assertOnLoop`
// checks; what other threads reach (`inbox`, `thread`) is behind a Mutex or atomic.
/// One epoll thread that owns every descriptor and is the executor of the one actor.
///
/// `run()` makes the calling thread the loop's thread until `stop()`. Everything but `post` and `enqueue`
/// belongs to that thread (or to set-up before `run()`); handlers run on it, one after the other.
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
        /// The other side is gone (EPOLLHUP or EPOLLERR); always reported, again and again until `unwatch`.
        public static let hangUp = Readiness(rawValue: 0x008 | 0x010)

        /// What epoll said; either of the two hang-up bits counts as the hang-up, or `contains` would ask for both.
        fileprivate init(reported bits: UInt32) {
            rawValue = bits & Readiness.hangUp.rawValue == 0 ? bits : bits | Readiness.hangUp.rawValue
        }
    }

    /// Names one scheduled timer, for `cancel`.
    public struct TimerID: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private struct Watch {
        var interest: Readiness
        /// Tells this registration from an earlier one of the same descriptor number.
        var generation: UInt32
        var handler: (Readiness) -> Void
    }

    private struct Ready {
        var descriptor: Int32
        var generation: UInt32
        var readiness: Readiness
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
    private var watches: [Int32: Watch] = [:]
    private var nextGeneration: UInt32 = 0
    private var ready: [Ready] = []
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
        try control(EPOLL_CTL_ADD, wake, .readable, generation: 0)
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
        guard let place = timers.firstIndex(where: { $0.id == id }) else { return }
        // Not `removeAll(where:)`: what the handler holds may cancel timers as it goes, and must find the array whole.
        _ = timers.remove(at: place)
    }

    // MARK: Descriptors

    /// Calls `handler` whenever `descriptor` is ready for something in `interest` (level-triggered) or hung up.
    /// Registering again replaces interest and handler.
    public func watch(_ descriptor: Int32, _ interest: Readiness, _ handler: @escaping (Readiness) -> Void)
        throws(SystemError)
    {
        assertOnLoop()
        let old = watches[descriptor]
        let generation = old?.generation ?? nextGeneration
        try control(old == nil ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, interest, generation: generation)
        if old == nil { nextGeneration &+= 1 }
        // Not by subscript: what the old handler holds may unwatch as it goes, and must find the table whole.
        let watch = Watch(interest: interest, generation: generation, handler: handler)
        _ = watches.updateValue(watch, forKey: descriptor)
    }

    /// Changes what a watched descriptor is watched for. With nothing in `interest` a hang-up is still reported.
    public func setInterest(_ descriptor: Int32, _ interest: Readiness) throws(SystemError) {
        assertOnLoop()
        guard let watch = watches[descriptor], watch.interest != interest else { return }
        try control(EPOLL_CTL_MOD, descriptor, interest, generation: watch.generation)
        watches[descriptor]?.interest = interest
    }

    /// Stops watching; call it before the descriptor is closed. Nothing more is reported, not even what the
    /// kernel has already said.
    public func unwatch(_ descriptor: Int32) {
        assertOnLoop()
        guard watches.removeValue(forKey: descriptor) != nil else { return }
        epoll_ctl(epoll.raw, EPOLL_CTL_DEL, descriptor, nil)
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ interest: Readiness, generation: UInt32)
        throws(SystemError)
    {
        var event = unsafe epoll_event()
        unsafe event.events = interest.rawValue
        unsafe event.data.u64 = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
        guard unsafe epoll_ctl(epoll.raw, operation, descriptor, &event) == 0 else {
            throw SystemError("epoll_ctl")
        }
    }

    // MARK: Running

    /// Runs until `stop()`. The calling thread is the loop's from here on.
    public func run() {
        run(until: { false })
    }

    /// Runs until `stop()` or until `satisfied`, which is asked before every wait for something to happen.
    public func run(until satisfied: () -> Bool) {
        let before = thread.exchange(UInt(pthread_self()), ordering: .acquiringAndReleasing)
        precondition(before == 0, "the event loop runs already")
        while !stopping {
            drainInbox()
            // What came while the process was held up counts before the time that passed meanwhile.
            if timerIsDue { poll(timeout: 0) }
            fireTimers()
            if stopping || satisfied() { break }
            poll(timeout: timeout)
        }
        stopping = false
        thread.store(0, ordering: .releasing)
    }

    /// Makes `run()` return after the current handler (and what was posted before it was called); called before
    /// `run()`, makes that return at once. From the loop's thread.
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
        // The loop's own thread looks into the inbox before it waits.
        guard first, !isOnLoop else { return }
        var one: UInt64 = 1
        _ = unsafe Glibc.write(wake.raw, &one, 8)
    }

    private func drainInbox() {
        var work: [Work] = []
        inbox.withLock { swap(&$0, &work) }
        for item in work {
            switch item {
            case .job(let job): unsafe job.runSynchronously(on: asUnownedSerialExecutor())
            case .closure(let closure): closure()
            }
        }
    }

    private func fireTimers() {
        guard !timers.isEmpty else { return }
        let now = self.now
        // A timer that a handler schedules waits for the next round, or one that is always due would starve the rest.
        let newest = nextTimer
        while !stopping, let timer = timers.last, timer.due <= now, timer.id.number <= newest {
            timers.removeLast()
            timer.handler()
        }
    }

    private var timerIsDue: Bool { timers.last.map { $0.due <= now } ?? false }

    private func poll(timeout: Int32) {
        ready.removeAll(keepingCapacity: true)
        unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 32) { events in
            let count = unsafe epoll_wait(epoll.raw, events.baseAddress, 32, timeout)
            for index in 0..<max(0, Int(count)) {
                let data = unsafe events[index].data.u64
                let readiness = unsafe Readiness(reported: events[index].events)
                ready.append(
                    Ready(
                        descriptor: Int32(truncatingIfNeeded: data), generation: UInt32(data >> 32),
                        readiness: readiness))
            }
        }
        for event in ready {
            if stopping { break }
            if event.descriptor == wake.raw {
                var value: UInt64 = 0
                _ = unsafe Glibc.read(wake.raw, &value, 8)
                continue
            }
            // An earlier handler of this round may have unwatched it, closed it and watched another one under the
            // same number, or lost interest.
            guard let watch = watches[event.descriptor], watch.generation == event.generation else { continue }
            let wanted = event.readiness.intersection(watch.interest.union(.hangUp))
            if !wanted.isEmpty { watch.handler(wanted) }
        }
    }

    /// Milliseconds for epoll_wait; -1 is for ever.
    private var timeout: Int32 {
        if !inbox.withLock({ $0.isEmpty }) { return 0 }
        guard let due = timers.last?.due else { return -1 }
        let left = (due - now).components
        if left.seconds < 0 || left.attoseconds < 0 { return 0 }
        if left.seconds > 1_000_000 { return 1_000_000_000 }
        // Rounded up: waking a fraction of a millisecond early would only spin.
        return Int32(left.seconds * 1000 + (left.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
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
