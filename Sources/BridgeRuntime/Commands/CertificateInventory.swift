import ATProtocol
import Certificates
package import Configuration
import LinuxIO
import ModemCore

/// What there is of certificates: the configured files, what the manifest says of each module's slots, and what the
/// module that is attached holds.
package struct CertificateInventory: Equatable {
    /// How a certificate stands to the date.
    package enum Standing: String, Equatable {
        /// In date, for more than `RemoteCertificates.warningDays`.
        case valid
        /// In date, for not much longer.
        case ending
        /// Over.
        case expired
        /// Not begun.
        case notYet = "not-yet"
    }

    /// One certificate of a file.
    package struct Entry: Equatable {
        /// Whom it names.
        package var subject: String
        /// Who signed it.
        package var issuer: String
        /// Its kind of key, in words.
        package var key: String
        /// Unix seconds.
        package var notBefore: Int64
        /// Unix seconds.
        package var notAfter: Int64
        /// Whole days; negative when it is over.
        package var daysLeft: Int
        /// How it stands.
        package var standing: Standing
    }

    /// One configured file.
    package struct File: Equatable {
        /// `ca`, `certificate` or `key`.
        package var kind: String
        /// Where it is.
        package var path: String
        /// Bytes; nil when it cannot be read.
        package var size: Int?
        /// SHA-256 in hexadecimal; nil when it cannot be read, and for keys: nothing made of a key is shown.
        package var digest: String?
        /// Its certificates, in order.
        package var entries: [Entry] = []
        /// For a key: its kind, when it belongs to the certificate.
        package var key: String?
    }

    /// What the module says of a file.
    package enum Found: Equatable {
        /// It was not asked.
        case notAsked
        /// There is none.
        case missing
        /// This many bytes.
        case bytes(Int)
    }

    /// One place in a module.
    package struct Slot: Equatable {
        /// `ca`, `certificate` or `key`.
        package var kind: String
        /// The file's name in the module.
        package var name: String
        /// What the manifest says; nil when it knows nothing.
        package var size: Int?
        /// SHA-256 in hexadecimal; nil for keys.
        package var digest: String?
        /// Whether it holds the configured file.
        package var isConfigured = false
        /// Whether it carried the last session.
        package var isGood = false
        /// What the module says.
        package var found = Found.notAsked

        /// Whether the module does not hold what the manifest says.
        package var isWrong: Bool { size != nil && found != .notAsked && found != size.map(Found.bytes) }
    }

    /// One module.
    package struct Module: Equatable {
        /// Its IMEI.
        package var imei: String
        /// The answer to `ATI`; nil: it was not asked.
        package var model: String?
        /// Bytes left in its file system; nil: it was not asked.
        package var room: Int?
        /// Its places that hold something or are said to.
        package var slots: [Slot]
        /// Whether it holds all configured files, by the manifest.
        package var holdsConfigured: Bool
        /// Whether the configured files did not carry a session while older ones did.
        package var failedBefore: Bool
    }

    /// The configured files.
    package private(set) var files: [File] = []
    /// The modules, that which answered first.
    package private(set) var modules: [Module] = []
    /// What is wrong with the files, or deserves a second look.
    package private(set) var findings: [RemoteCertificates.Finding] = []
    /// What is good to know of the files.
    package private(set) var notes: [String] = []
    /// Whether the broker is verified; false: the module uses no files.
    package let verifies: Bool
    /// Whether the files go into the module; false: this host makes TLS, and the module gets none of them.
    package let goesIntoModule: Bool

    private let wanted: [TLSFileKind: TLSFile]
    private var manifests: TLSManifests

    /// Looks at the files and the manifest on disk. `now` is Unix seconds.
    package init(_ configuration: Configuration, now: Int64) throws(CommandFailure) {
        guard let tls = configuration.remote.tls else {
            throw CommandFailure(
                .configuration,
                "[remote] tls is not configured: the connection is a plain one, and no certificate is in use")
        }
        let certificates = RemoteCertificates(tls, now: now)
        verifies = tls.verify
        goesIntoModule = !tls.isOurs
        findings = certificates.findings
        notes = certificates.notes
        wanted = tls.verify ? certificates.files : [:]
        manifests = TLSManifests(
            encoded: try tls.isOurs ? [] : configuration.peek(Dispatcher.Meta.tlsManifests) ?? [])
        var own: Certificate?
        for (kind, path) in [(TLSFileKind.ca, tls.ca), (.certificate, tls.certificate), (.key, tls.key)] {
            guard let path else { continue }
            var file = File(kind: kind.rawValue, path: path)
            if let known = certificates.files[kind] ?? (tls.isOurs ? Self.file(path) : nil) {
                file.size = known.contents.count
                file.digest = kind == .key ? nil : Digest.text(known.digest)
                if kind == .key {
                    file.key = own.flatMap { try? PrivateKey(pem: known.contents, of: $0).kind.description }
                } else {
                    let found = (try? Certificate.all(inPEM: known.contents)) ?? []
                    file.entries = found.map { Self.entry($0, now) }
                    if kind == .certificate { own = found.first }
                }
            }
            files.append(file)
        }
        for imei in manifests.imeis.reversed() { modules.append(module(imei)) }
    }

    private static func file(_ path: String) -> TLSFile? {
        guard let contents = try? Files.read(path, limit: 1 << 20), let digest = Digest.sha256(contents) else {
            return nil
        }
        return TLSFile(contents: contents, digest: digest)
    }

    /// Asks the module for the sizes of its files and the room that is left.
    package mutating func ask(_ dialogue: ModuleDialogue, dataMode: Int?) throws(CommandFailure) {
        let identity = try dialogue.open(dataMode: dataMode)
        var settings = TLSSettings(hostName: "")
        settings.files = wanted
        settings.manifests = manifests
        var errand = CertificateErrand(settings, imei: identity.imei, writes: false)
        var next = errand.start()
        while case .submit(let command) = next { next = errand.completed(try dialogue.submit(command)) }
        guard case .finished(let report) = next else { return }
        var asked = module(identity.imei, all: true)
        asked.model = identity.model
        asked.room = report.free
        for (index, place) in TLSPlace.all.enumerated() {
            let size = report.rows.first { $0.place == place }?.size
            asked.slots[index].found = size.map { .bytes($0) } ?? .missing
        }
        asked.slots.removeAll { $0.size == nil && $0.found == .missing }
        modules.removeAll { $0.imei == identity.imei }
        modules.insert(asked, at: 0)
    }

    /// The bytes of an `AT+MPUBEX` that a service may have left open.
    package static func dataMode(_ configuration: Configuration) throws(CommandFailure) -> Int? {
        try configuration.peek(Dispatcher.Meta.dataMode).flatMap { Int(String(decoding: $0, as: UTF8.self)) }
    }

    /// Whether nothing is wrong with the files.
    package var filesAreSound: Bool { !findings.contains { $0.severity == .error } }

    /// A Unix time for people: `2026-03-07 04:05:09 UTC`.
    package static func date(_ time: Int64) -> String { UnixTime.text(time) }

    private func module(_ imei: String, all: Bool = false) -> Module {
        let manifest = manifests[imei]
        let slots = TLSPlace.all.map { place in
            let entry = manifest.entries[place]
            let file = wanted[place.kind]
            return Slot(
                kind: place.kind.rawValue, name: place.name, size: entry?.size,
                digest: place.kind == .key ? nil : entry.map { Digest.text($0.digest) },
                isConfigured: entry != nil && entry?.digest == file?.digest,
                isGood: manifest.good[place.kind] == place.slot)
        }
        return Module(
            imei: imei, slots: all ? slots : slots.filter { $0.size != nil },
            holdsConfigured: wanted.allSatisfy { kind, _ in
                slots.contains { $0.kind == kind.rawValue && $0.isConfigured }
            },
            failedBefore: manifest.failed.contains(TLSManifest.name(wanted)))
    }

    private static func entry(_ certificate: Certificate, _ now: Int64) -> Entry {
        let days = certificate.daysLeft(at: now)
        let standing: Standing =
            days < 0
            ? .expired
            : now < certificate.notBefore ? .notYet : days <= RemoteCertificates.warningDays ? .ending : .valid
        return Entry(
            subject: certificate.subject, issuer: certificate.issuer, key: certificate.key.description,
            notBefore: certificate.notBefore, notAfter: certificate.notAfter, daysLeft: days, standing: standing)
    }
}
