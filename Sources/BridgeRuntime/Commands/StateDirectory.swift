import ATProtocol
import BridgeCore
package import Configuration
import Glibc
package import LinuxIO
import ModemCore
import Outbox

/// The state directory in the hands of a command: locked, so that no service uses it at the same time, with its store.
///
/// Loop's thread only; `write` runs the loop until the disk has it.
package final class StateDirectory {
    private let lock: DirectoryLock
    private let store: SQLiteMessageStore
    private let loop: EventLoop
    private let heartbeatTopic: [UInt8]?
    private var echoes = EchoLedger(receiveLimit: ModuleProfile.ec716s.receiveLimit)
    private var echoesRun = false
    private var nextToken = 0
    private var open: Set<Int> = []
    private var failure: String?
    private var waiting: [() -> Void] = []
    private var receivers: [Int: (Result<StoreReceipt, CommandFailure>) -> Void] = [:]

    /// Locks and opens it.
    package init(_ configuration: Configuration, loop: EventLoop) throws(CommandFailure) {
        self.loop = loop
        heartbeatTopic = configuration.remote.heartbeat(for: configuration.linkKind ?? .mqtt)?.topic
        let path = configuration.queue.path
        do {
            try Files.makeDirectories(path)
            lock = try DirectoryLock(path)
        } catch let held as DirectoryLock.Failure {
            guard case .held = held else { throw CommandFailure(.cannotCreate, "\(held)") }
            throw CommandFailure(
                .temporary,
                """
                \(held): stop the service first (systemctl stop cellbridge), and start it again afterwards
                """)
        } catch {
            throw CommandFailure(.cannotCreate, "\(error); [queue] path must be a directory this user can write to")
        }
        do throws(StoreError) {
            let relay = Relay()
            store = try SQLiteMessageStore(
                directory: path, maximumBytes: Int(clamping: configuration.queue.maxBytes),
                overflow: configuration.overflowPolicy
            ) { event in loop.post { relay.deliver(event) } }
            relay.owner = self
            echoes.restore(try store.loadEchoes())
        } catch {
            throw CommandFailure(.cannotCreate, "\(error)")
        }
    }

    /// A value.
    func meta(_ key: String) throws(CommandFailure) -> [UInt8]? {
        do throws(StoreError) {
            return try store.meta(key)
        } catch {
            throw CommandFailure(.cannotCreate, "\(error)")
        }
    }

    /// Starts writing; `isSettled` tells when it is on disk, `then` what came of it.
    func begin(_ batch: StoreBatch, then: ((Result<StoreReceipt, CommandFailure>) -> Void)? = nil) {
        nextToken += 1
        open.insert(nextToken)
        receivers[nextToken] = then
        store.commit(batch, token: nextToken)
    }

    /// Starts writing one value.
    func begin(_ key: String, _ value: [UInt8]?) {
        var batch = StoreBatch()
        batch.setMeta = [StoreBatch.Meta(key: key, value: value)]
        begin(batch)
    }

    /// Puts a message of a session with the remote broker into the inbox, or on the list of refusals where its route
    /// cannot take it; false when no route is there for it, or when it is the echo of the service's heartbeat or of what
    /// it has published.
    ///
    /// Rows have no id of their own: nobody else writes while the directory is locked, so the store counts on.
    func keep(_ message: ReceivedMessage, _ routing: RoutingTable) -> Bool {
        guard message.topic != heartbeatTopic else { return false }
        let now = LoopClock.unixTime
        var batch = StoreBatch()
        switch routing.inbound(remoteTopic: message.topic) {
        case .notRouted: return false
        case .refused(let code, let reason):
            batch.refusals = [
                Refusal(
                    direction: .in, topic: message.topic, size: message.payload.count, code: code, reason: reason,
                    at: now)
            ]
        case .forward(let forward):
            if !echoesRun { echoes.linkCameUp(now: loop.now) }
            echoesRun = true
            let verdict = echoes.judge(
                topic: message.topic, payload: message.payload, isBoth: forward.isBoth, now: loop.now)
            guard verdict == .deliver else { return false }
            batch.appendIn = [
                InboundRow(
                    topic: forward.topic, payload: message.payload, qos: forward.qos, retain: forward.retain,
                    acceptedAt: now, expiresAt: forward.expirySeconds.map { now + $0 })
            ]
        }
        begin(batch)
        return true
    }

    /// Whether all that was begun is on disk, or cannot be.
    var isSettled: Bool { open.isEmpty }

    /// Calls `handler` once all that was begun is on disk; never when it cannot be.
    func whenSettled(_ handler: @escaping () -> Void) { waiting.append(handler) }

    /// Why something could not be written.
    var problem: CommandFailure? { failure.map { CommandFailure(.cannotCreate, $0) } }

    /// Writes one value and waits until it is on disk.
    func write(_ key: String, _ value: [UInt8]?) throws(CommandFailure) {
        begin(key, value)
        loop.run(until: { isSettled })
        if let problem { throw problem }
    }

    /// Finishes, closes and unlocks.
    package func close() { store.close() }

    private func stored(_ event: StoreEvent) {
        switch event {
        case .committed(let token, let receipt):
            open.remove(token)
            receivers.removeValue(forKey: token)?(.success(receipt))
        case .failed(let token, let reason):
            open.remove(token)
            failure = reason
            receivers.removeValue(forKey: token)?(.failure(CommandFailure(.cannotCreate, reason)))
        case .outbound, .inbound: break
        }
        guard open.isEmpty, failure == nil else { return }
        let handlers = waiting
        waiting = []
        for handler in handlers { handler() }
    }

    /// Brings events to the directory, which is not there yet when the store is made.
    // SAFETY: `@unchecked Sendable` because it is touched on the loop's thread only: the writer's thread just posts it.
    private final class Relay: @unchecked Sendable {
        weak var owner: StateDirectory?

        func deliver(_ event: StoreEvent) { owner?.stored(event) }
    }
}

/// The user this process runs as.
var currentUser: UInt32 { geteuid() }

extension Configuration {
    /// What the state directory holds under `key`, without a lock: for looking only.
    func peek(_ key: String) throws(CommandFailure) -> [UInt8]? {
        do throws(StoreError) {
            return try StorePeek.meta(key, directory: queue.path)
        } catch {
            throw CommandFailure(.noInput, "\(error)")
        }
    }

    /// As `peek`, nil where there is no state directory or none that this user may read.
    func peekIfThere(_ key: String) throws(CommandFailure) -> [UInt8]? {
        Files.exists(queue.path) ? try? peek(key) : nil
    }

    /// What tells one version of the PIN file from another without keeping the PIN.
    var pinFileMark: [UInt8] { module.pinFile.map { Array((Files.modificationMark($0) ?? "").utf8) } ?? [] }
}
