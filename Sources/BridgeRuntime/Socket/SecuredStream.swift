import Configuration
import TLSStream

/// TLS in memory as the carrier wants it.
final class SecuredStream: StreamSecurity {
    private let stream: TLSStream

    /// One connection.
    init(_ context: TLSContext) throws(StreamSecurityFailure) {
        do throws(TLSError) {
            stream = try TLSStream(context)
        } catch {
            throw StreamSecurityFailure("\(error)")
        }
    }

    /// Before the handshake is done what is broken are the two sides' settings, after it the line.
    private func failure(_ error: TLSError) -> StreamSecurityFailure {
        let isDamage = error.kind == .overflow || error.kind == .broken && stream.isEstablished
        return StreamSecurityFailure("\(error)", isDamage: isDamage)
    }

    func start() throws(StreamSecurityFailure) {
        do throws(TLSError) {
            try stream.start()
        } catch {
            throw failure(error)
        }
    }

    func receive(_ ciphertext: [UInt8]) throws(StreamSecurityFailure) -> [UInt8] {
        do throws(TLSError) {
            return try stream.receive(ciphertext)
        } catch {
            throw failure(error)
        }
    }

    func send(_ plaintext: [UInt8]) throws(StreamSecurityFailure) {
        do throws(TLSError) {
            try stream.send(plaintext)
        } catch {
            throw failure(error)
        }
    }

    var pendingCiphertext: Int { stream.pendingCiphertext }
    func takeCiphertext(_ limit: Int) -> [UInt8] { stream.takeCiphertext(limit) }
    var isEstablished: Bool { stream.isEstablished }
    var isClosedByPeer: Bool { stream.isClosedByPeer }
    var summary: String { stream.summary }
    func close() { stream.close() }
}
