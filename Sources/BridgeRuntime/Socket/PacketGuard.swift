import MosquittoClient

/// Looks at what a remote broker sends before libmosquitto does: its 2.0 versions end the whole process at a property
/// that they do not know (an assertion), and with MQTT 3.1.1 take a packet of any length.
///
/// Packets go on once their head is sound: type, remaining length, and with MQTT 5 each property's id and bounds (MQTT 5.0,
/// 2.1 and 2.2.2). Payloads go on as they come. Holds at most the head of one packet.
struct PacketGuard {
    /// What is wrong with the stream.
    struct Malformed: Error, Equatable {
        var reason: String
    }

    /// Longest packet that is taken, and longest head of one.
    static let longestPacket = (1 << 19) + 1024
    static let longestHead = 1 << 17

    private let hasProperties: Bool
    /// The head of the packet that is coming in.
    private var head: [UInt8] = []
    /// Bytes of a payload that go on unseen.
    private var passing = 0

    init(_ version: MosquittoClient.ProtocolVersion) { hasProperties = version == .v5 }

    /// The bytes that may go on.
    mutating func take(_ bytes: [UInt8]) throws(Malformed) -> [UInt8] {
        var sound: [UInt8] = []
        sound.reserveCapacity(bytes.count + head.count)
        var rest = bytes[...]
        while !rest.isEmpty {
            if passing > 0 {
                let count = min(passing, rest.count)
                sound += rest.prefix(count)
                rest = rest.dropFirst(count)
                passing -= count
                continue
            }
            // As much as a head can still need; what is over goes back.
            let known = head.count
            head += rest.prefix(Self.longestHead - known)
            guard let size = try headSize() else {
                guard head.count < Self.longestHead else { throw Malformed(reason: "the head of a packet has no end") }
                return sound
            }
            sound += head.prefix(size.head)
            rest = rest.dropFirst(max(0, size.head - known))
            head = []
            passing = size.packet - size.head
        }
        return sound
    }

    /// Bytes of the head and of the whole packet; nil while the head is not complete.
    private func headSize() throws(Malformed) -> (head: Int, packet: Int)? {
        var reader = Reader(bytes: head)
        guard let first = reader.byte(), let length = try reader.number() else { return nil }
        let body = reader.position
        guard body + length <= Self.longestPacket else {
            throw Malformed(reason: "a packet of \(length) bytes is over the \(Self.longestPacket) that are taken")
        }
        let end = body + length
        let kind = first >> 4
        // PUBLISH: topic, packet id, properties; the payload follows.
        if kind == 3 {
            guard let topic = reader.word() else { return try complete(end, head.count) }
            reader.skip(topic + (first & 0x06 == 0 ? 0 : 2))
            guard reader.position <= end else { throw Malformed(reason: "a topic runs out of its PUBLISH") }
            guard hasProperties else { return reader.position <= head.count ? (reader.position, end) : nil }
            guard try reader.properties(end: end) else { return nil }
            return (reader.position, end)
        }
        guard [2, 4, 5, 6, 7, 9, 11, 13, 14, 15].contains(kind) else {
            throw Malformed(reason: "a packet of type \(kind) is none that a broker sends")
        }
        guard end <= Self.longestHead else { throw Malformed(reason: "a packet of type \(kind) has \(length) bytes") }
        guard head.count >= end else { return nil }
        guard hasProperties, let before = Self.beforeProperties(kind, length) else { return (end, end) }
        reader.skip(before)
        guard try reader.properties(end: end) else { throw Malformed(reason: "properties run out of their packet") }
        return (end, end)
    }

    /// Nothing can be said yet; a packet that is too short for what it must hold never ends otherwise.
    private func complete(_ end: Int, _ have: Int) throws(Malformed) -> (head: Int, packet: Int)? {
        guard have < end else { throw Malformed(reason: "a PUBLISH without a topic") }
        return nil
    }

    /// Bytes before the properties of a packet of this type; nil: it has none.
    private static func beforeProperties(_ kind: UInt8, _ length: Int) -> Int? {
        switch kind {
        case 2: length > 2 ? 2 : nil
        case 4, 5, 6, 7: length > 3 ? 3 : nil
        case 9, 11: length > 2 ? 2 : nil
        case 14, 15: length > 1 ? 1 : nil
        default: nil
        }
    }

    /// Reads what is there; nil, or a position past the end, when more is needed.
    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        mutating func byte() -> UInt8? {
            guard position < bytes.count else { return nil }
            defer { position += 1 }
            return bytes[position]
        }

        mutating func word() -> Int? {
            guard position + 1 < bytes.count else { return nil }
            defer { position += 2 }
            return Int(bytes[position]) << 8 | Int(bytes[position + 1])
        }

        /// A variable byte integer.
        mutating func number() throws(Malformed) -> Int? {
            var value = 0
            for shift in 0..<4 {
                guard let next = byte() else { return nil }
                value |= Int(next & 0x7F) << (7 * shift)
                if next & 0x80 == 0 { return value }
            }
            throw Malformed(reason: "a length of more than four bytes")
        }

        mutating func skip(_ count: Int) { position += count }

        /// Goes over the properties; false: more bytes are needed.
        mutating func properties(end: Int) throws(Malformed) -> Bool {
            guard let length = try number() else {
                guard bytes.count < end else { throw Malformed(reason: "properties without their length") }
                return false
            }
            let last = position + length
            guard last <= end else { throw Malformed(reason: "properties run out of their packet") }
            guard last <= bytes.count else { return false }
            while position < last {
                guard let id = byte() else { return false }
                try property(id)
                guard position <= last else { throw Malformed(reason: "property \(id) runs out of the properties") }
            }
            return true
        }

        private mutating func property(_ id: UInt8) throws(Malformed) {
            switch id {
            case 0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A: skip(1)
            case 0x13, 0x21, 0x22, 0x23: skip(2)
            case 0x02, 0x11, 0x18, 0x27: skip(4)
            case 0x0B: if try number() == nil { skip(4) }
            case 0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F: text()
            case 0x26:
                text()
                text()
            default: throw Malformed(reason: "a property that MQTT 5 does not have (\(id))")
            }
        }

        private mutating func text() { skip(word() ?? bytes.count) }
    }
}
