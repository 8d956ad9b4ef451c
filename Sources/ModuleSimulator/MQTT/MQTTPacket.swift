/// One MQTT 3.1.1 control packet, as a client sees it.
///
/// libmosquitto cannot stand in here: it joins TCP and CONNECT in one call, while the module parts them
/// (MIPSTART, MCONNECT) and must be able to sit between the two, refuse, lose and delay single packets.
package enum MQTTPacket: Equatable, Sendable {
    package struct Connect: Equatable, Sendable {
        package struct Will: Equatable, Sendable {
            package var topic: [UInt8]
            package var message: [UInt8]
            package var qos: UInt8
            package var retain: Bool
        }
        package var clientID: [UInt8]
        package var username: [UInt8]?
        package var password: [UInt8]?
        package var will: Will?
        package var cleanSession: Bool
        package var keepAlive: UInt16

        /// A request.
        package init(
            clientID: [UInt8], username: [UInt8]? = nil, password: [UInt8]? = nil, will: Will? = nil,
            cleanSession: Bool, keepAlive: UInt16
        ) {
            self.clientID = clientID
            self.username = username
            self.password = password
            self.will = will
            self.cleanSession = cleanSession
            self.keepAlive = keepAlive
        }
    }

    package struct Publish: Equatable, Sendable {
        package var topic: [UInt8]
        package var payload: [UInt8]
        package var qos: UInt8 = 0
        package var retain = false
        package var duplicate = false
        /// Zero with QoS 0.
        package var id: UInt16 = 0

        /// A publish.
        package init(
            topic: [UInt8], payload: [UInt8], qos: UInt8 = 0, retain: Bool = false, duplicate: Bool = false,
            id: UInt16 = 0
        ) {
            self.topic = topic
            self.payload = payload
            self.qos = qos
            self.retain = retain
            self.duplicate = duplicate
            self.id = id
        }
    }

    case connect(Connect)
    case connack(sessionPresent: Bool, code: UInt8)
    case publish(Publish)
    case puback(UInt16)
    case pubrec(UInt16)
    case pubrel(UInt16)
    case pubcomp(UInt16)
    case subscribe(id: UInt16, filter: [UInt8], qos: UInt8)
    case suback(id: UInt16, codes: [UInt8])
    case unsubscribe(id: UInt16, filter: [UInt8])
    case unsuback(UInt16)
    case pingreq
    case pingresp
    case disconnect

    // MARK: Encoding

    /// The packet's bytes.
    package var encoded: [UInt8] {
        switch self {
        case .connect(let connect): Self.frame(0x10, connect.body)
        case .connack(let present, let code): Self.frame(0x20, [present ? 1 : 0, code])
        case .publish(let publish): Self.frame(publish.header, publish.body)
        case .puback(let id): Self.frame(0x40, Self.word(id))
        case .pubrec(let id): Self.frame(0x50, Self.word(id))
        case .pubrel(let id): Self.frame(0x62, Self.word(id))
        case .pubcomp(let id): Self.frame(0x70, Self.word(id))
        case .subscribe(let id, let filter, let qos): Self.frame(0x82, Self.word(id) + Self.string(filter) + [qos])
        case .suback(let id, let codes): Self.frame(0x90, Self.word(id) + codes)
        case .unsubscribe(let id, let filter): Self.frame(0xA2, Self.word(id) + Self.string(filter))
        case .unsuback(let id): Self.frame(0xB0, Self.word(id))
        case .pingreq: [0xC0, 0]
        case .pingresp: [0xD0, 0]
        case .disconnect: [0xE0, 0]
        }
    }

    private static func frame(_ header: UInt8, _ body: [UInt8]) -> [UInt8] {
        var bytes = [header]
        var length = body.count
        repeat {
            let low = UInt8(length & 0x7F)
            length >>= 7
            bytes.append(length > 0 ? low | 0x80 : low)
        } while length > 0
        return bytes + body
    }

    fileprivate static func word(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }

    fileprivate static func string(_ bytes: [UInt8]) -> [UInt8] {
        let kept = bytes.prefix(Int(UInt16.max))
        return word(UInt16(kept.count)) + kept
    }

    // MARK: Decoding

    /// The packet of a header byte and the body after its length; nil when the body does not fit the type.
    static func decode(header: UInt8, body: ArraySlice<UInt8>) -> MQTTPacket? {
        var reader = BodyReader(rest: body)
        switch header >> 4 {
        case 1: return decodeConnect(&reader)
        case 2:
            guard let flags = reader.byte(), let code = reader.byte() else { return nil }
            return .connack(sessionPresent: flags & 1 == 1, code: code)
        case 3: return decodePublish(header, &reader)
        case 4: return reader.word().map { .puback($0) }
        case 5: return reader.word().map { .pubrec($0) }
        case 6: return reader.word().map { .pubrel($0) }
        case 7: return reader.word().map { .pubcomp($0) }
        case 8:
            guard let id = reader.word(), let filter = reader.string(), let qos = reader.byte() else { return nil }
            return .subscribe(id: id, filter: filter, qos: qos)
        case 9: return reader.word().map { .suback(id: $0, codes: Array(reader.rest)) }
        case 10:
            guard let id = reader.word(), let filter = reader.string() else { return nil }
            return .unsubscribe(id: id, filter: filter)
        case 11: return reader.word().map { .unsuback($0) }
        case 12: return .pingreq
        case 13: return .pingresp
        case 14: return .disconnect
        default: return nil
        }
    }

    private static func decodePublish(_ header: UInt8, _ reader: inout BodyReader) -> MQTTPacket? {
        let qos = (header >> 1) & 3
        guard qos < 3, let topic = reader.string() else { return nil }
        var id: UInt16 = 0
        if qos > 0 {
            guard let read = reader.word() else { return nil }
            id = read
        }
        return .publish(
            Publish(
                topic: topic, payload: Array(reader.rest), qos: qos, retain: header & 1 == 1,
                duplicate: header & 8 == 8, id: id))
    }

    private static func decodeConnect(_ reader: inout BodyReader) -> MQTTPacket? {
        guard reader.string() != nil, reader.byte() != nil, let flags = reader.byte(),
            let keepAlive = reader.word(), let clientID = reader.string()
        else { return nil }
        var connect = Connect(clientID: clientID, cleanSession: flags & 2 == 2, keepAlive: keepAlive)
        if flags & 4 == 4 {
            guard let topic = reader.string(), let message = reader.string() else { return nil }
            connect.will = Connect.Will(
                topic: topic, message: message, qos: (flags >> 3) & 3, retain: flags & 0x20 == 0x20)
        }
        if flags & 0x80 == 0x80 { connect.username = reader.string() }
        if flags & 0x40 == 0x40 { connect.password = reader.string() }
        return .connect(connect)
    }
}

extension MQTTPacket.Connect {
    fileprivate var body: [UInt8] {
        var flags: UInt8 = cleanSession ? 2 : 0
        if let will { flags |= 4 | (will.qos << 3) | (will.retain ? 0x20 : 0) }
        if username != nil { flags |= 0x80 }
        if password != nil { flags |= 0x40 }
        var bytes = MQTTPacket.string(ascii("MQTT")) + [4, flags] + MQTTPacket.word(keepAlive)
        bytes += MQTTPacket.string(clientID)
        if let will { bytes += MQTTPacket.string(will.topic) + MQTTPacket.string(will.message) }
        if let username { bytes += MQTTPacket.string(username) }
        if let password { bytes += MQTTPacket.string(password) }
        return bytes
    }
}

extension MQTTPacket.Publish {
    fileprivate var header: UInt8 { 0x30 | (duplicate ? 8 : 0) | (qos << 1) | (retain ? 1 : 0) }

    fileprivate var body: [UInt8] {
        MQTTPacket.string(topic) + (qos > 0 ? MQTTPacket.word(id) : []) + payload
    }
}

private struct BodyReader {
    var rest: ArraySlice<UInt8>

    mutating func byte() -> UInt8? { rest.popFirst() }

    mutating func word() -> UInt16? {
        guard rest.count >= 2 else { return nil }
        return UInt16(rest.removeFirst()) << 8 | UInt16(rest.removeFirst())
    }

    mutating func string() -> [UInt8]? {
        guard let count = word(), rest.count >= Int(count) else { return nil }
        defer { rest = rest.dropFirst(Int(count)) }
        return Array(rest.prefix(Int(count)))
    }
}
