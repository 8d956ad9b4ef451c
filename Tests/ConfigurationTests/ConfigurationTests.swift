import Configuration
import Testing

/// Parses without files and with everything acted on, unless told otherwise.
func parsed(_ text: String, support: Configuration.Support = .all, readSecrets: Bool = false) -> Configuration.Loaded {
    Configuration.parse(
        text: text, file: "c.toml", directory: "/etc/x", readSecrets: readSecrets, support: support, hostName: "box")
}

/// The value, or nil with what was wrong as a failure.
func value(_ text: String, support: Configuration.Support = .all) -> Configuration? {
    switch parsed(text, support: support) {
    case .valid(let configuration, _): return configuration
    case .invalid(let problems):
        Issue.record("\(problems)")
        return nil
    }
}

/// Everything that was said, as text.
func said(_ loaded: Configuration.Loaded) -> [String] {
    switch loaded {
    case .valid(_, let warnings): warnings.map { "warning: \($0)" }
    case .invalid(let problems): problems.map { ($0.severity == .error ? "" : "warning: ") + $0.description }
    }
}

@Suite struct ConfigurationTests {
    let folder = TemporaryFolder()

    @Test func `the example of the reference parses to what it says`() {
        Example.writeFiles(into: folder)
        let text = Example.text(secrets: folder.path)
        let file = folder.write("cellbridge.toml", text)
        #expect(
            Configuration.load(path: file, support: .all)
                == .valid(Example.value(secrets: folder.path), warnings: []))
    }

    @Test func `line ends of the other kind and a byte order mark change nothing`() {
        Example.writeFiles(into: folder)
        let text = Example.text(secrets: folder.path)
        let other = "\u{FEFF}" + text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
        let file = folder.write("cellbridge.toml", other)
        #expect(
            Configuration.load(path: file, support: .all)
                == .valid(Example.value(secrets: folder.path), warnings: []))
    }

    @Test func `without secrets the value has none and no file is looked at`() {
        let file = folder.write("cellbridge.toml", Example.text(secrets: folder.path))
        var expected = Example.value(secrets: folder.path)
        expected.local.password = nil
        expected.remote.password = nil
        expected.module.pin = nil
        #expect(
            Configuration.load(path: file, readSecrets: false, support: .all) == .valid(expected, warnings: []))
    }

    @Test func `this release refuses what would be a plain connection and says what it does not act on`() {
        Example.writeFiles(into: folder)
        let file = folder.write("cellbridge.toml", Example.text(secrets: folder.path))
        #expect(
            said(Configuration.load(path: file, support: [])) == [
                "\(file):31: remote.tls: TLS through the module is not in this release; refusing to connect unencrypted",
                "warning: \(file):33: remote.heartbeat: is accepted, but this release does not act on it yet",
                "warning: \(file):57: control.socket: is accepted, but this release does not act on it yet",
            ])
        #expect(Configuration.keysNotActedOn == [])
    }

    @Test func `every key but the remote host and one route has a default`() {
        let expected = Configuration(
            bridge: .init(name: "cellbridge-box"),
            local: .init(host: "localhost", port: 1883, clientID: "cellbridge-cellbridge-box"),
            module: .init(),
            remote: .init(
                host: "h", clientID: "cellbridge-box",
                heartbeat: .init(topic: Array("cellbridge/cellbridge-box/heartbeat".utf8), every: .seconds(180))),
            routes: [.init(direction: .out, topic: Array("#".utf8))],
            queue: .init(path: "/var/lib/cellbridge", maxBytes: 67_108_864, overflow: .dropOldest),
            control: .init(socket: "/run/cellbridge/control.sock"))
        #expect(parsed(Example.minimal(), support: .current) == .valid(expected, warnings: []))
        #expect(expected.module.port == .path("/dev/ttyUSB0") && expected.module.baud == 115_200)
        #expect(expected.remote.port == 1883 && expected.remote.keepalive == 120 && expected.remote.receive == .direct)
        #expect(expected.routes[0].qos == 1)
    }

    @Test func `the name of the bridge comes from the client id as far as a topic level can hold it`() {
        #expect(value(Example.minimal(remote: "remote.client_id = \"a/b+c\""))?.bridge.name == "a-b-c")
        #expect(value(Example.minimal(remote: "remote.client_id = \"a/b+c\""))?.remote.clientID == "a/b+c")
        #expect(value("bridge.name = \"n\"\n" + Example.minimal())?.local.clientID == "cellbridge-n")
    }

    @Test func `TLS moves the default port`() {
        let tls = "[remote]\nhost = \"h\"\ntls = { verify = false }\n[local]\ntls = true\n[[route]]\ntopic = \"a\""
        #expect(value(tls)?.remote.port == 8883)
        #expect(value(tls)?.local.port == 8883)
        #expect(value(tls)?.local.tls == .init(ca: "/etc/ssl/certs/ca-certificates.crt"))
        #expect(value(Example.minimal(remote: "remote.tls = false\n[local]\ntls = false"))?.remote.port == 1883)
    }

    @Test func `the other forms of the module's keys`() {
        let text = Example.minimal(
            """
            [module]
            port = "tty"
            flow_control = "rts-cts"
            profile = "bc260y"
            apn = { name = "a.b", username = "u", password_file = "p", cid = 2 }
            reset = { gpio = "gpiochip0:17", active = "high", pulse = "2 s" }
            """)
        let module = value(text)?.module
        #expect(
            module
                == .init(
                    port: .path("/etc/x/tty"), flowControl: .rtsCts, profile: .bc260y,
                    apn: .init(name: "a.b", username: "u", authentication: .chap, cid: 2),
                    reset: .gpio(chip: "gpiochip0", line: 17, activeLow: false, pulse: .seconds(2))))
        #expect(value(Example.minimal("module.port = \"simulator\""))?.module.port == .simulator)
    }

    @Test func `every key of the remote TLS`() {
        let text = Example.minimal(
            """
            [remote.tls]
            ca = "ca.crt"
            hostname = "other.example.com"
            sslversion = 3
            ciphersuite = "0X0035"
            ignorelocaltime = false
            negotiatetimeout = 60
            verifymode = 1
            """)
        #expect(
            value(text)?.remote.tls
                == .init(
                    ca: "/etc/x/ca.crt", hostname: "other.example.com", version: .tls12, cipherSuite: 0x0035,
                    negotiateTimeout: .seconds(60), verifyMode: 1))
        let words = Example.minimal(
            "[remote.tls]\nca = \"c\"\nsslversion = \"tls1.2\"\nciphersuite = \"TLS_RSA_WITH_AES_128_CBC_SHA\"\n"
                + "negotiatetimeout = \"1 min\"")
        #expect(
            value(words)?.remote.tls
                == .init(
                    ca: "/etc/x/c", hostname: "h", cipherSuite: 0x002F, negotiateTimeout: .seconds(60)))
    }

    @Test func `heartbeat and socket can be switched off`() {
        let configuration = value(Example.minimal(remote: "remote.heartbeat = false\ncontrol.socket = false"))
        #expect(configuration?.remote.heartbeat == nil)
        #expect(configuration?.control.socket == nil)
        let partly = value(Example.minimal(remote: "remote.heartbeat.every = \"1 min\"\nremote.keepalive = \"90 s\""))
        #expect(
            partly?.remote.heartbeat
                == .init(topic: Array("cellbridge/cellbridge-box/heartbeat".utf8), every: .seconds(60)))
        #expect(partly?.remote.keepalive == 90)
        #expect(
            value(Example.minimal(remote: "remote.keepalive = 61"))?.remote.heartbeat?.every == .milliseconds(91_500))
    }

    @Test func `every key of a route`() {
        let text = Example.minimal(
            route: """
                direction = "both"
                topic = ""
                local_prefix = "a"
                remote_prefix = "b"
                qos = 2
                publish_qos = 0
                retain = "clear"
                expire = "90 s"
                priority = "high"
                """)
        #expect(
            value(text)?.routes == [
                .init(
                    direction: .both, topic: [], localPrefix: [0x61], remotePrefix: [0x62], qos: 2, publishQoS: 0,
                    retain: .clear, expire: .seconds(90), priority: .high)
            ])
    }

    @Test func `nothing that is printed shows a secret`() {
        let secret: [UInt8] = [201, 202, 203]
        var value = Example.value(secrets: "/s")
        value.local.password = secret
        value.local.tls?.pskKey = secret
        value.remote.password = secret
        value.module.pin = secret
        value.module.apn?.password = secret
        var text = "\(value) \(String(reflecting: value))"
        dump(value, to: &text)
        #expect(!text.contains("201") && !text.contains("203"))
        #expect(text.contains("<secret>"))
    }
}
