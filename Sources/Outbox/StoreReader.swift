public import BridgeCore
import Glibc

/// A look at a store that another process may be using: its books, what waits, what is aside, what was refused.
///
/// Nothing is written. Each call sees one state of the store, that of the last commit. Calls block; one thread at a time.
public final class StoreReader {
    /// A message that waits.
    public struct Waiting: Sendable, Equatable {
        /// Which way it goes.
        public var direction: Refusal.Direction
        /// Its number.
        public var id: Int64
        /// Its topic on the side it goes to.
        public var topic: [UInt8]
        /// The payload's length in bytes.
        public var size: Int
        /// The index of the route that took it; inbound messages have none, those of the control socket -1.
        public var route: Int?
        /// Lower goes first; inbound messages have 1.
        public var priority: Int
        /// When it was accepted, Unix seconds.
        public var acceptedAt: Int64
        /// When it may no longer be sent, Unix seconds.
        public var expiresAt: Int64?
        /// Why it is set aside, and until when.
        public var aside: SetAside?

        /// A message that waits.
        public init(
            direction: Refusal.Direction, id: Int64, topic: [UInt8], size: Int, priority: Int, acceptedAt: Int64,
            expiresAt: Int64?, route: Int? = nil, aside: SetAside? = nil
        ) {
            self.direction = direction
            self.id = id
            self.topic = topic
            self.size = size
            self.priority = priority
            self.route = route
            self.acceptedAt = acceptedAt
            self.expiresAt = expiresAt
            self.aside = aside
        }
    }

    let connection: Connection
    let path: String

    private init(_ connection: Connection, path: String) {
        self.connection = connection
        self.path = path
    }

    /// Opens the store of `directory` for reading; nil when there is none yet.
    public static func open(directory: String) throws(StoreError) -> StoreReader? {
        let path = directory + "/" + StoreFile.name
        guard unsafe access(path, F_OK) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .unusable(path: path, why: unsafe String(cString: strerror(errno)))
        }
        do {
            let connection = try Connection(
                path: path, busyMilliseconds: StoreLimits().busyMilliseconds, isReadOnly: true)
            switch try Schema.schema(of: connection, path: path) {
            case 0: return nil
            case Schema.version: return StoreReader(connection, path: path)
            case let found:
                throw StoreError.failed(
                    """
                    \(path) was written by an older version (schema \(found), this one reads \(Schema.version)): start the \
                    service once with this version, which brings it up to date
                    """)
            }
        } catch let error as StoreError {
            throw error
        } catch let error as SQLiteFailure {
            throw StoreError(error, path: path)
        } catch {
            throw StoreError.unusable(path: path, why: "\(error)")
        }
    }

    /// Closes the file; later calls fail.
    public func close() { connection.close() }

    // MARK: The books

    /// Judges what was accepted at `since`, Unix seconds, or later; `nil`: all that the ledger has not forgotten of.
    public func verify(since: Int64? = nil) throws(StoreError) -> StoreVerification {
        try look { () throws(SQLiteFailure) in
            var accepted = AcceptedThrough()
            var floor = AcceptedThrough()
            let last = try connection.start(.lastSegment)
            if try last.step() {
                accepted = AcceptedThrough(out: last.integer(2), in: last.integer(3))
                floor = AcceptedThrough(out: last.integer(4), in: last.integer(5))
            }
            last.reset()
            var audit = LedgerAudit(accepted: accepted, floor: floor, since: since)
            try eachSegment { number, bytes in audit.add(segment: number, bytes) }
            let aside = Set(try asides().keys)
            try each(.waitingOut) { row in
                let id = RowKey.id(row.integer(0))
                audit.add(waiting: id, .out, acceptedAt: row.integer(1), isAside: aside.contains(id))
            }
            try each(.waitingIn) { row in
                audit.add(waiting: row.integer(0), .in, acceptedAt: row.integer(1), isAside: false)
            }
            if audit.judge() { try eachSegment { _, bytes in audit.explain(bytes) } }
            return audit.finish()
        }
    }

    // MARK: Lists

    /// How many messages wait, those set aside among the outbound ones.
    public func depths() throws(StoreError) -> (out: Int, in: Int, aside: Int) {
        try look { () throws(SQLiteFailure) in
            func count(_ table: String) throws(SQLiteFailure) -> Int {
                Int(clamping: try connection.integer("SELECT count(*) FROM \(table)") ?? 0)
            }
            return (try count("outbox"), try count("inbox"), try count("aside"))
        }
    }

    /// The next messages to go, both ways, outbound ones first; those set aside are not among them. `limit` for each way.
    public func waiting(
        _ selection: QueueSelection = QueueSelection(), directions: [Refusal.Direction] = [.out, .in], limit: Int
    ) throws(StoreError) -> [Waiting] {
        try look { () throws(SQLiteFailure) in
            let aside = try asides()
            var found: [Waiting] = []
            try each(.listOut) { row in
                guard found.count < limit, directions.contains(.out) else { return }
                let message = Waiting(outbound: row)
                if aside[message.id] == nil, selection.matches(message) { found.append(message) }
            }
            var inbound: [Waiting] = []
            try each(.listIn) { row in
                guard inbound.count < limit, directions.contains(.in) else { return }
                let message = Waiting(inbound: row)
                if selection.matches(message) { inbound.append(message) }
            }
            return found + inbound
        }
    }

    /// What is set aside, the first due first.
    public func aside(_ selection: QueueSelection = QueueSelection(), limit: Int) throws(StoreError) -> [Waiting] {
        try look { () throws(SQLiteFailure) in
            let aside = try asides()
            var found: [Waiting] = []
            try each(.listOut) { row in
                var message = Waiting(outbound: row)
                message.aside = aside[message.id]
                if message.aside != nil, selection.matches(message) { found.append(message) }
            }
            found.sort { ($0.aside?.until ?? 0, $0.id) < ($1.aside?.until ?? 0, $1.id) }
            return Array(found.prefix(max(0, limit)))
        }
    }

    /// The last refusals, newest first.
    public func refusals(limit: Int) throws(StoreError) -> [Refusal] {
        try look { () throws(SQLiteFailure) in
            var found: [Refusal] = []
            try each(.refusals, [.number(max(0, limit))]) { found.append(Refusal($0)) }
            return found
        }
    }

    // MARK: Reading

    func asides() throws(SQLiteFailure) -> [Int64: SetAside] {
        var found: [Int64: SetAside] = [:]
        try each(.aside) { row in
            let entry = SetAside(id: row.integer(0), until: row.integer(1), reason: row.text(2))
            found[entry.id] = entry
        }
        return found
    }

    private func eachSegment(_ body: (Int64, [UInt8]) -> Void) throws(SQLiteFailure) {
        try each(.segments) { row in
            let bytes = row.bytes(1)
            // One that holds figures only.
            if !bytes.isEmpty { body(row.integer(0), bytes) }
        }
    }

    func each(
        _ query: Query, _ values: [Statement.Value] = [], _ body: (Statement) -> Void
    ) throws(SQLiteFailure) {
        let statement = try connection.start(query, values)
        defer { statement.reset() }
        while try statement.step() { body(statement) }
    }

    /// One state of the store for all that `read` reads.
    func look<Answer>(_ read: () throws(SQLiteFailure) -> Answer) throws(StoreError) -> Answer {
        defer { connection.rollback() }
        do throws(SQLiteFailure) {
            try connection.run(.beginReading)
            return try read()
        } catch {
            throw StoreError(error, path: path)
        }
    }
}

extension QueueSelection {
    fileprivate func matches(_ message: StoreReader.Waiting) -> Bool {
        matches(id: message.id, topic: message.topic, route: message.route, acceptedAt: message.acceptedAt)
    }
}

extension StoreReader.Waiting {
    fileprivate init(outbound row: Statement) {
        let key = row.integer(0)
        self.init(
            direction: .out, id: RowKey.id(key), topic: row.bytes(3), size: Int(row.integer(4)),
            priority: RowKey.rank(key), acceptedAt: row.integer(1), expiresAt: row.optionalInteger(2),
            route: Int(clamping: row.integer(5)))
    }

    fileprivate init(inbound row: Statement) {
        self.init(
            direction: .in, id: row.integer(0), topic: row.bytes(3), size: Int(row.integer(4)), priority: 1,
            acceptedAt: row.integer(1), expiresAt: row.optionalInteger(2))
    }
}
