import BridgeCore
import Glibc

@testable import Outbox

/// A database that somebody else wrote into: it opens and gives rows, or it is an error with words.
@Sendable func fuzzStore(_ input: FuzzInput) {
    var input = input
    let store = StoreFolder.shared
    let flags = input.byte()
    let template = flags & 2 == 0 ? store.template : store.oldTemplate
    if flags & 1 == 1 {
        store.write(template, patchedBy: &input)
    } else {
        store.write(template)
        store.insertRows(&input, isOld: flags & 2 != 0)
    }
    do {
        let database = try StoreDatabase(
            directory: store.path, maximumBytes: 4096, overflow: input.flag() ? .dropOldest : .stopReading,
            limits: StoreLimits())
        defer { database.close() }
        try read(database)
        // What waits takes part in making room for what comes.
        var batch = StoreBatch()
        batch.appendOut = [OutboundRow(topic: [0x74], payload: [1, 2], qos: 1, retain: false, acceptedAt: 1)]
        batch.appendIn = [InboundRow(topic: [0x74], payload: [3], qos: 1, retain: false, acceptedAt: 1)]
        batch.removeOut = [1]
        batch.removeIn = [1]
        batch.setAside = [SetAside(id: 2, until: 50, reason: "poison")]
        batch.releaseAside = 100
        batch.ledger = [
            LedgerEntry(
                direction: .out, id: 1, topicHash: 1, size: 3, acceptedAt: 100, finishedAfter: 5, outcome: .acknowledged
            )
        ]
        let receipt = try database.write([batch])
        require(receipt[0].outIDs.count == 1 && receipt[0].inIDs.count == 1, "\(receipt)")
        require(receipt[0].bytes >= 0 && receipt[0].outDepth >= 0 && receipt[0].inDepth >= 0, "\(receipt)")
        try read(database)
        try readFromOutside(store.path)
    } catch let error as StoreError {
        require(!error.description.isEmpty, "an error without words")
    } catch let error as SQLiteFailure {
        require(!error.words(store.path).isEmpty, "an error without words")
    } catch {
        require(false, "\(error)")
    }
}

private func read(_ database: StoreDatabase) throws(SQLiteFailure) {
    let request = LoadRequest(excluding: [3], limit: 16, maximumBytes: 2048, token: 0)
    let outbound = try database.nextOutbound(request)
    require(outbound.count <= 16 && outbound.allSatisfy { (0...2).contains($0.qos) }, "\(outbound)")
    let inbound = try database.nextInbound(request)
    require(inbound.count <= 16 && inbound.allSatisfy { (0...2).contains($0.qos) }, "\(inbound)")
    // As at a start: the window and the ledger get them, whatever they hold.
    var echoes = EchoLedger(receiveLimit: 1360)
    echoes.restore(try database.echoes(), unfinished: outbound)
    echoes.linkCameUp(now: .zero)
    for row in outbound.prefix(4) {
        echoes.published(row, now: .zero)
        _ = echoes.judge(topic: row.topic, payload: row.payload, isBoth: true, now: .seconds(1))
        echoes.acknowledged(row.id, now: .seconds(1), wallClock: 1)
    }
    echoes.deadlineReached(now: .seconds(1000))
    for refusal in try database.refusals(limit: 20) {
        require(refusal.topic.count <= 256 && refusal.size >= 0, "\(refusal)")
    }
    _ = try database.meta("tls")
    _ = try database.metas(prefix: "t")
}

/// What `cellbridge queue` sees.
private func readFromOutside(_ directory: String) throws(StoreError) {
    guard let reader = try StoreReader.open(directory: directory) else { return }
    defer { reader.close() }
    _ = try reader.verify()
    _ = try reader.verify(since: 100)
    let depths = try reader.depths()
    require(depths.out >= 0 && depths.in >= 0 && depths.aside >= 0, "\(depths)")
    require(try reader.waiting(limit: 5).count <= 10, "more than asked for")
    require(try reader.aside(limit: 5).count <= 5, "more than asked for")
    _ = try reader.refusals(limit: 5)
}

/// A directory of this process with a small database to damage.
private final class StoreFolder: Sendable {
    static let shared = StoreFolder()

    let path: String
    /// A sound database, and one of schema 1.
    let template: [UInt8]
    let oldTemplate: [UInt8]
    private var file: String { path + "/outbox.db" }

    private init() {
        let parent = unsafe getenv("FUZZ_TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        path = parent + "/cellbridge-fuzz-\(getpid())"
        _ = unsafe mkdir(path, 0o700)
        template = Self.made(path + "/outbox.db", Schema.create + Self.rows)
        oldTemplate = Self.made(path + "/outbox.db", Self.oldSchema)
        atexit {
            for name in ["/outbox.db", "/outbox.db-wal", "/outbox.db-shm", ""] {
                _ = unsafe remove(StoreFolder.shared.path + name)
            }
        }
    }

    private static func made(_ file: String, _ sql: String) -> [UInt8] {
        _ = unsafe close(open(file, O_RDWR | O_CREAT | O_TRUNC, 0o600))
        do {
            let connection = try Connection(path: file, busyMilliseconds: 0)
            // Small pages: a change somewhere is likelier to matter.
            try connection.execute("PRAGMA page_size = 512;")
            try connection.execute(sql)
            connection.close()
        } catch {
            report("no template: \(error)")
            exit(70)
        }
        return contents(file)
    }

    private static let notes = """
        INSERT INTO echoes VALUES(1, 3, -5, 100, x'61', x'');
        INSERT INTO refusals VALUES(1, 0, 3000, 100, 'too-long', 'too long', x'61');
        INSERT INTO meta VALUES('tls', x'6d6f64756c652031');
        """

    private static let rows =
        """
        INSERT INTO outbox VALUES(\(RowKey.key(1, rank: 1)), 9, 100, NULL, 0, x'61', x'313233');
        INSERT INTO outbox VALUES(\(RowKey.key(2, rank: 0)), 6, 100, 200, 1, x'622f63', x'');
        INSERT INTO inbox VALUES(1, 1, 100, NULL, x'63', x'78');
        INSERT INTO aside VALUES(2, 200, 'poison');
        INSERT INTO ledger VALUES(1, 0, 2, 1, 0, 0, 2, 1, 200, x'');
        """ + notes

    /// As the first release wrote it; columns without their checks.
    private static let oldSchema =
        """
        CREATE TABLE outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, priority INTEGER NOT NULL, cost INTEGER NOT NULL,
            qos INTEGER NOT NULL, retain INTEGER NOT NULL, accepted_at INTEGER NOT NULL, expires_at INTEGER,
            expects_echo INTEGER NOT NULL, route INTEGER NOT NULL, topic BLOB NOT NULL, payload BLOB NOT NULL);
        CREATE INDEX outbox_order ON outbox(priority, id, cost);
        CREATE TABLE inbox(id INTEGER PRIMARY KEY AUTOINCREMENT, cost INTEGER NOT NULL, qos INTEGER NOT NULL,
            retain INTEGER NOT NULL, accepted_at INTEGER NOT NULL, expires_at INTEGER, topic BLOB NOT NULL,
            payload BLOB NOT NULL);
        \(Schema.oldTables)
        PRAGMA application_id = \(Schema.application);
        PRAGMA user_version = 1;
        INSERT INTO outbox VALUES(1, 1, 70, 1, 0, 100, NULL, 1, 0, x'61', x'313233');
        INSERT INTO inbox VALUES(1, 70, 1, 0, 100, NULL, x'63', x'78');
        """ + notes

    /// The database with bytes changed: a place, a length and what stands there.
    func write(_ template: [UInt8], patchedBy input: inout FuzzInput) {
        var bytes = template
        if input.flag() { bytes.removeLast(min(bytes.count, input.word() % bytes.count)) }
        while !input.isEmpty, !bytes.isEmpty {
            let place = input.word() % bytes.count
            for offset in 0..<(input.number(below: 8) + 1) where place + offset < bytes.count {
                bytes[place + offset] = input.byte()
            }
        }
        write(bytes)
    }

    /// Rows with any values in any column, as a hand with sqlite3 could write them.
    func insertRows(_ input: inout FuzzInput, isOld: Bool) {
        let own = isOld ? [("outbox", 11), ("inbox", 8)] : [("outbox", 7), ("inbox", 6), ("aside", 3), ("ledger", 10)]
        let tables = own + [("echoes", 6), ("refusals", 7), ("meta", 2)]
        do {
            let connection = try Connection(path: file, busyMilliseconds: 0)
            defer { connection.close() }
            var rows = 0
            while !input.isEmpty, rows < 8 {
                rows += 1
                let (table, columns) = tables[input.number(below: tables.count)]
                let values = (0..<columns).map { _ in value(&input) }
                let places = (1...columns).map { "?\($0)" }.joined(separator: ",")
                // A row that the schema does not take is none.
                guard
                    let statement = try? Statement(
                        preparing: "INSERT OR IGNORE INTO \(table) VALUES(\(places))", on: connection),
                    (try? statement.bind(values)) != nil
                else { continue }
                _ = try? statement.step()
            }
        } catch {
            report("no rows: \(error)")
            abort()
        }
    }

    private func value(_ input: inout FuzzInput) -> Statement.Value {
        switch input.byte() % 5 {
        case 0: .integer(input.integer())
        case 1: .bytes(input.take(input.number(below: 40)))
        case 2: .text(String(decoding: input.take(input.number(below: 40)), as: UTF8.self))
        case 3: .integer(Int64(input.byte()))
        default: .null
        }
    }

    /// The database, alone.
    func write(_ bytes: [UInt8]) {
        for name in ["-wal", "-shm", "-journal"] { _ = unsafe unlink(file + name) }
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        _ = close(descriptor)
        require(count == bytes.count, "no room for the database in \(path)")
    }

    private static func contents(_ file: String) -> [UInt8] {
        let descriptor = unsafe open(file, O_RDONLY)
        defer { _ = close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        return Array(bytes.prefix(max(0, count)))
    }
}
