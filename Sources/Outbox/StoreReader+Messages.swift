public import BridgeCore
import Glibc

/// Whole messages, and what there is to say of a store at a glance.
extension StoreReader {
    /// What a store holds.
    public struct Summary: Sendable, Equatable {
        /// Outbound messages, those aside among them; inbound ones; those aside.
        public var out = 0
        /// Inbound messages.
        public var `in` = 0
        /// Outbound messages that are set aside.
        public var aside = 0
        /// When the oldest outbound message was accepted, Unix seconds.
        public var oldestOut: Int64?
        /// When the oldest inbound message was accepted, Unix seconds.
        public var oldestIn: Int64?
        /// When the store was last written to, Unix seconds.
        public var writtenAt: Int64?
    }

    /// A message with all that is stored of it.
    public struct Message: Sendable, Equatable {
        /// Which way it goes, its number, topic and times.
        public var head: Waiting
        /// The QoS of the publish.
        public var qos: Int
        /// Whether the publish carries the retain flag.
        public var retain: Bool
        /// Any bytes.
        public var payload: [UInt8]
    }

    /// What the store holds.
    public func summary() throws(StoreError) -> Summary {
        let depths = try depths()
        var summary = Summary(out: depths.out, in: depths.in, aside: depths.aside)
        summary.oldestOut = try oldest(.oldestOut)
        summary.oldestIn = try oldest(.oldestIn)
        // The log's file is written with each commit, the store's own when that is folded back.
        summary.writtenAt = [path, path + "-wal"].compactMap(Self.modified).max()
        return summary
    }

    /// Messages of one direction in the order in which they go, those aside among them, behind the place `after`; and
    /// the place to go on from, nil at the end. At most 64 at a time, so that a slow reader of the output holds no
    /// state of the store for long.
    public func messages(
        _ direction: Refusal.Direction, _ selection: QueueSelection = QueueSelection(), after: Int64 = .min
    ) throws(StoreError) -> (messages: [Message], next: Int64?) {
        try look { () throws(SQLiteFailure) in
            let aside = try asides()
            var found: [Message] = []
            var looked = 0
            let row = try connection.start(direction == .out ? .rowsOut : .rowsIn, [.integer(after)])
            defer { row.reset() }
            while try row.step() {
                let message = direction == .out ? Message(OutboundRow(row), aside) : Message(InboundRow(row))
                if selection.matches(
                    id: message.head.id, topic: message.head.topic, route: message.head.route,
                    acceptedAt: message.head.acceptedAt)
                {
                    found.append(message)
                }
                looked += 1
                if found.count >= 64 || looked >= 4096 { return (found, row.integer(0)) }
            }
            return (found, nil)
        }
    }

    private func oldest(_ query: Query) throws(StoreError) -> Int64? {
        try look { () throws(SQLiteFailure) in
            var found: Int64?
            try each(query) { found = $0.optionalInteger(0) }
            return found
        }
    }

    private static func modified(_ path: String) -> Int64? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int64(status.st_mtim.tv_sec) : nil
    }
}

extension StoreReader.Message {
    fileprivate init(_ row: OutboundRow, _ aside: [Int64: SetAside]) {
        self.init(
            head: StoreReader.Waiting(
                direction: .out, id: row.id, topic: row.topic, size: row.payload.count, priority: row.rank,
                acceptedAt: row.acceptedAt, expiresAt: row.expiresAt, route: row.route, aside: aside[row.id]),
            qos: row.qos, retain: row.retain, payload: row.payload)
    }

    fileprivate init(_ row: InboundRow) {
        self.init(
            head: StoreReader.Waiting(
                direction: .in, id: row.id, topic: row.topic, size: row.payload.count, priority: 1,
                acceptedAt: row.acceptedAt, expiresAt: row.expiresAt),
            qos: row.qos, retain: row.retain, payload: row.payload)
    }
}
