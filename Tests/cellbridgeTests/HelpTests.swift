import LinuxIO
import Testing

@testable import cellbridge

/// What `--help` says of every command there is, also of those that come later.
struct HelpTests {
    /// Files by name, with what is to be in them.
    static let texts: [(name: String, text: String)] = {
        let program = CommandLineTool.sheet
        var texts = [("help/cellbridge.txt", HelpText.of(program))]
        texts += program.groups.map { (file($0.name), HelpText.of($0)) }
        texts += program.allCommands.map { (file($0.name), HelpText.of($0)) }
        return texts
    }()

    private static func file(_ name: String) -> String { "help/\(name.replacing(" ", with: "-")).txt" }

    @Test(arguments: texts.map(\.name)) func itIsAsItWas(_ name: String) {
        for text in Self.texts where text.name == name { Snapshot.check(text.text, name) }
    }

    @Test func thereIsNoSnapshotOfACommandThatIsGone() throws {
        let known = Set(Self.texts.map(\.name))
        let stored = try Files.list(Snapshot.folder + "/help").map { "help/" + $0 }
        #expect(stored.filter { !known.contains($0) } == [])
    }

    @Test(arguments: CommandLineTool.sheet.allCommands.map(\.name)) func everyCommandHasExamplesAndShortLines(
        _ name: String
    ) throws {
        let command = try #require(CommandLineTool.sheet.allCommands.first { $0.name == name })
        #expect(!command.summary.isEmpty && !command.summary.hasSuffix("."))
        #expect(!command.examples.isEmpty)
        #expect(command.options.contains { $0.name == "quiet" }, "\(name) has no --quiet")
        for line in command.details.split(separator: "\n") { #expect(line.count <= 118, "\(line)") }
        let letters = command.options.compactMap(\.letter)
        #expect(Set(letters).count == letters.count)
        #expect(Set(command.options.map(\.name)).count == command.options.count)
    }

    @Test func theDocumentNamesEveryCommand() throws {
        let root = Snapshot.folder.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        let document = String(decoding: try Files.read(root + "/docs/commands.md", limit: 1 << 20), as: UTF8.self)
        for word in CommandLineTool.sheet.words {
            let isNamed = ["`", " "].contains { document.contains("\n| `\(word.name)\($0)") }
            #expect(isNamed, "docs/commands.md has no row for \(word.name)")
        }
    }
}
