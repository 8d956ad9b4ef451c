import ATProtocol

/// What a file in the module is for.
public enum TLSFileKind: String, Sendable, Hashable, CaseIterable {
    /// The CA that signs the broker's certificate.
    case ca
    /// Our certificate.
    case certificate
    /// The key to it.
    case key
}

/// Each kind has two files in the module, so that a new one is written beside the one in use.
public enum TLSSlot: String, Sendable, Hashable, CaseIterable {
    /// The first.
    case a
    /// The second.
    case b

    /// The other one.
    public var other: TLSSlot { self == .a ? .b : .a }
}

/// One file in the module.
public struct TLSPlace: Sendable, Hashable {
    /// What it is for.
    public var kind: TLSFileKind
    /// Which of the two.
    public var slot: TLSSlot

    /// A place.
    public init(_ kind: TLSFileKind, _ slot: TLSSlot) {
        self.kind = kind
        self.slot = slot
    }

    /// Every place there is.
    public static let all = TLSFileKind.allCases.flatMap { kind in TLSSlot.allCases.map { TLSPlace(kind, $0) } }

    /// Its name in the module's file system, far below the limit of 64 bytes.
    public var name: String {
        switch kind {
        case .ca: "cb-ca-\(slot.rawValue).crt"
        case .certificate: "cb-cert-\(slot.rawValue).crt"
        case .key: "cb-key-\(slot.rawValue).key"
        }
    }
}

/// A file as the host has it.
public struct TLSFile: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// Its bytes, PEM.
    public var contents: [UInt8]
    /// A digest of them, the same for the same bytes; SHA-256.
    public var digest: [UInt8]

    /// A file with its digest.
    public init(contents: [UInt8], digest: [UInt8]) {
        self.contents = contents
        self.digest = digest
    }

    /// Its size alone: it may be a key.
    public var description: String { "<\(contents.count) bytes>" }
    /// Nothing, for the same reason.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Why the module cannot be given it; `nil`: it can.
    public var problem: String? {
        if contents.isEmpty { return "is empty" }
        let limit = ATCommand.fileSizeLimit
        return contents.count > limit ? "has \(contents.count) bytes, the module takes \(limit)" : nil
    }
}

/// What a file in the module must be; without contents it can be looked for, not written.
struct WantedFile: Equatable {
    var digest: [UInt8]
    var size: Int
    var contents: [UInt8]?

    init(_ file: TLSFile) {
        digest = file.digest
        size = file.contents.count
        contents = file.contents
    }

    init(_ entry: TLSManifest.Entry) {
        digest = entry.digest
        size = entry.size
        contents = nil
    }

    func matches(_ entry: TLSManifest.Entry) -> Bool { entry.digest == digest && entry.size == size }
}
