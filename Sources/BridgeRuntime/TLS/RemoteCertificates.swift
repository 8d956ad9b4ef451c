import Certificates
package import Configuration
import LinuxIO
package import ModemCore

/// The files of `[remote] tls`, read and looked at: what the module gets, and what is to be said about them.
package struct RemoteCertificates {
    /// Something about one key of the table.
    package struct Finding: Equatable {
        /// The key, `ca`, `certificate` or `key`.
        package var key: String
        /// What is wrong and what was expected.
        package var message: String
        /// Whether the service can run with it.
        package var severity: Problem.Severity
    }

    /// From so many days on the end of a certificate is a warning.
    package static let warningDays = 30

    /// What goes into the module.
    package private(set) var files: [TLSFileKind: TLSFile] = [:]
    /// What was found out, for reports of failed connections.
    package private(set) var facts = TLSFacts()
    /// What is wrong or deserves a second look.
    package private(set) var findings: [Finding] = []
    /// What is neither, and good to know.
    package private(set) var notes: [String] = []
    /// The end of each certificate, for its days left: a name and Unix seconds.
    private(set) var ends: [(name: String, certificate: Certificate)] = []

    private let path: [TLSFileKind: String]
    /// This host makes TLS: the module's limits do not hold, and it gets none of the files.
    private let isOurs: Bool
    private let now: Int64

    /// Reads and checks the files. `now` is Unix seconds. Blocks; any thread.
    package init(_ tls: Configuration.RemoteTLS, now: Int64) {
        self.now = now
        isOurs = tls.isOurs
        path = [.ca: tls.ca, .certificate: tls.certificate, .key: tls.key].compactMapValues { $0 }
        if !tls.verify, tls.isOurs ? path[.ca] != nil : !path.isEmpty {
            find(
                path[.ca] == nil ? .certificate : .ca, "is not used: verify = false checks and shows no certificate",
                .warning)
        }
        let authority = certificates(.ca)
        let own = certificates(.certificate)
        facts.caValidity = authority.map(Self.validity)
        facts.certificateValidity = own.map { Self.validity([$0[0]]) }
        for (kind, found) in [(TLSFileKind.ca, authority), (.certificate, own.map { [$0[0]] })] {
            if kind == .ca, let found, isBundle(found) {
                checkBundle(found)
            } else {
                for certificate in found ?? [] { checkDates(kind, certificate, ignored: tls.ignoreLocalTime) }
            }
        }
        if !isOurs, let first = authority?.first, !first.key.fitsRSAKeyExchange {
            find(.ca, Self.curveWarning(first.key, whose: "the broker's certificate may have one too"), .warning)
        }
        if let own, let first = own.first { checkOwn(first, authority ?? []) }
    }

    /// Whether the service can run with the files.
    package var isUsable: Bool { !findings.contains { $0.severity == .error } }

    /// When the first of the certificates ends, Unix seconds; `nil` without certificates.
    package var firstEnd: Int64? { ends.map(\.certificate.notAfter).min() }

    /// One line on each certificate that ends within `warningDays` days or has ended, at the Unix time `now`.
    package func endings(now: Int64) -> [String] {
        ends.compactMap { name, certificate in
            let days = certificate.daysLeft(at: now)
            return days <= Self.warningDays ? "\(name): \(Self.ending(certificate, days))" : nil
        }
    }

    /// One line on each file for people: subject, kind of key, days left, digest.
    package var summary: [String] {
        ends.map { name, certificate in
            """
            \(name) \(certificate.subject), \(certificate.key), \(certificate.daysLeft(at: now)) day(s) left, SHA-256 \
            \(Digest.text(certificate.digest).prefix(16))
            """
        }
    }

    // MARK: Reading

    private mutating func certificates(_ kind: TLSFileKind) -> [Certificate]? {
        guard let bytes = read(kind) else { return nil }
        do throws(CertificateProblem) {
            let found = try Certificate.all(inPEM: bytes)
            for (index, certificate) in found.enumerated() where kind != .ca || !isBundle(found) {
                ends.append((index == 0 ? kind.rawValue : "\(kind.rawValue) \(index + 1)", certificate))
            }
            return found
        } catch {
            find(kind, "\(path[kind] ?? "") \(error)", .error)
            return nil
        }
    }

    private mutating func read(_ kind: TLSFileKind) -> [UInt8]? {
        guard let path = path[kind] else { return nil }
        do throws(SystemError) {
            let contents = try Files.read(path, limit: 1 << 20)
            guard let digest = Digest.sha256(contents) else { return nil }
            let file = TLSFile(contents: contents, digest: digest)
            if !isOurs, let problem = file.problem {
                find(kind, "\(path) \(problem); leave out what is not needed of the chain and text around it", .error)
            }
            if !isOurs { files[kind] = file }
            return contents
        } catch {
            find(kind, "\(path): \(error); expected a PEM file", .error)
            return nil
        }
    }

    // MARK: Checks

    /// Authorities of which the broker needs one, as a system has them: that some of them are over means nothing.
    private func isBundle(_ authority: [Certificate]) -> Bool { isOurs && authority.count > Self.chainLimit }
    /// More certificates than a chain has.
    private static let chainLimit = 5

    private mutating func checkBundle(_ authority: [Certificate]) {
        let valid = authority.count { $0.isValid(at: now) }
        notes.append("ca holds \(authority.count) authorities, \(valid) of them in date")
        guard valid == 0 else { return }
        find(.ca, "\(path[.ca] ?? "") holds no certificate that is in date, by this host's clock", .error)
    }

    private mutating func checkOwn(_ own: Certificate, _ authority: [Certificate]) {
        if !isOurs, !own.key.fitsRSAKeyExchange {
            find(.certificate, Self.curveWarning(own.key, whose: "this certificate has one"), .warning)
        }
        if let bytes = read(.key) {
            do throws(CertificateProblem) {
                _ = try PrivateKey(pem: bytes, of: own)
                facts.ruledOut.append("the key belongs to the client certificate")
            } catch {
                find(.key, "\(path[.key] ?? "") \(error)", .error)
            }
        }
        if authority.contains(where: own.isIssued) {
            facts.ruledOut.append("the client certificate was issued by the CA")
        } else if !authority.isEmpty {
            // Clouds sign client certificates elsewhere: no fault.
            notes.append("the client certificate was not issued by ca but by \(own.issuer)")
        }
    }

    private mutating func checkDates(_ kind: TLSFileKind, _ certificate: Certificate, ignored: Bool) {
        let days = certificate.daysLeft(at: now)
        let name = path[kind] ?? kind.rawValue
        if days < 0 {
            find(
                kind, "\(name) \(Self.ending(certificate, days)); expected one that is in date",
                ignored ? .warning : .error)
        } else if now < certificate.notBefore {
            find(
                kind, "\(name) is valid only from \(Self.date(certificate.notBefore)) on, by this host's clock",
                .warning)
        } else if days <= Self.warningDays {
            find(kind, "\(name) \(Self.ending(certificate, days))", .warning)
        }
        if certificate.isValid(at: now) {
            facts.ruledOut.append(
                "\(kind == .ca ? "the CA" : "the client certificate") (\(certificate.subject)) is in date")
        } else {
            facts.suspicions.append("\(kind == .ca ? "the CA" : "the client certificate") is out of date")
        }
    }

    private mutating func find(_ kind: TLSFileKind, _ message: String, _ severity: Problem.Severity) {
        findings.append(Finding(key: kind.rawValue, message: message, severity: severity))
    }

    private static func validity(_ certificates: [Certificate]) -> TLSFacts.Validity {
        TLSFacts.Validity(
            from: certificates.map(\.notBefore).max() ?? .min, until: certificates.map(\.notAfter).min() ?? .max)
    }

    private static func curveWarning(_ key: KeyKind, whose: String) -> String {
        """
        has an elliptic-curve key (\(key)): the module's suites are RSA key exchange only and cannot use those, and \
        \(whose); expected RSA
        """
    }

    private static func ending(_ certificate: Certificate, _ days: Int) -> String {
        days < 0
            ? "has expired on \(date(certificate.notAfter))"
            : "expires in \(days) day(s), on \(date(certificate.notAfter))"
    }

    private static func date(_ time: Int64) -> String { UnixTime.text(time) }
}
