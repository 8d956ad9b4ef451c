import Glibc
import LinuxIO

/// The command line of the benchmark.
struct BenchOptions {
    /// What can be measured alone.
    enum Part: String, CaseIterable {
        case throughput
        case links
        case ownTime = "own-time"
        case footprint
        case start
        case backlog
        case flash
        case scorecard
    }

    /// What the command line asks for.
    enum Request {
        case run(BenchOptions)
        case help
        case wrong(String)
    }

    /// Fewer cells and messages: about 40 s.
    var isQuick = false
    /// Which faults the scorecard picks.
    var seed: UInt64 = 1
    /// What is measured.
    var parts = Part.allCases

    static let help = """
        usage: bench [--quick] [--only NAME]... [--seed N]
          --quick      a subset in about 40 s
          --only NAME  \(Part.allCases.map(\.rawValue).joined(separator: ", "))
          --seed N     the faults of the scorecard (default 1)
        CELLBRIDGE_BINARY names the bridge; without it, the `cellbridge` beside this program is measured.
        """

    /// Reads the arguments after the program's name.
    static func parse(_ arguments: [String]) -> Request {
        var options = BenchOptions()
        var named: [Part] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--quick": options.isQuick = true
            case "--help", "-h": return .help
            case "--seed":
                guard let seed = rest.popFirst().flatMap({ UInt64($0) }) else { return .wrong("--seed wants a number") }
                options.seed = seed
            case "--only":
                guard let name = rest.popFirst() else { return .wrong("--only wants a name") }
                guard let part = Part(rawValue: name) else { return .wrong("nothing is called \(name)") }
                named.append(part)
            default: return .wrong("unknown argument \(argument)")
            }
        }
        if !named.isEmpty { options.parts = named }
        return .run(options)
    }

    /// The path of the bridge's program.
    func binary() throws(BenchFailure) -> String {
        if let named = unsafe getenv("CELLBRIDGE_BINARY").map({ unsafe String(cString: $0) }), !named.isEmpty {
            guard Files.program(named) != nil else { throw BenchFailure("CELLBRIDGE_BINARY=\(named) is no program") }
            return named
        }
        let own = BenchOptions.ownPath
        let beside = (own.lastIndex(of: "/").map { String(own[..<$0]) } ?? ".") + "/cellbridge"
        guard Files.program(beside) != nil else {
            throw BenchFailure("there is no \(beside): run make build first, or set CELLBRIDGE_BINARY")
        }
        return beside
    }

    /// The path of this program.
    static var ownPath: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
