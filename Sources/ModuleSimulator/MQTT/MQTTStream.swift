/// Cuts a TCP stream into MQTT packets, however it arrives.
package struct MQTTStream {
    /// Why the stream cannot go on.
    package enum Failure: Error, Equatable {
        case badLength, tooLong, badPacket
    }

    /// Packets above this are refused; a broker's own limit is far below.
    static let limit = 4 << 20
    private var buffer: [UInt8] = []

    /// A stream that has brought nothing yet.
    package init() {}

    /// Adds bytes and returns the packets that are now whole.
    package mutating func append(_ bytes: [UInt8]) throws(Failure) -> [MQTTPacket] {
        buffer += bytes
        var packets: [MQTTPacket] = []
        var start = 0
        while let (bodyStart, length) = try bodyRange(at: start) {
            guard bodyStart + length <= buffer.count else { break }
            let body = buffer[bodyStart..<bodyStart + length]
            guard let packet = MQTTPacket.decode(header: buffer[start], body: body) else { throw .badPacket }
            packets.append(packet)
            start = bodyStart + length
        }
        buffer.removeFirst(start)
        return packets
    }

    /// Where the body of the packet at `start` begins and its length; nil while the length has not come.
    private func bodyRange(at start: Int) throws(Failure) -> (Int, Int)? {
        var length = 0
        for place in 0..<4 {
            let index = start + 1 + place
            guard index < buffer.count else { return nil }
            length |= Int(buffer[index] & 0x7F) << (7 * place)
            if buffer[index] & 0x80 == 0 {
                guard length <= Self.limit else { throw .tooLong }
                return (index + 1, length)
            }
        }
        throw .badLength
    }
}
