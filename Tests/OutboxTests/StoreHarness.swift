import BridgeCore
import Glibc
import Testing

@testable import Outbox

/// A directory that is removed with its files when its owner goes.
final class ScratchDirectory {
    let path: String

    init() {
        var template = Array("/tmp/outbox-test-XXXXXX".utf8CString)
        _ = unsafe template.withUnsafeMutableBufferPointer { unsafe mkdtemp($0.baseAddress!) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in ["outbox.db", "outbox.db-wal", "outbox.db-shm", "outbox.db-journal"] {
            for directory in [path, path + "/a/b"] { _ = unsafe unlink(directory + "/" + name) }
        }
        for directory in [path + "/a/b", path + "/a", path] { _ = unsafe rmdir(directory) }
    }

    var database: String { path + "/outbox.db" }
    var log: String { path + "/outbox.db-wal" }
}

/// What a store reported, for a test thread to wait for.
final class Events: @unchecked Sendable {
    private let condition = Condition()
    private var list: [StoreEvent] = []
    private var held = false
    private var isHolding = false

    /// Called on the writer's thread; stays there while `hold` is on.
    func take(_ event: StoreEvent) {
        condition.withLock {
            list.append(event)
            condition.signal()
            isHolding = held
            while held { condition.wait() }
            isHolding = false
        }
    }

    /// The next event keeps the writer's thread until `release`.
    func hold() { condition.withLock { held = true } }
    /// Waits until the writer's thread is held.
    func waitUntilHolding() -> Bool { wait { isHolding } }
    /// Lets the writer's thread go on.
    func release() {
        condition.withLock {
            held = false
            condition.signal()
        }
    }

    /// All events so far, once there are `count`; fewer after 20 s.
    func first(_ count: Int) -> [StoreEvent] {
        _ = wait { list.count >= count }
        return condition.withLock { list }
    }

    private func wait(_ isDone: () -> Bool) -> Bool {
        let limit = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < limit {
            if condition.withLock(isDone) { return true }
            usleep(200)
        }
        return false
    }
}

/// A store with a synchronous face.
final class StoreHarness {
    let events = Events()
    let store: SQLiteMessageStore
    private var token = 0

    init(
        _ directory: ScratchDirectory, maximumBytes: Int = 1 << 30, overflow: OverflowPolicy = .dropOldest,
        limits: StoreLimits = StoreLimits(busyMilliseconds: 20)
    ) throws {
        let events = self.events
        store = try SQLiteMessageStore(
            directory: directory.path, maximumBytes: maximumBytes, overflow: overflow, limits: limits
        ) { events.take($0) }
    }

    func next(_ call: (Int) -> Void) -> StoreEvent {
        token += 1
        call(token)
        return events.first(token).last!
    }

    /// Commits and waits; the receipt, or nil when it failed.
    @discardableResult
    func commit(_ batch: StoreBatch) -> StoreReceipt? {
        guard case .committed(_, let receipt) = next({ store.commit(batch, token: $0) }) else { return nil }
        return receipt
    }

    func failure(_ batch: StoreBatch) -> String? {
        guard case .failed(_, let words) = next({ store.commit(batch, token: $0) }) else { return nil }
        return words
    }

    func outbound(excluding: [Int64] = [], limit: Int = 1_000_000, maximumBytes: Int = .max) -> [OutboundRow] {
        let event = next {
            store.loadOutbound(excluding: excluding, limit: limit, maximumBytes: maximumBytes, token: $0)
        }
        guard case .outbound(_, let rows) = event else { return [] }
        return rows
    }

    func inbound(excluding: [Int64] = [], limit: Int = 1_000_000, maximumBytes: Int = .max) -> [InboundRow] {
        let event = next {
            store.loadInbound(excluding: excluding, limit: limit, maximumBytes: maximumBytes, token: $0)
        }
        guard case .inbound(_, let rows) = event else { return [] }
        return rows
    }

    @discardableResult
    func append(_ rows: OutboundRow...) -> StoreReceipt? { commit(.out(rows)) }
}

extension StoreBatch {
    static func out(_ rows: [OutboundRow], protected: [Int64] = []) -> StoreBatch {
        var batch = StoreBatch()
        batch.appendOut = rows
        batch.protected = protected
        return batch
    }

    static func inbound(_ rows: InboundRow..., protected: [Int64] = []) -> StoreBatch {
        var batch = StoreBatch()
        batch.appendIn = rows
        batch.protected = protected
        return batch
    }

    static func remove(_ ids: Int64...) -> StoreBatch {
        var batch = StoreBatch()
        batch.removeOut = ids
        return batch
    }
}

/// An outbound row whose cost is exactly `cost` (66 or more).
func outRow(_ name: String = "t", cost: Int = 100, priority: Int = 1) -> OutboundRow {
    let topic = Array(name.utf8)
    return OutboundRow(
        topic: topic, payload: [UInt8](repeating: 7, count: cost - rowOverhead - topic.count), qos: 1, retain: false,
        priority: priority, acceptedAt: 1000)
}

/// An inbound row whose cost is exactly `cost`.
func inRow(_ name: String = "t", cost: Int = 100) -> InboundRow {
    let topic = Array(name.utf8)
    return InboundRow(
        topic: topic, payload: [UInt8](repeating: 8, count: cost - rowOverhead - topic.count), qos: 1, retain: false,
        acceptedAt: 2000)
}

/// Reads a whole file.
func contents(_ path: String) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY)
    guard descriptor >= 0 else { return [] }
    defer { _ = close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = unsafe read(descriptor, &chunk, chunk.count)
        if count <= 0 { return bytes }
        bytes += chunk[..<count]
    }
}

/// Writes a whole file.
func write(_ bytes: [UInt8], to path: String) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { return }
    defer { _ = close(descriptor) }
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
}
