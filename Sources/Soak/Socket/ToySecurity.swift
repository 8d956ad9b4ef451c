import BridgeRuntime

/// The bridge's end of a secured stream.
final class ToySecurity: StreamSecurity {
    private var channel: ToyChannel
    private let onDamage: (String) -> Void

    /// `onDamage`: the stream is not what the broker sent.
    init(nonce: UInt64, onDamage: @escaping (String) -> Void) {
        channel = ToyChannel(isServer: false, nonce: nonce)
        self.onDamage = onDamage
    }

    func start() throws(StreamSecurityFailure) { channel.start() }

    func receive(_ ciphertext: [UInt8]) throws(StreamSecurityFailure) -> [UInt8] {
        do throws(ToyChannel.Damage) {
            return try channel.receive(ciphertext)
        } catch {
            onDamage(error.text)
            throw StreamSecurityFailure(error.text, isDamage: channel.isEstablished)
        }
    }

    func send(_ plaintext: [UInt8]) throws(StreamSecurityFailure) { channel.send(plaintext) }

    var pendingCiphertext: Int { channel.output.count }
    func takeCiphertext(_ limit: Int) -> [UInt8] { channel.take(limit) }
    var isEstablished: Bool { channel.isEstablished }
    var isClosedByPeer: Bool { channel.isClosedByPeer }
    var summary: String { "toy" }
    func close() { channel.close() }
}
