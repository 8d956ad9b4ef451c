import BridgeTestKit
import LinuxIO
import MosquittoClient
import Testing

/// Certificates and rigs of the tests of TLS: a CA, a broker that it vouches for, and a client of it.
struct TLSRig {
    /// What `[remote] tls` asks for.
    enum Mode: String, CaseIterable, CustomTestStringConvertible {
        case notVerified, serverVerified, mutual

        var level: Int {
            switch self {
            case .notVerified: 0
            case .serverVerified: 1
            case .mutual: 2
            }
        }
        var testDescription: String { rawValue }
    }

    let certificates: TestCertificates
    let authority: TestCertificates.Identity
    let server: TestCertificates.Identity
    let client: TestCertificates.Identity

    init() throws {
        certificates = try TestCertificates()
        authority = try certificates.authority()
        server = try certificates.server(issuer: authority)
        client = try certificates.client("rig", issuer: authority)
    }

    /// `tls = { … }` for `[remote]`, and for `[local]` but for `hostname`.
    static func table(
        _ authority: TestCertificates.Identity?, _ client: TestCertificates.Identity? = nil, more: String? = nil
    ) -> String {
        var parts: [String] = []
        if let authority { parts.append("ca = \"\(authority.certificate)\"") }
        if let client { parts.append("certificate = \"\(client.certificate)\", key = \"\(client.key)\"") }
        return "tls = { " + (parts + [more].compactMap { $0 }).joined(separator: ", ") + " }"
    }

    func table(_ mode: Mode, more: String? = nil) -> String {
        switch mode {
        case .notVerified: Self.table(nil, more: "verify = false")
        case .serverVerified: Self.table(authority, more: more)
        case .mutual: Self.table(authority, client, more: more)
        }
    }

    /// A rig whose remote broker speaks TLS only; with `mutual` it asks for a certificate.
    func options(_ mode: Mode = .mutual) -> BridgeRig.Options {
        var options = BridgeRig.Options()
        options.remote.extraLines = TestCertificates.brokerLines(
            authority: authority, server: server, requiresClient: mode == .mutual)
        options.remoteClient = MosquittoClient.TLS(
            ca: authority.certificate, certificate: client.certificate, key: client.key)
        options.configuration.remote = [table(mode)]
        return options
    }

    /// A rig that keeps the certificates' files.
    func rig(_ options: BridgeRig.Options, loop: EventLoop? = nil) throws -> BridgeRig {
        let rig = try BridgeRig(options, loop: loop)
        rig.companions.append(certificates)
        return rig
    }
}

extension BridgeRig {
    /// The lines the module got that begin with one of these.
    func commands(_ beginnings: String..., after mark: Int = 0) -> [String] {
        simulator.commands(after: mark).filter { line in beginnings.contains { line.hasPrefix($0) } }
    }

    /// The lines that change the module's flash.
    func writes(after mark: Int = 0) -> [String] {
        commands("AT+FSWRITE", "AT+FSCREATE", "AT+FSDEL", after: mark)
    }
}

/// Fails the test when anything less safe than security level `level` was asked of the module, or a plain connection.
func expectNothingLess(than level: Int, _ rig: BridgeRig, place: SourceLocation = #_sourceLocation) {
    let levels = Set(rig.commands("AT+SSLCFG=\"seclevel\"").map { $0.last.map(String.init) ?? "" })
    #expect(
        levels.allSatisfy { Int($0) ?? -1 >= level }, "security levels \(levels)\n\(rig.diagnosis)",
        sourceLocation: place)
    #expect(rig.commands("AT+MIPSTART", "AT+CIPSTART").isEmpty, "\(rig.diagnosis)", sourceLocation: place)
}
