import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests {
    /// TLS through the module, to a real broker with certificates of its own.
    @Suite("TLS through the module")
    struct ModuleTLS {
        /// A broker with TLS, and a bridge with these files.
        struct Scene {
            let files: TestCertificates
            let authority: TestCertificates.Identity
            let client: TestCertificates.Identity
            var options = BridgeRig.Options()

            init(mutual: Bool = false, names: [String] = ["localhost", "127.0.0.1"], suites: String? = nil) throws {
                files = try TestCertificates()
                authority = try files.authority("Field CA")
                client = try files.client("rig", issuer: authority)
                let server = try files.server(names, issuer: authority)
                options.remoteBroker =
                    suites.map {
                        TestCertificates.brokerLines(
                            authority: authority, server: server, requiresClient: mutual, suites: $0)
                    } ?? TestCertificates.brokerLines(authority: authority, server: server, requiresClient: mutual)
                for key in [client.key, server.key] { unsafe chmod(key, 0o600) }
            }

            mutating func tls(ca: TestCertificates.Identity? = nil, client: Bool = false, more: String = "") {
                var parts = ["ca = \"\((ca ?? authority).certificate)\""]
                if client { parts += ["certificate = \"\(self.client.certificate)\"", "key = \"\(self.client.key)\""] }
                if !more.isEmpty { parts.append(more) }
                options.configuration.remote = ["tls = { \(parts.joined(separator: ", ")) }"]
            }
        }

        @Test(
            "Server verified and mutual: messages cross, and no file's content is in any log", arguments: [false, true])
        func crosses(mutual: Bool) throws {
            var scene = try Scene(mutual: mutual)
            scene.tls(client: mutual)
            let rig = try BridgeRig(scene.options)
            try rig.start()
            #expect(rig.hasLogged("certificates: written into the module and verified"))
            #expect(rig.hasLogged("AT+SSLMIPSTART="))
            #expect(!rig.hasLogged("AT+MIPSTART="))
            try rig.kill()
            try rig.start()
            #expect(!rig.hasLogged("AT+FSWRITE"), "a restart writes nothing")
            let program = try #require(Files.program("mosquitto_pub", alsoIn: ["/usr/bin"]))
            let publisher = try ChildProcess(
                ChildProcess.Options(
                    program, ["-p", "\(rig.local.port)", "-h", "127.0.0.1", "-q", "1", "-t", "plant/a", "-m", "x"]),
                loop: rig.loop)
            try rig.wait("the remote broker's PUBACK") { rig.hasLogged("<- PUBACK") }
            #expect(publisher.exitStatus?.isSuccess == true)
            let secrets = String(decoding: scene.client.keyBytes, as: UTF8.self).split(separator: "\n").dropFirst()
            let log = String(decoding: try Files.read(rig.directory.file("bridge.log"), limit: 1 << 22), as: UTF8.self)
            #expect(!log.contains(secrets.first ?? "-"))
        }

        static let failures: [(name: String, said: String)] = [
            ("wrong CA", "another CA signed the broker's certificate"),
            ("wrong name", "the broker's certificate is not for the name other.example"),
            ("no client certificate", "the broker wants a client certificate"),
            ("no suite", "RSA key exchange only"),
        ]

        @Test("A failed handshake is explained, and nothing less safe is tried", arguments: failures)
        func fails(failure: (name: String, said: String)) throws {
            var scene = try Scene(
                mutual: failure.name == "no client certificate",
                suites: failure.name == "no suite" ? "ECDHE-RSA-AES256-GCM-SHA384" : nil)
            switch failure.name {
            case "wrong CA": scene.tls(ca: try scene.files.authority("Field CA"))
            case "wrong name": scene.tls(more: "hostname = \"other.example\"")
            default: scene.tls()
            }
            let rig = try BridgeRig(scene.options)
            try rig.start(online: false)
            try rig.wait("the report") { rig.hasLogged("The module does not say why") }
            #expect(rig.hasLogged(failure.said))
            #expect(!rig.hasLogged("AT+MIPSTART=") && !rig.hasLogged("\"seclevel\",88,0") && !rig.hasLogged(">online"))
        }

        @Test("A clock at the year 2000 is set before the connection")
        func clock() throws {
            var scene = try Scene()
            scene.tls()
            scene.options.simulator += ["--clock", "wrong", "--nitz", "off"]
            let rig = try BridgeRig(scene.options)
            try rig.start()
            #expect(rig.hasLogged("the module's clock was set"))
        }

        @Test("New files that do not work: the older ones go back")
        func rotation() throws {
            var scene = try Scene()
            scene.tls()
            let rig = try BridgeRig(scene.options)
            try rig.start()
            try rig.kill()
            scene.tls(ca: try scene.files.authority("Another CA"))
            try rig.configure(scene.options.configuration)
            try rig.start()
            #expect(rig.hasLogged("back to the older ones"))
            #expect(rig.hasLogged("\"cacert\",88,\"cb-ca-b.crt\""))
            #expect(rig.hasLogged("\"cacert\",88,\"cb-ca-a.crt\""))
        }
    }
}
