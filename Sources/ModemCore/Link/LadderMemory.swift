/// What the ladder keeps on disk: how often and how long ago the module was restarted in vain, so that a process that
/// crashes and starts again does not restart it every minute, and which rung helped which module.
///
/// What helped is learnt from acknowledged traffic: the rung used last before it, if that is above the one the outage
/// began at, and if nothing else went wrong meanwhile. The next outage of the same kind on the same module then begins
/// there. A restart or a hardware reset must have helped twice in a row first, for it could have been chance, and is
/// begun with only when its spacing allows it. It is forgotten when beginning there does not help, and when a lower rung
/// would have done: after three outages that began there, one begins at the bottom again.
public struct LadderMemory: Equatable, Sendable {
    /// Restarts of one kind in one outage.
    public struct Series: Equatable, Sendable {
        /// How many there were.
        public var count = 0
        /// How long ago the last one was; `nil`: there was none.
        public var age: Duration?
    }

    /// What helped.
    struct Remedy: Equatable, Sendable {
        var rung: Rung
        /// Outages in a row that it ended after the rungs below had failed.
        var confirmed = 1
        /// Outages in a row that began there.
        var used = 0
    }

    /// The most modules that are remembered; the one not seen for longest goes first.
    static let limit = 8
    /// Outages that begin at a remedy before the rungs below are tried again.
    static let usesBeforeTrial = 3
    /// How often a restart must have helped before an outage begins with it.
    static let confirmationsOfRestart = 2
    /// No age is longer: what was before that is of no interest, and a clock that jumped cannot make it overflow.
    static let longestAge: Int64 = 30 * 86400

    var series: [Rung: Series] = [:]
    private var modules: [(imei: String, remedies: [Trouble: Remedy])] = []

    /// Knows nothing.
    public init() {}

    /// Whether nothing is known.
    public var isEmpty: Bool { modules.isEmpty && series.values.allSatisfy { $0.count == 0 } }

    /// What helped a module in this kind of trouble.
    subscript(imei: String, trouble: Trouble) -> Remedy? {
        get { modules.first { $0.imei == imei }?.remedies[trouble] }
        set {
            guard Self.isName(imei) else { return }
            var remedies = modules.first { $0.imei == imei }?.remedies ?? [:]
            remedies[trouble] = newValue
            modules.removeAll { $0.imei == imei }
            if !remedies.isEmpty { modules.append((imei, remedies)) }
            if modules.count > Self.limit { modules.removeFirst() }
        }
    }

    /// Where an outage begins: `nil` at its own rung.
    func start(_ imei: String, _ trouble: Trouble) -> Rung? {
        guard let remedy = self[imei, trouble], remedy.used < Self.usesBeforeTrial,
            remedy.rung < .restart || remedy.confirmed >= Self.confirmationsOfRestart
        else { return nil }
        return remedy.rung
    }

    /// An IMEI comes from the module: only what can be one is kept.
    private static func isName(_ imei: String) -> Bool {
        (1...32).contains(imei.utf8.count)
            && imei.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) }
    }

    /// Equal when the same is known of the same modules, in the same order.
    public static func == (left: LadderMemory, right: LadderMemory) -> Bool {
        left.series == right.series
            && left.modules.elementsEqual(right.modules) { $0.imei == $1.imei && $0.remedies == $1.remedies }
    }
}

// MARK: On disk

extension LadderMemory {
    private static let header = "ladder 1"

    /// As it is kept on disk, one fact a line. `wallClock`: Unix seconds now; ages become points in time.
    public func encoded(wallClock: Int64) -> [UInt8] {
        var lines = [Self.header]
        for rung in Rung.kept {
            guard let series = series[rung], series.count > 0, let age = series.age else { continue }
            lines.append("series \(rung.word) \(series.count) \(wallClock &- age.components.seconds)")
        }
        for module in modules {
            lines.append("module \(module.imei)")
            for trouble in Trouble.allCases {
                guard let remedy = module.remedies[trouble] else { continue }
                lines.append(
                    "helped \(trouble.rawValue) \(remedy.rung.word) \(remedy.confirmed) \(remedy.used)")
            }
        }
        return Array(lines.map { $0 + "\n" }.joined().utf8)
    }

    /// Reads what `encoded` wrote; `nil` when anything about it is not as it should be, or of another version: then
    /// nothing of it is believed. A time that is still to come, because the clock jumped back, counts as now: what it
    /// holds off is held off for one spacing at most.
    public init?(encoded bytes: [UInt8], wallClock: Int64) {
        guard bytes.count <= 65536, bytes.last == 0x0A else { return nil }
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        lines.removeLast()
        guard lines.first == Self.header[...] else { return nil }
        var imei: String?
        for line in lines.dropFirst() {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            switch words.first {
            case "series" where words.count == 4:
                guard let rung = Rung.kept.first(where: { $0.word == words[1] }), series[rung] == nil,
                    let count = Int(words[2]), (1...1000).contains(count), let at = Int64(words[3])
                else { return nil }
                let (age, overflow) = wallClock.subtractingReportingOverflow(at)
                let seconds = overflow ? Self.longestAge : min(max(age, 0), Self.longestAge)
                series[rung] = Series(count: count, age: .seconds(seconds))
            case "module" where words.count == 2:
                imei = String(words[1])
                guard modules.count < Self.limit, let imei, Self.isName(imei),
                    !modules.contains(where: { $0.imei == imei })
                else { return nil }
            case "helped" where words.count == 5:
                guard let imei, let trouble = Trouble(rawValue: String(words[1])), self[imei, trouble] == nil,
                    let rung = Rung.allCases.first(where: { $0.word == words[2] }), rung > .link, rung < .service,
                    let confirmed = Int(words[3]), (1...1000).contains(confirmed),
                    let used = Int(words[4]), (0...1000).contains(used)
                else { return nil }
                self[imei, trouble] = Remedy(rung: rung, confirmed: confirmed, used: used)
            default: return nil
            }
        }
    }
}
