import LinuxIO
import MosquittoClient
import Testing

/// TLS to a real mosquitto, with certificates made on the spot.
@Suite struct TLSTests {
    /// A CA, and a certificate for localhost and one for a client, both by that CA.
    private func certificates() throws -> String {
        let folder = try makeFolder()
        let openssl = "/usr/bin/openssl"
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        for name in ["ca", "stranger"] {
            try runTool(
                openssl,
                [
                    "req", "-x509", "-subj", "/CN=\(name)", "-keyout", "\(folder)/\(name).key", "-out",
                    "\(folder)/\(name).crt",
                ]
                    + key)
        }
        for name in ["localhost", "client"] {
            try runTool(
                openssl,
                [
                    "req", "-x509", "-subj", "/CN=\(name)", "-CA", "\(folder)/ca.crt", "-CAkey", "\(folder)/ca.key",
                    "-addext", "subjectAltName=DNS:\(name)", "-addext", "basicConstraints=critical,CA:FALSE",
                    "-keyout", "\(folder)/\(name).key", "-out", "\(folder)/\(name).crt",
                ] + key)
        }
        return folder
    }

    private let server = """
        allow_anonymous true
        cafile @/ca.crt
        certfile @/localhost.crt
        keyfile @/localhost.key
        require_certificate true
        """

    private func options(_ broker: TestBroker, ca: String = "ca", host: String = "localhost") -> MosquittoClient.Options
    {
        var options = MosquittoClient.Options.local(broker.port, "tls")
        options.host = host
        let folder = broker.folder
        options.tls = .init(
            ca: "\(folder)/\(ca).crt", certificate: "\(folder)/client.crt", key: "\(folder)/client.key")
        return options
    }

    @Test func aBurstArrivesWholeThroughMutualTLS() throws {
        let broker = try TestBroker(server + "\nmax_inflight_messages 1000", folder: certificates())
        defer { broker.stop() }
        let loop = try EventLoop()
        var options = options(broker)
        options.receiveMaximum = 1000
        let driven = try Driven(loop, options)
        _ = try driven.connected()
        _ = try driven.subscribe("t")
        // Each batch holds reading and writing until a moment later, as the owner does that commits.
        driven.onBatch = {
            driven.client.mayWrite = false
            driven.client.mayRead = false
            loop.schedule(after: .milliseconds(1)) {
                driven.client.mayRead = true
                driven.client.mayWrite = true
            }
        }
        for round in 0..<40 {
            let mids = try (0..<20).map { number in
                let payload = [UInt8(round), UInt8(number)]
                return try driven.client.publish(topic: [0x74], payload: payload, qos: 1, retain: false)
            }
            loop.run { mids.allSatisfy { driven.reasonCode($0) == 0 } }
        }
        loop.run { driven.messages.count == 800 }
        let expected = (0..<800).map { number -> [UInt8] in [UInt8(number / 20), UInt8(number % 20)] }
        #expect(driven.messages.map(\.payload) == expected)
    }

    @Test func aLargeMessageCrossesTLS() throws {
        let broker = try TestBroker(server, folder: certificates())
        defer { broker.stop() }
        let loop = try EventLoop()
        let driven = try Driven(loop, options(broker))
        _ = try driven.connected()
        _ = try driven.subscribe("t")
        let payload = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try driven.publish("t", payload)
        loop.run { driven.messages.count == 1 }
        #expect(driven.messages.first?.payload == payload)
    }

    @Test func aWrongAuthorityAndAWrongNameAreToldInOpenSSLsWords() throws {
        let broker = try TestBroker(server, folder: certificates())
        defer { broker.stop() }
        let loop = try EventLoop()
        for options in [options(broker, ca: "stranger"), options(broker, host: "127.0.0.1")] {
            let driven = try Driven(loop, options)
            driven.client.connect()
            loop.run { driven.farewells.count == 1 }
            #expect(driven.farewells.first?.contains("certificate verify failed") == true, "\(driven.farewells)")
        }
        for careless in [options(broker, ca: "stranger"), options(broker, host: "127.0.0.1")] {
            var careless = careless
            careless.tls?.insecure = true
            let driven = try Driven(loop, careless)
            _ = try driven.connected()
            #expect(driven.client.isConnected)
        }
    }

    @Test func withoutAClientCertificateThereIsNoConnection() throws {
        let broker = try TestBroker(server, folder: certificates())
        defer { broker.stop() }
        let loop = try EventLoop()
        var options = options(broker)
        options.tls = .init(ca: options.tls?.ca)
        let driven = try Driven(loop, options)
        driven.client.connect()
        loop.run { driven.farewells.count == 1 }
        #expect(driven.events.count == 1)
    }

    @Test func aPresharedKeyWorksAndAWrongOneDoesNot() throws {
        let broker = try TestBroker(
            "allow_anonymous true\npsk_hint hint\npsk_file @/psk", files: ["psk": "box:0123456789abcdef\n"])
        defer { broker.stop() }
        let loop = try EventLoop()
        var options = MosquittoClient.Options.local(broker.port, "psk", clean: true)
        options.tls = .init(pskIdentity: "box", psk: "0123456789abcdef")
        #expect(try Driven(loop, options).connected() == false)
        options.tls?.psk = "0123456789abcdee"
        let driven = try Driven(loop, options)
        driven.client.connect()
        loop.run { driven.farewells.count == 1 }
        #expect(driven.events.count == 1)
    }

    @Test func aMissingFileIsNamed() throws {
        let loop = try EventLoop()
        var options = MosquittoClient.Options.local(8883, "file")
        options.tls = .init(ca: "/nonexistent/ca.crt")
        let error = #expect(throws: MosquittoError.self) { try MosquittoClient(options, loop: loop) { _ in } }
        #expect(error?.description == "TLS: /nonexistent/ca.crt: No such file or directory")
    }
}
