import BridgeCore

// Rows to statement values and back. What is read is bounded, never trusted: a damaged field must not trap.

extension OutboundRow {
    /// For `Query.insertOut`.
    var values: [Statement.Value] {
        [
            .number(priority), .number(cost), .number(qos), .flag(retain), .integer(acceptedAt),
            .optional(expiresAt), .flag(expectsEcho), .number(route), .bytes(topic), .bytes(payload), .integer(id),
        ]
    }

    /// From a row of `Query.outRow`.
    init(_ row: Statement) {
        self.init(
            id: row.integer(0), topic: row.bytes(1), payload: row.bytes(2), qos: Int(min(max(0, row.integer(3)), 2)),
            retain: row.integer(4) != 0, priority: Int(row.integer(5)), acceptedAt: row.integer(6),
            expiresAt: row.optionalInteger(7), expectsEcho: row.integer(8) != 0, route: Int(row.integer(9)))
    }
}

extension InboundRow {
    /// For `Query.insertIn`.
    var values: [Statement.Value] {
        [
            .number(cost), .number(qos), .flag(retain), .integer(acceptedAt), .optional(expiresAt), .bytes(topic),
            .bytes(payload), .integer(id),
        ]
    }

    /// From a row of `Query.inRow`.
    init(_ row: Statement) {
        self.init(
            id: row.integer(0), topic: row.bytes(1), payload: row.bytes(2), qos: Int(min(max(0, row.integer(3)), 2)),
            retain: row.integer(4) != 0, acceptedAt: row.integer(5), expiresAt: row.optionalInteger(6))
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
