import BridgeCore

// Rows to statement values and back. What is read is bounded, never trusted: a damaged field must not trap.

/// The small values of a row in one number: QoS in two bits, then the retain flag, then whether an echo is expected.
private enum RowFlags {
    static let retain: Int64 = 4
    static let echo: Int64 = 8

    static func pack(qos: Int, retain: Bool, echo: Bool = false) -> Statement.Value {
        .integer(Int64(min(max(0, qos), 2)) | (retain ? Self.retain : 0) | (echo ? Self.echo : 0))
    }

    static func qos(_ flags: Int64) -> Int { Int(min(flags & 3, 2)) }
}

extension OutboundRow {
    /// For `Query.insertOut`.
    var values: [Statement.Value] {
        [
            .integer(RowKey.key(id, rank: rank)), RowFlags.pack(qos: qos, retain: retain, echo: expectsEcho),
            .integer(acceptedAt), .optional(expiresAt), .number(route), .bytes(topic), .bytes(payload),
        ]
    }

    /// From a row of `Query.outRow`.
    init(_ row: Statement) {
        let key = row.integer(0)
        let flags = row.integer(1)
        self.init(
            id: RowKey.id(key), topic: row.bytes(5), payload: row.bytes(6), qos: RowFlags.qos(flags),
            retain: flags & RowFlags.retain != 0, priority: RowKey.rank(key), acceptedAt: row.integer(2),
            expiresAt: row.optionalInteger(3), expectsEcho: flags & RowFlags.echo != 0, route: Int(row.integer(4)))
    }
}

extension InboundRow {
    /// For `Query.insertIn`.
    var values: [Statement.Value] {
        [
            .integer(id), RowFlags.pack(qos: qos, retain: retain), .integer(acceptedAt), .optional(expiresAt),
            .bytes(topic), .bytes(payload),
        ]
    }

    /// From a row of `Query.inRow`.
    init(_ row: Statement) {
        let flags = row.integer(1)
        self.init(
            id: row.integer(0), topic: row.bytes(4), payload: row.bytes(5), qos: RowFlags.qos(flags),
            retain: flags & RowFlags.retain != 0, acceptedAt: row.integer(2), expiresAt: row.optionalInteger(3))
    }
}

extension EchoRow {
    /// For `Query.insertEcho`.
    var values: [Statement.Value] {
        [
            .integer(id), .bytes(topic), .number(length), .bytes(prefix), .integer(Int64(bitPattern: digest)),
            .integer(acknowledgedAt),
        ]
    }

    /// From a row of `Query.echoes`.
    init(_ row: Statement) {
        self.init(
            id: row.integer(0), topic: row.bytes(1), length: max(0, Int(row.integer(2))), prefix: row.bytes(3),
            digest: UInt64(bitPattern: row.integer(4)), acknowledgedAt: row.integer(5))
    }
}

extension Refusal {
    /// For `Query.insertRefusal`.
    var values: [Statement.Value] {
        [.number(direction.rawValue), .bytes(topic), .number(size), .text(code), .text(reason), .integer(at)]
    }

    /// From a row of `Query.refusals`.
    init(_ row: Statement) {
        self.init(
            direction: Direction(rawValue: Int(row.integer(0))) ?? .out, topic: row.bytes(1),
            size: max(0, Int(row.integer(2))), code: row.text(3), reason: row.text(4), at: row.integer(5))
    }
}
