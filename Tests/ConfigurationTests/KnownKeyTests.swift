import Testing

@testable import Configuration

@Suite struct KnownKeyTests {
    static let paths = KnownKeys.tables.flatMap { table in
        table.keys.map { (table: table.table, key: $0) }
    }

    /// A document in which one key has a value, or nil for those that are tables by nature.
    static func document(_ table: String, _ key: String, _ value: String) -> String {
        let line = "\(key) = \(value)\n"
        if table.isEmpty { return line }
        return (table == "route" ? "[[route]]\n" : "[\(table)]\n") + line
    }

    @Test(arguments: paths.indices)
    func `every key refuses a value of the wrong type and says what it takes`(index: Int) {
        let (table, key) = Self.paths[index]
        let path = table.isEmpty ? key : (table == "route" ? "route[1]." : table + ".") + key
        for (value, kind) in [("1979-05-27", "a date"), ("1.5", "a fraction"), ("[[1]]", "an array")] {
            if key == "route", kind == "an array" { continue }
            guard case .invalid(let problems) = parsed(Self.document(table, key, value)) else {
                Issue.record("\(path) took \(value)")
                continue
            }
            // Others may say that a key is missing beside it.
            let said = problems.filter { $0.key == path && $0.message.hasPrefix("is \(kind); expected ") }
            #expect(said.count == 1)
            #expect(said.first?.line == (table.isEmpty ? 1 : 2))
        }
    }

    @Test(arguments: paths.indices)
    func `a slip in any key is an error that names the line and the nearest key`(index: Int) {
        let (table, key) = Self.paths[index]
        guard key != "ca" else { return }
        var slip = Array(key)
        slip.swapAt(slip.count - 1, slip.count - 2)
        let wrong = String(slip)
        guard wrong != key else { return }
        let path = table.isEmpty ? key : table + "." + key
        let found = said(parsed(Self.document(table, wrong, "1")))
        #expect(found.contains { $0.hasSuffix("unknown key; did you mean \(path)?") })
    }

    @Test(arguments: [Configuration.Module.Profile.quectelGSM, .bc260y])
    func `a module without MQTT has the socket link`(profile: Configuration.Module.Profile) {
        let text = with("module.profile = \"\(profile.rawValue)\"")
        #expect(said(parsed(text, support: .current)) == [])
    }

    @Test func `what this release acts on gets no warning`() {
        #expect(said(parsed(with("module.reset.gpio = \"gpiochip0:1\""), support: .current)) == [])
        #expect(said(parsed(with("remote.heartbeat = false"), support: .current)) == [])
    }
}
