/// One end of a secured stream: records with a number and a checksum, so that any damage is found, as TLS finds it.
///
/// Nothing is secret in it, and nothing of TLS is tested with it: it stands for what TLS does for the stream.
struct ToyChannel {
    /// The other end's bytes are not what it sent.
    struct Damage: Error {
        var text: String
    }

    private enum Kind: UInt8 {
        case goodbye = 0x15
        case hello = 0x16
        case data = 0x17
    }

    /// Type, length, checksum.
    private static let headLength = 11
    private static let longest = 2048

    private let isServer: Bool
    private let nonce: UInt64
    private var key: UInt64 = 0
    private var sent: UInt64 = 0
    private var received: UInt64 = 0
    private var buffer: [UInt8] = []
    /// For the network.
    private(set) var output: [UInt8] = []
    private(set) var isEstablished = false
    private(set) var isClosedByPeer = false

    /// An end of a new connection, whose number no other connection has.
    init(isServer: Bool, nonce: UInt64) {
        self.isServer = isServer
        self.nonce = nonce
    }

    /// The client's first record.
    mutating func start() { write(.hello, Self.bytes(nonce)) }

    mutating func send(_ plaintext: [UInt8]) {
        var rest = plaintext[...]
        while !rest.isEmpty {
            write(.data, Array(rest.prefix(Self.longest)))
            rest = rest.dropFirst(Self.longest)
        }
    }

    /// Nothing more follows.
    mutating func close() { if isEstablished { write(.goodbye, []) } }

    mutating func take(_ limit: Int) -> [UInt8] {
        let bytes = Array(output.prefix(limit))
        output.removeFirst(bytes.count)
        return bytes
    }

    /// Bytes of the network; what was sent at the other end.
    mutating func receive(_ bytes: [UInt8]) throws(Damage) -> [UInt8] {
        buffer += bytes
        var plaintext: [UInt8] = []
        var start = 0
        while buffer.count - start >= Self.headLength {
            guard let kind = Kind(rawValue: buffer[start]) else { throw Damage(text: "a record of no known type") }
            let length = Int(buffer[start + 1]) << 8 | Int(buffer[start + 2])
            guard length <= Self.longest else { throw Damage(text: "a record of \(length) bytes") }
            let end = start + Self.headLength + length
            guard end <= buffer.count else { break }
            let body = Array(buffer[(start + Self.headLength)..<end])
            let sum = Self.bytes(checksum(kind, body, number: received, isOurs: false))
            guard sum.elementsEqual(buffer[(start + 3)..<(start + Self.headLength)]) else {
                throw Damage(text: "record \(received) has a wrong checksum")
            }
            received += 1
            start = end
            try take(kind, body, &plaintext)
        }
        buffer.removeFirst(start)
        return plaintext
    }

    private mutating func take(_ kind: Kind, _ body: [UInt8], _ plaintext: inout [UInt8]) throws(Damage) {
        switch kind {
        case .hello:
            guard !isEstablished, body.count == 8 else { throw Damage(text: "a hello out of place") }
            if isServer { write(.hello, Self.bytes(nonce)) }
            let theirs = body.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            key = isServer ? theirs &* 31 &+ nonce : nonce &* 31 &+ theirs
            isEstablished = true
        case .data:
            guard isEstablished else { throw Damage(text: "data before the hello") }
            plaintext += body
        case .goodbye: isClosedByPeer = true
        }
    }

    private mutating func write(_ kind: Kind, _ body: [UInt8]) {
        output += [kind.rawValue, UInt8(body.count >> 8), UInt8(body.count & 0xFF)]
        output += Self.bytes(checksum(kind, body, number: sent, isOurs: true)) + body
        sent += 1
    }

    private func checksum(_ kind: Kind, _ body: [UInt8], number: UInt64, isOurs: Bool) -> UInt64 {
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325 ^ key &* 0x9E37_79B9_7F4A_7C15
        func mix(_ value: UInt64) { sum = (sum ^ value) &* 0x100_0000_01B3 }
        mix(number)
        mix(isServer == isOurs ? 1 : 2)
        mix(UInt64(kind.rawValue) << 16 | UInt64(body.count))
        for byte in body { mix(UInt64(byte)) }
        return sum ^ sum >> 29
    }

    private static func bytes(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
    }
}
