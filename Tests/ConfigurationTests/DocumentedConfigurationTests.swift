import Glibc
import Testing

@testable import Configuration

/// Every configuration that the documents and the examples show is one that works, without a warning.
@Suite struct DocumentedConfigurationTests {
    /// A configuration and where it stands.
    struct Shown: Sendable, CustomTestStringConvertible {
        var place: String
        var text: String
        var testDescription: String { place }
    }

    @Test(arguments: Self.all)
    func `it is valid, without a warning`(_ shown: Shown) {
        let loaded = Configuration.parse(
            text: shown.text, file: shown.place, directory: "/etc/cellbridge", readSecrets: false, hostName: "box")
        guard case .valid(_, let warnings) = loaded else {
            Issue.record("\(loaded)")
            return
        }
        #expect(warnings.map(\.description) == [])
    }

    @Test func `some are found in every place`() {
        let places = Self.all.map(\.place)
        for start in ["README.md:", "docs/configuration.md:", "docs/getting-started.md:", "examples/README.md:"] {
            #expect(places.contains { $0.hasPrefix(start) }, "no ```toml block in \(start)")
        }
        #expect(places.count { $0.hasPrefix("examples/") && $0.hasSuffix(".toml") } >= 3)
    }

    /// A key that the reference does not name is one that nobody finds.
    @Test func `the reference names every key`() {
        let reference = Self.read("docs/configuration.md")
        for (table, keys) in KnownKeys.tables {
            for key in keys {
                let name = table.isEmpty ? (key == "route" ? "[[route]]" : "[\(key)]") : key
                #expect(reference.contains("`\(name)`"), "docs/configuration.md does not name \(name) of [\(table)]")
            }
        }
    }

    // MARK: Where they stand

    static let all: [Shown] = {
        var found: [Shown] = []
        for file in matches("README.md") + matches("docs/*.md") + matches("examples/*.md") {
            found += blocks(file, read(file))
        }
        for file in matches("examples/*.toml") + matches("deploy/*.toml") {
            found.append(Shown(place: file, text: read(file)))
        }
        return found
    }()

    private static var root: String {
        #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    }

    /// What stands between ```toml and ```.
    private static func blocks(_ file: String, _ text: String) -> [Shown] {
        var found: [Shown] = []
        var block: Shown?
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line == "```toml" {
                block = Shown(place: "\(file):\(number + 1)", text: "")
            } else if line.hasPrefix("```"), let whole = block {
                found.append(whole)
                block = nil
            } else if block != nil {
                block?.text += line + "\n"
            }
        }
        return found
    }

    private static func matches(_ pattern: String) -> [String] {
        var result = unsafe glob_t()
        defer { unsafe globfree(&result) }
        guard unsafe glob(root + "/" + pattern, 0, nil, &result) == 0 else { return [] }
        return unsafe (0..<Int(result.gl_pathc)).compactMap { index in
            unsafe result.gl_pathv[index].map { String(unsafe String(cString: $0).dropFirst(root.count + 1)) }
        }
    }

    private static func read(_ file: String) -> String {
        let descriptor = unsafe open(root + "/" + file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = unsafe Glibc.read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }
}
