import Glibc
public import LinuxIO
public import PrivateBroker

/// Certificates of the tests' own, made by the `openssl` command in a temporary directory.
///
/// Every call makes new files and waits for them. One thread at a time.
public final class TestCertificates {
    /// A certificate and its key, as paths of PEM files.
    public struct Identity: Sendable, Equatable {
        /// The certificate.
        public let certificate: String
        /// Its private key, without a password.
        public let key: String

        /// The bytes of the certificate file.
        public var certificateBytes: [UInt8] { (try? Files.read(certificate, limit: 1 << 20)) ?? [] }
        /// The bytes of the key file.
        public var keyBytes: [UInt8] { (try? Files.read(key, limit: 1 << 20)) ?? [] }
    }

    /// What kind of key a certificate has.
    public enum Key: Sendable, Equatable {
        /// RSA with this many bits.
        case rsa(Int)
        /// An elliptic curve (P-256), which RSA key exchange cannot use.
        case ec

        var arguments: [String] {
            switch self {
            case .rsa(let bits): ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:\(bits)"]
            case .ec: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
            }
        }
    }

    /// When a certificate is valid, in days from now.
    public struct Validity: Sendable, Equatable {
        /// The first day; negative is in the past.
        public var from: Int
        /// The last day.
        public var to: Int

        /// From `from` days to `to` days from now.
        public init(from: Int, to: Int) {
            self.from = from
            self.to = to
        }

        /// Since yesterday, for a year.
        public static let current = Validity(from: -1, to: 365)
        /// Over since yesterday.
        public static let expired = Validity(from: -30, to: -1)
        /// From next month on.
        public static let notYet = Validity(from: 30, to: 365)
    }

    /// The command failed; the end of what it printed.
    public struct Failure: Error, CustomStringConvertible {
        /// What happened.
        public let description: String
    }

    /// Where the files are; gone with this object.
    public let directory: TemporaryDirectory
    private let loop: EventLoop
    private var made = 0

    /// An empty directory.
    public init() throws(SystemError) {
        directory = try TemporaryDirectory("certificates")
        loop = try EventLoop()
    }

    /// A certificate authority that signs itself.
    public func authority(
        _ name: String = "Test CA", key: Key = .rsa(2048), validity: Validity = .current
    ) throws -> Identity {
        try make(name, key, validity, issuer: nil, extensions: ["basicConstraints=critical,CA:true"])
    }

    /// A server's certificate for `names` (host names and IP addresses as subject alternative names).
    public func server(
        _ names: [String] = ["localhost", "127.0.0.1"], issuer: Identity, key: Key = .rsa(2048),
        validity: Validity = .current
    ) throws -> Identity {
        let entries = names.map { Self.isAddress($0) ? "IP:\($0)" : "DNS:\($0)" }.joined(separator: ",")
        return try make(
            names.first ?? "server", key, validity, issuer: issuer,
            extensions: [
                "basicConstraints=CA:false", "subjectAltName=\(entries)", "extendedKeyUsage=serverAuth",
                "keyUsage=digitalSignature,keyEncipherment",
            ])
    }

    /// A client's certificate with this common name.
    public func client(
        _ name: String = "client", issuer: Identity, key: Key = .rsa(2048), validity: Validity = .current
    ) throws -> Identity {
        try make(
            name, key, validity, issuer: issuer,
            extensions: ["basicConstraints=CA:false", "extendedKeyUsage=clientAuth", "keyUsage=digitalSignature"])
    }

    /// Lines for `BrokerProcess.Options.extraLines`: TLS from 1.2 on, RSA key exchange in 1.2 as the
    /// modules want it.
    ///
    /// With `requiresClient` a client has to show a certificate of `authority`.
    public static func brokerLines(
        authority: Identity, server: Identity, requiresClient: Bool = false,
        suites: String = "AES256-SHA256:AES256-SHA:AES128-SHA:@SECLEVEL=0"
    ) -> [String] {
        [
            "cafile \(authority.certificate)", "certfile \(server.certificate)", "keyfile \(server.key)",
            "tls_version tlsv1.2", "ciphers \(suites)", "require_certificate \(requiresClient)",
        ]
    }

    // MARK: Inside

    private func make(
        _ name: String, _ key: Key, _ validity: Validity, issuer: Identity?, extensions: [String]
    ) throws -> Identity {
        made += 1
        let base = directory.file("\(made)")
        let identity = Identity(certificate: base + ".crt", key: base + ".key")
        // `openssl ca` is the one command of OpenSSL 3.0 that takes both dates.
        let settings = """
            [ca]
            default_ca=own
            [own]
            database=\(base).index
            new_certs_dir=\(directory.path)
            rand_serial=yes
            unique_subject=no
            default_md=sha256
            policy=policy
            x509_extensions=extensions
            [policy]
            commonName=supplied
            [extensions]
            subjectKeyIdentifier=hash
            \(extensions.joined(separator: "\n"))
            [req]
            distinguished_name=subject
            [subject]

            """
        try Files.writeAtomically(base + ".cnf", Array(settings.utf8))
        try Files.writeAtomically(base + ".index", [])
        try openssl(["genpkey", "-out", identity.key] + key.arguments)
        try openssl([
            "req", "-new", "-config", base + ".cnf", "-key", identity.key, "-subj", "/CN=\(name)", "-out",
            base + ".csr",
        ])
        let signer =
            issuer.map { ["-cert", $0.certificate, "-keyfile", $0.key] } ?? ["-selfsign", "-keyfile", identity.key]
        try openssl(
            [
                "ca", "-batch", "-notext", "-config", base + ".cnf", "-in", base + ".csr", "-out",
                identity.certificate, "-startdate", Self.date(validity.from), "-enddate", Self.date(validity.to),
            ] + signer)
        return identity
    }

    private func openssl(_ arguments: [String]) throws {
        guard let program = Files.program("openssl", alsoIn: ["/usr/bin"]) else {
            throw Failure(description: "openssl is not installed (apt-get install openssl)")
        }
        let log = directory.file("log")
        var options = ChildProcess.Options(program, arguments)
        options.standardInput = .null
        options.standardOutput = .file(log)
        options.standardError = .file(log)
        let child = try ChildProcess(options, loop: loop)
        // A key of many bits on a busy machine takes its time.
        guard runLoop(loop, limit: .seconds(60), until: { child.exitStatus != nil }),
            child.exitStatus?.isSuccess == true
        else {
            let text = String(decoding: (try? Files.read(log, limit: 1 << 20)) ?? [], as: UTF8.self)
            throw Failure(description: "openssl \(arguments.first ?? ""): \(text.suffix(1000))")
        }
    }

    /// `20260604090418Z`, so many days from now.
    private static func date(_ days: Int) -> String {
        var seconds = time(nil) + days * 86400
        var parts = unsafe tm()
        unsafe gmtime_r(&seconds, &parts)
        func two(_ value: Int32) -> String { (value < 10 ? "0" : "") + String(value) }
        let day = unsafe String(parts.tm_year + 1900) + two(parts.tm_mon + 1) + two(parts.tm_mday)
        return unsafe day + two(parts.tm_hour) + two(parts.tm_min) + two(parts.tm_sec) + "Z"
    }

    private static func isAddress(_ name: String) -> Bool {
        name.utf8.contains(UInt8(ascii: ":"))
            || name.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
    }
}
