import BridgeTestKit
import LinuxIO
import MosquittoClient
import Testing

extension EndToEndTests {
    /// MQTT over the module's TCP socket.
    @Suite("Socket link")
    enum Socket {}
}

/// A family of socket commands, by the simulator's profile and how the module hands received bytes over.
struct SocketSystem: CustomTestStringConvertible, Sendable {
    /// The simulator's profile; the bridge finds out by itself.
    var profile: String
    /// `[remote] receive`; nil: the default, which is reading on request where the module has that.
    var receive: String?

    /// Each system as it is used without being told otherwise, and the Luat ones also with pushed data.
    static let all = [
        SocketSystem(profile: "air724ug"), SocketSystem(profile: "air780ep"), SocketSystem(profile: "ec716s"),
        SocketSystem(profile: "ec716s", receive: "direct"), SocketSystem(profile: "quectel-gsm"),
        SocketSystem(profile: "bc260y"),
    ]
    /// One system of each family, the Luat one both ways.
    static let families = [
        SocketSystem(profile: "air780e"), SocketSystem(profile: "air780e", receive: "direct"),
        SocketSystem(profile: "quectel-gsm"), SocketSystem(profile: "bc260y"),
    ]

    init(profile: String, receive: String? = nil) {
        self.profile = profile
        self.receive = receive
    }

    var testDescription: String { profile + (receive.map { ", \($0)" } ?? "") }

    /// What begins a send.
    var send: String { profile == "quectel-gsm" || profile == "bc260y" ? "AT+QISEND" : "AT+CIPSEND" }

    /// A rig whose bridge uses the socket link in plain.
    func options(seed: Int = 1) -> BridgeRig.Options {
        var options = BridgeRig.Options()
        options.profile = profile
        options.seed = seed
        // As fast as a line carries it: what a pseudo-terminal has no room for is lost.
        options.simulator += ["--baud", "921600", "--deactivation", "100ms"]
        options.configuration.receive = receive
        options.configuration.remote = ["link = \"socket\""]
        return options
    }
}

/// Certificates on a curve, and brokers that speak TLS 1.3 only.
struct SocketTLS {
    let certificates: TestCertificates
    let authority: TestCertificates.Identity
    let server: TestCertificates.Identity
    let client: TestCertificates.Identity

    init() throws {
        certificates = try TestCertificates()
        authority = try certificates.authority(key: .ec)
        server = try certificates.server(issuer: authority, key: .ec)
        client = try certificates.client("rig", issuer: authority, key: .ec)
    }

    /// Lines of the broker's listener.
    func lines(_ server: TestCertificates.Identity? = nil, requiresClient: Bool = false) -> [String] {
        let server = server ?? self.server
        return [
            "cafile \(authority.certificate)", "certfile \(server.certificate)", "keyfile \(server.key)",
            "tls_version tlsv1.3", "require_certificate \(requiresClient)",
        ]
    }

    /// A rig whose bridge speaks TLS 1.3 to a broker that speaks nothing else.
    func options(_ system: SocketSystem, seed: Int = 1) -> BridgeRig.Options {
        var options = system.options(seed: seed)
        options.remote.extraLines = lines()
        options.remoteClient = MosquittoClient.TLS(
            ca: authority.certificate, certificate: client.certificate, key: client.key)
        options.configuration.remote.append(TLSRig.table(authority, more: "min_version = \"tls1.3\""))
        return options
    }

    /// A rig that keeps the certificates' files.
    func rig(_ options: BridgeRig.Options, loop: EventLoop? = nil) throws -> BridgeRig {
        let rig = try BridgeRig(options, loop: loop)
        rig.companions.append(certificates)
        return rig
    }
}

/// Fails the test unless everything went through the module's plain sockets: none of its MQTT, none of its TLS.
func expectSocketsOnly(_ rig: BridgeRig, _ system: SocketSystem, place: SourceLocation = #_sourceLocation) {
    #expect(!rig.commands(system.send).isEmpty, "\(rig.diagnosis)", sourceLocation: place)
    let others = rig.commands("AT+M", "AT+SSL", "AT+FS", "AT+CIPSSL").filter { $0 != "AT+CIPSSL=0" }
    #expect(others.isEmpty, "\(others.prefix(5))\n\(rig.diagnosis)", sourceLocation: place)
}
