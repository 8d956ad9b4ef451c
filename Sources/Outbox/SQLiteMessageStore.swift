public import BridgeCore
import Glibc
import Synchronization

// SAFETY: `@unchecked Sendable` because `writer` is itself made for any thread and `thread` is behind a Mutex.

/// The durable outbox and inbox: one SQLite file (`outbox.db`, write-ahead log, `synchronous=FULL`) and one thread that
/// owns it.
///
/// A `.committed` event means that the batch survives kill -9 and loss of power. Calls queue their work and return;
/// events come on the writer's thread in the order of the calls, so `onEvent` should only hand them on. All batches that
/// wait are written as one transaction, with one event each. A batch that fails leaves nothing behind, and the next works
/// again; when the disk fails in the very moment of the commit, a batch that was reported as failed may be found after
/// a crash all the same, so a caller that retries stores at least once. A caller that needs its messages in order has
/// one batch with new messages under way at a time, since one that failed is retried behind those that follow it.
///
/// The cap counts what waits both ways. `dropOldest`: outbound messages make room, least urgent first, then oldest
/// first; never those in `protected`, never inbound ones (the module has acknowledged those, nobody will send them
/// again), and never for a less urgent one; else the new message is refused. For a new inbound message any
/// unprotected outbound one may go. `dropNewest`: a new outbound message is refused. `stopReading`: it is kept, up to
/// twice the cap. With these two an inbound message is kept up to twice the cap: refusing it would lose it.
/// A batch's removals count before its new messages, and its inbound ones before its outbound ones.
public final class SQLiteMessageStore: MessageStore, @unchecked Sendable {
    private let writer: StoreWriter
    private let thread: Mutex<pthread_t?>
    private let identity: pthread_t

    /// Opens the store in `directory`, which is made (0700) when missing; the file has mode 0600. Blocks while it opens.
    ///
    /// Only one process may use it: the caller holds a lock. `maximumBytes` is `[queue] max_bytes`.
    public convenience init(
        directory: String, maximumBytes: Int, overflow: OverflowPolicy,
        onEvent: @escaping @Sendable (StoreEvent) -> Void
    ) throws(StoreError) {
        try self.init(
            directory: directory, maximumBytes: maximumBytes, overflow: overflow, limits: StoreLimits(),
            onEvent: onEvent)
    }

    init(
        directory: String, maximumBytes: Int, overflow: OverflowPolicy, limits: StoreLimits,
        onEvent: @escaping @Sendable (StoreEvent) -> Void
    ) throws(StoreError) {
        let database = try StoreDatabase(
            directory: directory, maximumBytes: maximumBytes, overflow: overflow, limits: limits)
        writer = StoreWriter(database: database, limits: limits, onEvent: onEvent)
        guard let thread = startThread(for: writer) else {
            throw StoreError.unusable(path: database.path, why: "no thread could be started for it")
        }
        identity = thread
        self.thread = Mutex(thread)
    }

    deinit { close() }

    // MARK: MessageStore

    /// Writes a batch; answered by `.committed` or `.failed`. From any thread, never blocks.
    public func commit(_ batch: StoreBatch, token: Int) {
        writer.put(.commit(batch, token: token), cost: StoreWriter.cost(batch), token: token)
    }

    /// Reads the next outbound messages; answered by `.outbound` or `.failed`. From any thread, never blocks.
    public func loadOutbound(excluding: [Int64], limit: Int, maximumBytes: Int, token: Int) {
        let request = LoadRequest(excluding: excluding, limit: limit, maximumBytes: maximumBytes, token: token)
        writer.put(.loadOutbound(request), cost: StoreWriter.cost(request), token: token)
    }

    /// Reads the next inbound messages; answered by `.inbound` or `.failed`. From any thread, never blocks.
    public func loadInbound(excluding: [Int64], limit: Int, maximumBytes: Int, token: Int) {
        let request = LoadRequest(excluding: excluding, limit: limit, maximumBytes: maximumBytes, token: token)
        writer.put(.loadInbound(request), cost: StoreWriter.cost(request), token: token)
    }

    /// Finishes what was called before, then closes the file and ends the thread. Blocks until done, except on the
    /// writer's own thread (in `onEvent`), which finishes after its return. Later calls fail at once.
    public func close() {
        writer.close()
        let isOwnThread = pthread_equal(pthread_self(), identity) != 0
        thread.withLock { thread in
            guard let running = thread else { return }
            thread = nil
            if isOwnThread { pthread_detach(running) } else { _ = pthread_join(running, nil) }
        }
    }

    // MARK: At start

    /// The value stored under `key`. Blocks; for the time before the loop runs. Not from `onEvent`.
    public func meta(_ key: String) throws(StoreError) -> [UInt8]? {
        try ask { database throws(SQLiteFailure) in try database.meta(key) }
    }

    /// All values whose names begin with `prefix`, by name. Blocks, like `meta`.
    public func storedMeta(prefix: String) throws(StoreError) -> [StoreBatch.Meta] {
        try ask { database throws(SQLiteFailure) in try database.metas(prefix: prefix) }
    }

    /// The next free ids. Blocks, like `meta`.
    public func nextIDs() throws(StoreError) -> (out: Int64, in: Int64) {
        let marks = try ask { database throws(SQLiteFailure) in database.state.accepted }
        return (marks.out + 1, marks.in + 1)
    }

    /// The echoes that were expected when the store was last used, by id. Blocks, like `meta`.
    public func loadEchoes() throws(StoreError) -> [EchoRow] {
        try ask { database throws(SQLiteFailure) in try database.echoes() }
    }

    /// The last refusals, newest first, at most 1000. Blocks, like `meta`.
    public func recentRefusals(limit: Int) throws(StoreError) -> [Refusal] {
        try ask { database throws(SQLiteFailure) in try database.refusals(limit: limit) }
    }

    /// Lets messages that are set aside, these or all, go back into the queue, and tells which did. Blocks, like `meta`;
    /// for a store whose queue nobody holds in memory. A running dispatcher uses `StoreBatch.retryAside`.
    public func retryAside(_ ids: [Int64]?) throws(StoreError) -> [Int64] {
        try ask { database throws(SQLiteFailure) in try database.retryAside(ids) }
    }

    /// Takes messages out, and tells how many. Blocks, like `meta`; for a store whose queue nobody holds in memory. A
    /// running dispatcher uses `StoreBatch.purge`.
    public func purge(_ purge: QueuePurge) throws(StoreError) -> Int {
        var purge = purge
        var count = 0
        while true {
            var batch = StoreBatch()
            batch.purge = purge
            let work = batch
            let done = try ask { database throws(SQLiteFailure) in try database.write([work]).first?.purged }
            count += done?.ids.count ?? 0
            guard let next = done?.next else { return count }
            purge.after = next
        }
    }

    /// Depths, bytes and counts as of the last transaction. From any thread, never waits for the disk.
    public func statistics() -> StoreStatistics { writer.statistics.withLock { $0 } }

    private func ask<Answer: Sendable>(
        _ read: @escaping @Sendable (StoreDatabase) throws(SQLiteFailure) -> Answer
    ) throws(StoreError) -> Answer {
        precondition(pthread_equal(pthread_self(), identity) == 0, "a blocking read on the writer's own thread")
        let reply = Reply<Answer>()
        let isTaken = writer.ask { database in
            do throws(SQLiteFailure) {
                reply.give(.success(try read(database)))
            } catch {
                reply.give(.failure(.failed(error.words(database.path))))
            }
        }
        guard isTaken else { throw StoreError.closed }
        return try reply.wait().get()
    }
}

/// An answer another thread waits for.
// SAFETY: `@unchecked Sendable` because `answer` is touched with `condition` held only.
private final class Reply<Answer: Sendable>: @unchecked Sendable {
    private let condition = Condition()
    private var answer: Result<Answer, StoreError>?

    func give(_ answer: Result<Answer, StoreError>) {
        condition.withLock {
            self.answer = answer
            condition.signal()
        }
    }

    func wait() -> Result<Answer, StoreError> {
        condition.withLock {
            while true {
                if let answer { return answer }
                condition.wait()
            }
        }
    }
}

/// Runs `writer` on a thread of its own that takes no signals: those are for the loop.
private func startThread(for writer: StoreWriter) -> pthread_t? {
    var all = sigset_t()
    var before = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let context = unsafe Unmanaged.passRetained(writer)
    let code = unsafe pthread_create(
        &thread, nil,
        { context in
            guard let context = unsafe context else { return nil }
            unsafe Unmanaged<StoreWriter>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }, context.toOpaque())
    if code == 0 { return thread }
    unsafe context.release()
    return nil
}
