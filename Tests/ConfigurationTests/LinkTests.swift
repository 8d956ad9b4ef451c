import Configuration
import Testing

/// `[remote] link` and what hangs on it.
@Suite struct LinkTests {
    private func value(_ extra: String) -> Configuration? {
        guard case .valid(let configuration, _) = parsed(with(extra)) else { return nil }
        return configuration
    }

    @Test func `the profile tells the link, and the key has the last word`() {
        typealias Profile = Configuration.Module.Profile
        for profile in Profile.allCases {
            let line = "module.profile = \"\(profile.rawValue)\"\n"
            let hasNone = profile == .quectelGSM || profile == .bc260y
            let found = value(line)?.linkKind
            #expect(found == (profile == .automatic ? nil : hasNone ? .socket : .mqtt), "\(profile)")
            #expect(value(line + "remote.link = \"socket\"")?.linkKind == .socket)
            let told = parsed(with(line + "remote.link = \"mqtt\""))
            #expect(
                said(told)
                    == (hasNone
                        ? [
                            "c.toml:3: remote.link: is \"mqtt\", but a \(profile.rawValue) has no MQTT client; expected \"socket\" or \"auto\""
                        ] : []))
        }
        #expect(value("remote.link = \"mqtt\"")?.linkKind == .mqtt)
    }

    @Test func `each link has its own defaults`() throws {
        let remote = try #require(value("")).remote
        #expect(remote.link == .automatic && remote.window == 20)
        #expect(remote.keepalive(for: .mqtt) == 120 && remote.keepalive(for: .socket) == 300)
        #expect(remote.receive(for: .mqtt) == .direct && remote.receive(for: .socket) == .cached)
        #expect(remote.heartbeat(for: .mqtt)?.every == .seconds(180) && remote.heartbeat(for: .socket) == nil)
    }

    @Test func `what is configured is for both`() throws {
        let text = "remote.keepalive = 3\nremote.receive = \"direct\"\nremote.heartbeat = true\nremote.window = 100"
        let remote = try #require(value(text)).remote
        // libmosquitto takes 5 s and more.
        #expect(remote.keepalive(for: .mqtt) == 3 && remote.keepalive(for: .socket) == 5)
        #expect(remote.receive(for: .mqtt) == .direct && remote.receive(for: .socket) == .direct)
        #expect(remote.heartbeat(for: .socket)?.every == .milliseconds(7500))
        #expect(remote.window == 100)
        let cached = try #require(value("remote.receive = \"cached\"\nremote.heartbeat = false")).remote
        #expect(cached.receive(for: .mqtt) == .cached && cached.heartbeat(for: .mqtt) == nil)
        let table = "remote.heartbeat = { topic = \"t\", every = \"70 s\" }"
        let beat = Configuration.Remote.Heartbeat(topic: [0x74], every: .seconds(70))
        #expect(value(table)?.remote.heartbeat(for: .mqtt) == beat)
        #expect(value(table)?.remote.heartbeat(for: .socket) == beat)
    }

    @Test func `TLS of this host`() throws {
        let secrets = TemporaryFolder()
        secrets.write("psk", "00AAff11\n")
        let text = """
            remote.link = "socket"
            remote.tls = { psk_identity = "box", psk_file = "\(secrets.path)/psk", alpn = ["mqtt", "x"], min_version = "tls1.3" }
            """
        guard case .valid(let read, _) = parsed(with(text), readSecrets: true) else {
            Issue.record("it is not valid")
            return
        }
        let tls = try #require(read.remote.tls)
        #expect(tls.isOurs && tls.pskIdentity == "box" && tls.pskKey == Array("00AAff11".utf8))
        #expect(tls.alpn == ["mqtt", "x"] && tls.minimumVersion == .tls13 && tls.ca == nil)
        #expect(!"\(tls)".contains("00AAff11"))
        // The system's authorities will do.
        let plain = try #require(value("remote.link = \"socket\"\nremote.tls = { ciphers = \"A:B\", alpn = \"mqtt\" }"))
        #expect(plain.remote.tls?.ca == nil && plain.remote.tls?.ciphers == "A:B")
        #expect(plain.remote.tls?.alpn == ["mqtt"] && plain.remote.port == 8883)
        // A module that has nothing else.
        #expect(value("module.profile = \"bc260y\"\nremote.tls = {}")?.remote.tls?.isOurs == true)
        #expect(value("remote.tls = { verify = false }")?.remote.tls?.isOurs == false)
    }

    static let problems: [BadInput] = [
        BadInput(
            with("remote.link = \"tcp\""),
            ["c.toml:2: remote.link: \"tcp\" is not known; expected \"auto\", \"mqtt\" or \"socket\""]),
        BadInput(
            with("remote.window = 0"),
            ["c.toml:2: remote.window: 0 is out of range; expected a number from 1 to 100"]),
        BadInput(
            with("remote.window = 101"),
            ["c.toml:2: remote.window: 101 is out of range; expected a number from 1 to 100"]),
        BadInput(
            with("remote.link = \"mqtt\"\nremote.window = 5"),
            [
                "c.toml:3: remote.window: means nothing with link = \"mqtt\": that link carries one message at a time"
            ]),
        BadInput(
            with("remote.link = \"socket\"\nremote.keepalive = 4"),
            [
                "c.toml:3: remote.keepalive: is 4 s; expected 5 to 65535 seconds on the socket link",
                "warning: c.toml:3: remote.keepalive: is 4 s; the vendor of these modules advises 60 s or more",
            ]),
        // The four slots are the module's client's.
        BadInput(with("remote.link = \"socket\"\nremote.receive = \"cached\""), []),
        BadInput(
            with(
                "remote.link = \"socket\"\n[remote.tls]\nsslversion = \"tls1.2\"\nciphersuite = \"all\"\nignorelocaltime = false\nnegotiatetimeout = 60\nverifymode = 1"
            ),
            [
                "c.toml:4: remote.tls.sslversion: is for the module's own TLS, and on the socket link this host makes it; expected min_version",
                "c.toml:5: remote.tls.ciphersuite: is for the module's own TLS, and on the socket link this host makes it; expected ciphers",
                "c.toml:6: remote.tls.ignorelocaltime: is for the module's own TLS, and on the socket link this host makes it; expected the right time on this host",
                "c.toml:7: remote.tls.negotiatetimeout: is for the module's own TLS, and on the socket link this host makes it; expected ack_timeout of [remote]",
                "c.toml:8: remote.tls.verifymode: is for the module's own TLS, and on the socket link this host makes it; expected the certificate to trust as ca",
            ]),
        BadInput(
            with("[remote.tls]\nverify = false\nalpn = \"mqtt\"\nmin_version = \"tls1.3\"\nciphers = \"A\""),
            [
                "c.toml:4: remote.tls.alpn: is nothing the module's own TLS knows; expected link = \"socket\" in [remote] with it",
                "c.toml:5: remote.tls.min_version: is nothing the module's own TLS knows; expected link = \"socket\" in [remote] with it",
                "c.toml:6: remote.tls.ciphers: is nothing the module's own TLS knows; expected link = \"socket\" in [remote] with it",
                "warning: c.toml:3: remote.tls.verify: is false: anyone can pose as the broker",
            ]),
        BadInput(
            with("remote.link = \"socket\"\n[remote.tls]\nalpn = [1]\nmin_version = \"tls1.1\"\nciphers = \"\""),
            [
                "c.toml:4: remote.tls.alpn: is an array; expected a name such as \"mqtt\", or an array of at most 16 names",
                "c.toml:5: remote.tls.min_version: \"tls1.1\" is not known; expected \"tls1.2\" or \"tls1.3\"",
                "c.toml:6: remote.tls.ciphers: is no list of suites; expected names of `openssl ciphers`, separated by colons",
            ]),
        BadInput(
            with("remote.link = \"socket\"\n[remote.tls]\nalpn = [\"mqtt\", \"\"]"),
            [
                "c.toml:4: remote.tls.alpn: has other names in it than 1 to 16 of 1 to 255 bytes; expected a name such as \"mqtt\", or an array of at most 16 names"
            ]),
        BadInput(
            with("remote.link = \"socket\"\n[remote.tls]\npsk_identity = \"box\""),
            ["c.toml:4: remote.tls.psk_identity: is there without psk_file; expected both"]),
    ]

    @Test(arguments: problems)
    func `what does not go together is refused at its line`(_ input: BadInput) {
        #expect(said(parsed(input.text, support: .current)) == input.said)
    }
}
