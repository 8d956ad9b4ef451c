import BridgeTestKit
import Glibc
import TLSStream
import Testing

/// Pieces of every size, garbage, damage, and ends with and without a goodbye.
@Suite struct HostileBytesTests {
    let files: TestCertificates
    let authority: TestCertificates.Identity
    let identity: TestCertificates.Identity

    init() throws {
        files = try TestCertificates()
        authority = try files.authority(key: .ec)
        identity = try files.server(issuer: authority, key: .ec)
    }

    private var options: TLSContext.Options {
        TLSContext.Options(host: "localhost", ca: authority.certificate)
    }

    @Test(arguments: ["-tls1_3", "-tls1_2"])
    func oneByteAtATime(_ version: String) throws {
        let server = try SecureServer(identity, [version])
        let visitor = try Visitor(TLSContext(options), port: server.port)
        visitor.split = { $0.map { [$0] } }
        #expect(try visitor.says("hello"))
        #expect(try visitor.says(String(repeating: "0123456789", count: 1000)))
    }

    @Test func everySplitOfTheHandshake() throws {
        let server = try SecureServer(["-nocert", "-psk", "0011", "-psk_identity", "box"])
        let context = try TLSContext(TLSContext.Options(host: "localhost", pskIdentity: "box", psk: "0011"))
        var place = 1
        var longest = 2
        while place < longest {
            let visitor = try Visitor(context, port: server.port)
            visitor.split = { bytes in
                longest = max(longest, bytes.count)
                return [Array(bytes.prefix(place)), Array(bytes.dropFirst(place))]
            }
            guard try visitor.says("hello") else {
                Issue.record("cut at \(place)")
                return
            }
            place += 1
        }
        #expect(longest > 200)
    }

    @Test func garbageInsteadOfAServer() throws {
        let context = try TLSContext(options)
        var generator = SystemRandomNumberGenerator()
        var kinds: Set<String> = []
        for round in 0..<2000 {
            let stream = try TLSStream(context)
            try stream.start()
            // Half of them begin like a handshake record.
            var bytes = (0..<Int.random(in: 1...400, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if round.isMultiple(of: 2) { bytes = [22, 3, 3, 0, UInt8(bytes.count & 0xFF), 2, 0] + bytes }
            do throws(TLSError) {
                let plain = try stream.receive(bytes)
                #expect(plain.isEmpty && !stream.isEstablished)
            } catch {
                kinds.insert(error.description)
                #expect(error.kind == .broken || error.kind == .refused)
                // It stays what it was.
                #expect(throws: error) { try stream.receive([1]) }
                #expect(throws: error) { try stream.send([1]) }
            }
        }
        #expect(kinds.contains("what came back is no TLS; is this the broker's TLS port?"), "\(kinds)")
    }

    @Test func anHTTPServerIsNoBroker() throws {
        let stream = try TLSStream(TLSContext(options))
        try stream.start()
        let error = #expect(throws: TLSError.self) { try stream.receive(Array("HTTP/1.1 400 Bad Request\r\n".utf8)) }
        #expect(error?.description == "what came back is no TLS; is this the broker's TLS port?")
        // The alert that says so to the other side can still be fetched.
        #expect(stream.takeCiphertext(10_000).count > 200)
    }

    @Test func aDamagedRecordEndsIt() throws {
        let server = try SecureServer(identity)
        for place in [0, 5, 20] {
            let visitor = try Visitor(TLSContext(options), port: server.port)
            #expect(try visitor.says("hello"))
            visitor.split = { bytes in
                var bytes = bytes
                if bytes.indices.contains(place) { bytes[place] ^= 0x40 }
                return [bytes]
            }
            let error = #expect(throws: TLSError.self) { _ = try visitor.says("hello again") }
            #expect(error?.kind == .broken, "\(error as Any)")
            visitor.hangUp()
        }
    }

    /// The broker says so with an alert; that is no refusal.
    @Test(arguments: [0, 5, 20]) func aRecordOfOursThatCameDamaged(place: Int) throws {
        let server = try SecureServer(identity)
        let visitor = try Visitor(TLSContext(options), port: server.port)
        #expect(try visitor.says("hello"))
        try visitor.stream.send(Array("hello again\n".utf8))
        var bytes = visitor.stream.takeCiphertext(1460)
        bytes[place] ^= 0x40
        _ = unsafe send(visitor.socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        let error = #expect(throws: TLSError.self) { _ = try visitor.run { false } }
        #expect(error?.kind == .broken, "\(error as Any)")
        #expect(error?.description.contains("alert") == true, "\(error as Any)")
    }

    @Test func aTruncatedRecordGivesNothing() throws {
        let server = try SecureServer(identity)
        let visitor = try Visitor(TLSContext(options), port: server.port)
        #expect(try visitor.says("hello"))
        visitor.heard = []
        visitor.split = { [Array($0.dropLast())] }
        try visitor.stream.send(Array("hello again\n".utf8))
        var came = 0
        let before = visitor.received
        try visitor.run {
            came = visitor.received - before
            return came > 0
        }
        #expect(visitor.heard.isEmpty)
    }

    @Test func aGoodbyeAndACutAreToldApart() throws {
        let server = try SecureServer(identity)
        let polite = try Visitor(TLSContext(options), port: server.port)
        #expect(try polite.says("hello"))
        try polite.stream.send(Array("CLOSE\n".utf8))
        #expect(try polite.run { polite.stream.isClosedByPeer })
        #expect(try polite.stream.receive([1, 2, 3]) == [])
        polite.hangUp()
        let cut = try Visitor(TLSContext(options), port: server.port)
        #expect(try cut.says("hello"))
        server.kill()
        try cut.run { false }
        #expect(cut.isCut && !cut.stream.isClosedByPeer)
    }

    @Test func boundsAreKept() throws {
        let early = try TLSStream(TLSContext(options))
        try early.start()
        try early.send([UInt8](repeating: 1, count: TLSStream.earlyLimit))
        let tooMuch = #expect(throws: TLSError.self) { try early.send([1]) }
        #expect(tooMuch?.kind == .overflow)
        // Nothing is sent of it before the other side is known.
        #expect(early.takeCiphertext(1 << 20).count < 1000)

        let server = try SecureServer(identity)
        let visitor = try Visitor(TLSContext(options), port: server.port)
        #expect(try visitor.says("hello"))
        let piece = [UInt8](repeating: 1, count: 65536)
        var refusal: TLSError?
        for _ in 0..<20 where refusal == nil {
            do throws(TLSError) { try visitor.stream.send(piece) } catch { refusal = error }
        }
        #expect(refusal?.kind == .overflow)
        #expect(visitor.stream.pendingCiphertext <= TLSStream.ciphertextLimit + 65536)
    }

    @Test func afterAGoodbyeNothingIsTaken() throws {
        let server = try SecureServer(identity)
        let visitor = try Visitor(TLSContext(options), port: server.port)
        #expect(try visitor.says("hello"))
        visitor.stream.close()
        visitor.stream.close()
        #expect(visitor.stream.pendingCiphertext > 0)
        let error = #expect(throws: TLSError.self) { try visitor.stream.send([1]) }
        #expect(error?.kind == .closed)
    }
}
