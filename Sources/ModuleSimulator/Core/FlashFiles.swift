/// The module's file system (YM310 AT manual chapter 8): the root directory of the built-in flash, and no other.
///
/// It stays when the power goes.
struct FlashFiles: Equatable {
    /// Longest file name.
    static let nameLimit = 64
    /// Most bytes of one FSREAD or FSWRITE.
    static let transferLimit = 10_240

    /// Bytes there are in all.
    var capacity: Int
    /// Whether every write is refused, whatever the room (fault `fs-full`).
    var isFull = false
    private(set) var files: [[UInt8]: [UInt8]] = [:]

    init(capacity: Int) { self.capacity = capacity }

    var free: Int { isFull ? 0 : max(0, capacity - files.values.reduce(0) { $0 + $1.count }) }

    /// Names in order.
    var names: [[UInt8]] { files.keys.sorted { $0.lexicographicallyPrecedes($1) } }

    /// A name as the commands give it, without drive and slash; nil when no file can have it: it is too long, on
    /// another drive or in a directory (there are none).
    static func name(_ given: [UInt8]) -> [UInt8]? {
        guard given.count <= nameLimit else { return nil }
        var name = given[...]
        if name.starts(with: ascii("C:")) { name = name.dropFirst(2) }
        if name.first == UInt8(ascii: "/") { name = name.dropFirst() }
        guard !name.isEmpty, !name.contains(UInt8(ascii: "/")), !name.contains(UInt8(ascii: ":")) else { return nil }
        return Array(name)
    }

    func content(_ name: [UInt8]) -> [UInt8]? { files[name] }

    /// Makes an empty file; false when it is there already or nothing more fits.
    mutating func create(_ name: [UInt8]) -> Bool {
        guard files[name] == nil, free > 0 else { return false }
        files[name] = []
        return true
    }

    mutating func delete(_ name: [UInt8]) -> Bool { files.removeValue(forKey: name) != nil }

    /// What `name` would hold after a write; `keepsTail`: what lies beyond a write from the start stays.
    private func written(_ name: [UInt8], _ data: [UInt8], appending: Bool, keepsTail: Bool) -> [UInt8]? {
        guard let old = files[name] else { return nil }
        if appending { return old + data }
        return data + (keepsTail ? Array(old.dropFirst(data.count)) : [])
    }

    /// Whether `count` more bytes would fit.
    func hasRoom(_ name: [UInt8], _ count: Int, appending: Bool) -> Bool {
        let old = appending ? 0 : files[name]?.count ?? 0
        return capacity - files.values.reduce(0) { $0 + $1.count } + old >= count
    }

    /// Writes; false when the file is not there or there is no room, and nothing is changed then.
    mutating func write(_ name: [UInt8], _ data: [UInt8], appending: Bool, keepsTail: Bool) -> Bool {
        guard !isFull, hasRoom(name, data.count, appending: appending),
            let content = written(name, data, appending: appending, keepsTail: keepsTail)
        else { return false }
        files[name] = content
        return true
    }

    // MARK: On disk

    private static let heading = ascii("cellbridge flash 1\n")

    /// The files as `--flash-file` keeps them: for each a line with both lengths, then name and content.
    var encoded: [UInt8] {
        names.reduce(into: Self.heading) { bytes, name in
            let content = files[name] ?? []
            bytes += ascii("\(name.count) \(content.count)\n") + name + content
        }
    }

    /// Reads what `encoded` wrote; nil when it is not that.
    init?(encoded bytes: [UInt8], capacity: Int) {
        self.init(capacity: capacity)
        guard bytes.starts(with: Self.heading) else { return nil }
        var rest = bytes.dropFirst(Self.heading.count)
        while !rest.isEmpty {
            guard let end = rest.firstIndex(of: 0x0A) else { return nil }
            let counts = rest[..<end].split(separator: 0x20).compactMap {
                ParsedCommand.Argument(bytes: Array($0)).number
            }
            rest = rest[(end + 1)...]
            guard counts.count == 2, rest.count >= counts[0] + counts[1],
                let name = Self.name(Array(rest.prefix(counts[0])))
            else { return nil }
            files[name] = Array(rest.dropFirst(counts[0]).prefix(counts[1]))
            rest = rest.dropFirst(counts[0] + counts[1])
        }
    }
}
