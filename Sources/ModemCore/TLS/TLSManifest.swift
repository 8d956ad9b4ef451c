/// What is known of the files in one module: which bytes were written and found whole, and which files carried a
/// session. Kept on disk by the owner, so that flash is written only when something changed.
///
/// An entry is cleared before its file is touched and set after its size was verified: what is here can be used.
public struct TLSManifest: Sendable, Equatable {
    /// A file that was written in full.
    public struct Entry: Sendable, Equatable {
        /// The digest of its bytes.
        public var digest: [UInt8]
        /// Its size in bytes.
        public var size: Int

        /// An entry.
        public init(digest: [UInt8], size: Int) {
            self.digest = digest
            self.size = size
        }
    }

    /// The files that are whole.
    public private(set) var entries: [TLSPlace: Entry] = [:]
    /// The slots that carried the last session; empty: none did. Their files are never touched.
    public private(set) var good: [TLSFileKind: TLSSlot] = [:]
    /// Sets that did not carry a session while an older one did.
    public private(set) var failed: [String] = []

    static let failedLimit = 4

    /// Knows nothing.
    public init() {}

    /// What names a set of files: their digests.
    public static func name(_ files: [TLSFileKind: TLSFile]) -> String {
        TLSFileKind.allCases.map { hex(files[$0]?.digest ?? []) }.joined(separator: ".")
    }

    /// Whether the set that carried the last session is these very files.
    public func isGood(_ files: [TLSFileKind: TLSFile]) -> Bool {
        !good.isEmpty && goodFiles.mapValues(\.digest) == files.mapValues(\.digest)
    }

    /// The entries of the set that carried the last session.
    public var goodFiles: [TLSFileKind: Entry] {
        var files: [TLSFileKind: Entry] = [:]
        for (kind, slot) in good { files[kind] = entries[TLSPlace(kind, slot)] }
        return files
    }

    func isProtected(_ place: TLSPlace) -> Bool { good[place.kind] == place.slot }

    /// The file is about to be touched, or is not what it was. A good set that loses a file is none any more.
    public mutating func clear(_ place: TLSPlace) {
        entries[place] = nil
        if isProtected(place) { good = [:] }
    }

    /// The file was written and its size verified.
    public mutating func record(_ place: TLSPlace, _ entry: Entry) { entries[place] = entry }

    /// These slots carried a session.
    public mutating func carried(_ slots: [TLSFileKind: TLSSlot], name: String) {
        guard slots.allSatisfy({ entries[TLSPlace($0.key, $0.value)] != nil }) else { return }
        good = slots
        failed.removeAll { $0 == name }
    }

    /// The good set turned out not to be there.
    public mutating func forgetGood() { good = [:] }

    /// This set did not carry a session.
    public mutating func noteFailed(_ name: String) {
        failed.removeAll { $0 == name }
        failed.append(name)
        if failed.count > Self.failedLimit { failed.removeFirst() }
    }

    // MARK: On disk

    /// One fact a line: `file ca a 1282 <digest>`, `good ca a`, `failed <digests>`.
    public var encoded: String {
        var lines: [String] = []
        for place in TLSPlace.all {
            guard let entry = entries[place] else { continue }
            lines.append("file \(place.kind.rawValue) \(place.slot.rawValue) \(entry.size) \(Self.hex(entry.digest))")
        }
        for kind in TLSFileKind.allCases {
            if let slot = good[kind] { lines.append("good \(kind.rawValue) \(slot.rawValue)") }
        }
        return (lines + failed.map { "failed \($0)" }).joined(separator: "\n")
    }

    /// Reads what `encoded` wrote. What makes no sense is left out: at worst a file is written again.
    public init(encoded text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            switch words.first {
            case "file" where words.count == 5:
                guard let place = Self.place(words), let size = Int(words[3]), size > 0,
                    let digest = Self.bytes(words[4])
                else { continue }
                entries[place] = Entry(digest: digest, size: size)
            case "good" where words.count == 3:
                if let place = Self.place(words) { good[place.kind] = place.slot }
            case "failed" where words.count == 2 && failed.count < Self.failedLimit:
                failed.append(String(words[1]))
            default: continue
            }
        }
        if !good.allSatisfy({ entries[TLSPlace($0.key, $0.value)] != nil }) { good = [:] }
    }

    private static func place(_ words: [Substring]) -> TLSPlace? {
        guard let kind = TLSFileKind(rawValue: String(words[1])), let slot = TLSSlot(rawValue: String(words[2])) else {
            return nil
        }
        return TLSPlace(kind, slot)
    }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, digits.count.isMultiple(of: 2), (2...256).contains(digits.count) else {
            return nil
        }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

/// The manifests of all modules that were seen, by IMEI.
public struct TLSManifests: Sendable, Equatable {
    /// The most modules that are remembered; the one not seen for longest goes first.
    public static let limit = 16

    private var modules: [(imei: String, manifest: TLSManifest)] = []

    /// Knows no module.
    public init() {}

    /// What is known of one module.
    public subscript(imei: String) -> TLSManifest {
        get { modules.first { $0.imei == imei }?.manifest ?? TLSManifest() }
        set {
            modules.removeAll { $0.imei == imei }
            modules.append((imei, newValue))
            if modules.count > Self.limit { modules.removeFirst() }
        }
    }

    /// The modules' IMEIs, last seen last.
    public var imeis: [String] { modules.map(\.imei) }

    /// As it is kept on disk.
    public var encoded: [UInt8] {
        Array(modules.map { "module \($0.imei)\n\($0.manifest.encoded)\n" }.joined().utf8)
    }

    /// Reads what `encoded` wrote; anything else is left out.
    public init(encoded bytes: [UInt8]) {
        var imei: String?
        var lines: [Substring] = []
        func finish(_ manifests: inout TLSManifests) {
            if let imei { manifests[imei] = TLSManifest(encoded: lines.joined(separator: "\n")) }
            lines = []
        }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("module ") {
                finish(&self)
                imei = String(line.dropFirst(7))
            } else {
                lines.append(line)
            }
        }
        finish(&self)
    }

    /// Equal when the same modules hold the same, in the same order.
    public static func == (left: TLSManifests, right: TLSManifests) -> Bool { left.encoded == right.encoded }
}
