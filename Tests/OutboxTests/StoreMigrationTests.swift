import BridgeCore
import Testing

@testable import Outbox

/// Stores of older versions.
@Suite struct StoreMigrationTests {
    let directory = ScratchDirectory()

    /// The first schema, word for word.
    private static let first = """
        BEGIN IMMEDIATE;
        CREATE TABLE outbox(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            priority INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            qos INTEGER NOT NULL,
            retain INTEGER NOT NULL,
            accepted_at INTEGER NOT NULL,
            expires_at INTEGER,
            expects_echo INTEGER NOT NULL,
            route INTEGER NOT NULL,
            topic BLOB NOT NULL,
            payload BLOB NOT NULL);
        CREATE INDEX outbox_order ON outbox(priority, id, cost);
        CREATE TABLE inbox(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            cost INTEGER NOT NULL,
            qos INTEGER NOT NULL,
            retain INTEGER NOT NULL,
            accepted_at INTEGER NOT NULL,
            expires_at INTEGER,
            topic BLOB NOT NULL,
            payload BLOB NOT NULL);
        CREATE TABLE echoes(
            id INTEGER PRIMARY KEY,
            length INTEGER NOT NULL,
            digest INTEGER NOT NULL,
            acknowledged_at INTEGER NOT NULL,
            topic BLOB NOT NULL,
            prefix BLOB NOT NULL);
        CREATE TABLE refusals(
            id INTEGER PRIMARY KEY,
            direction INTEGER NOT NULL,
            size INTEGER NOT NULL,
            at INTEGER NOT NULL,
            code TEXT NOT NULL,
            reason TEXT NOT NULL,
            topic BLOB NOT NULL);
        CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        PRAGMA application_id = 1128419911;
        PRAGMA user_version = 1;
        COMMIT;
        """

    /// Rows 2...5 of five wait, and 3 of three; a high, two normal, a low one.
    private func makeFirst() throws {
        write([], to: directory.database)
        try directory.tamper(
            """
            PRAGMA journal_mode = WAL;
            \(Self.first)
            INSERT INTO outbox VALUES(1, 1, 100, 1, 0, 900, NULL, 0, 0, x'61', x'00');
            INSERT INTO outbox VALUES(2, 2, 100, 2, 1, 901, 5000, 1, 3, x'62', x'0102');
            INSERT INTO outbox VALUES(3, 1, 100, 1, 0, 902, NULL, 0, 0, x'63', x'');
            INSERT INTO outbox VALUES(4, 0, 100, 0, 1, 903, NULL, 0, 1, x'64', zeroblob(5000));
            INSERT INTO outbox VALUES(5, 1, 100, 1, 0, 904, NULL, 0, 0, x'65', x'05');
            DELETE FROM outbox WHERE id = 1;
            INSERT INTO inbox VALUES(3, 100, 2, 1, 905, 6000, x'7879', x'09');
            INSERT INTO echoes VALUES(1, 1, 2, 3, x'61', x'');
            INSERT INTO refusals VALUES(1, 0, 9, 8, 'expired', 'old', x'66');
            INSERT INTO meta VALUES('tls-manifests', x'0A0B');
            """)
    }

    @Test func everythingThatWaitsSurvives() throws {
        try makeFirst()
        let harness = try StoreHarness(directory)
        let expected = [
            OutboundRow(
                id: 4, topic: [0x64], payload: [UInt8](repeating: 0, count: 5000), qos: 0, retain: true, priority: 0,
                acceptedAt: 903, route: 1),
            OutboundRow(id: 3, topic: [0x63], payload: [], qos: 1, retain: false, acceptedAt: 902),
            OutboundRow(id: 5, topic: [0x65], payload: [5], qos: 1, retain: false, acceptedAt: 904),
            OutboundRow(
                id: 2, topic: [0x62], payload: [1, 2], qos: 2, retain: true, priority: 2, acceptedAt: 901,
                expiresAt: 5000, expectsEcho: true, route: 3),
        ]
        #expect((harness.outbound() == expected) == true)
        let inbound = InboundRow(
            id: 3, topic: [0x78, 0x79], payload: [9], qos: 2, retain: true, acceptedAt: 905, expiresAt: 6000)
        #expect(harness.inbound() == [inbound])
        #expect(harness.store.statistics().bytes == expected.reduce(inbound.cost) { $0 + $1.cost })
        #expect(try harness.store.loadEchoes().map(\.id) == [1])
        #expect(try harness.store.recentRefusals(limit: 9).map(\.code) == ["expired"])
        #expect(try harness.store.meta("tls-manifests") == [10, 11])
        #expect(try harness.store.nextIDs() == (6, 4))
    }

    @Test func theBooksBeginWithTheMigration() throws {
        try makeFirst()
        #expect(throws: StoreError.self) { try StoreReader.open(directory: directory.path) }
        let harness = try StoreHarness(directory)
        var found = try directory.verify()
        #expect(found.isBalanced && found.out.accepted == 0 && found.out.waitingEarlier == 4)
        var batch = StoreBatch.out([outRow()])
        batch.removeOut = [4]
        batch.ledger = [entry(4)]
        #expect(harness.commit(batch)?.outIDs == [6])
        found = try directory.verify()
        #expect(found.isBalanced && found.out.accepted == 1 && found.out.waiting == 1 && found.out.waitingEarlier == 3)
    }

    @Test func aMigrationIsDoneOnceAndWholeOrNotAtAll() throws {
        try makeFirst()
        // Something that stops it half way: a table that is there already.
        try directory.tamper("CREATE TABLE ledger(x)")
        #expect(throws: StoreError.self) { try StoreHarness(directory) }
        let connection = try Connection(path: directory.database, busyMilliseconds: 0)
        #expect(try connection.integer("PRAGMA user_version") == 1)
        #expect(try connection.integer("SELECT count(*) FROM outbox") == 4)
        try connection.execute("DROP TABLE ledger")
        connection.close()
        for _ in 0..<2 {
            let harness = try StoreHarness(directory)
            #expect(harness.outbound().count == 4)
            harness.store.close()
        }
    }
}
