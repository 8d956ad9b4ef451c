import Configuration
import LinuxIO
import PrivateBroker
import Testing

@testable import cellbridge

/// Both pages, by themselves and by the tools that read them, where those are installed.
struct ManualPageTests {
    static let pages = ["cellbridge.1", "cellbridge.toml.5"]

    private static func source(_ page: String) -> String {
        page == pages[0] ? ProgramPage.source(CommandLineTool.sheet) : ConfigurationPage.source
    }

    @Test(arguments: pages) func everyLineIsTextOrAMacroWeKnow(_ page: String) {
        let macros: Set<Substring> = [".TH", ".SH", ".SS", ".PP", ".TP", ".nf", ".fi", ".RS", ".RE"]
        for line in Self.source(page).split(separator: "\n", omittingEmptySubsequences: false).dropFirst().dropLast() {
            let isASCII = line.utf8.allSatisfy { 0x20...0x7E ~= $0 }
            #expect(isASCII && !line.isEmpty && !line.hasPrefix("'"), "\(line)")
            if line.hasPrefix(".") { #expect(macros.contains(line.prefix { $0 != " " }), "\(line)") }
        }
    }

    @Test func everyCommandIsTold() {
        let page = Self.source(Self.pages[0])
        for command in CommandLineTool.sheet.allCommands {
            #expect(page.contains(".SS \"cellbridge \(command.name) "), "\(command.name)")
            for option in command.options where option.name != "help" {
                #expect(page.contains("\\-\\-" + option.name.replacing("-", with: "\\-")), "\(option.name)")
            }
        }
    }

    @Test func everyKeyIsTold() {
        let page = Self.source(Self.pages[1])
        for table in Configuration.documentedTables {
            for key in table.keys { #expect(page.contains("\n\\fB\(key.name)\\fR \\fI("), "\(table.name).\(key.name)") }
        }
        let isIncomplete = Configuration.keysNotActedOn.contains { !$0.contains("=") }
        #expect(page.contains("Accepted, but not acted on in this release.") == isIncomplete)
    }

    @Test func theExampleIsAConfiguration() {
        let loaded = Configuration.parse(text: ConfigurationPage.example, file: "x", directory: "/", hostName: "box")
        guard case .valid(_, let warnings) = loaded else {
            Issue.record("\(loaded)")
            return
        }
        #expect(warnings.isEmpty)
    }

    @Test func noTextBecomesARequest() {
        var page = Roff(title: "X", section: 1, made: "x", version: "1")
        page.text(".so /etc/passwd\nback\\slash - `bold - text` it's ü … \n\n'quote")
        page.item(".x", "\"y\"")
        page.subsection("a \"b\"")
        let lines = page.source.split(separator: "\n").dropFirst(2).map(String.init)
        #expect(
            lines == [
                "\\&.so /etc/passwd back\\eslash \\- \\fBbold \\- text\\fR it\\(aqs \\[u00FC] ...", ".PP", "\\(aqquote",
                ".TP",
                "\\fB\\&.x\\fR", "\"y\"", ".SS \"a \\(dqb\\(dq\"",
            ])
    }

    @Test(.enabled(if: Tool.isThere("mandoc"), "mandoc is not installed"), arguments: pages)
    func mandocHasNothingAgainstIt(_ page: String) throws {
        let directory = try TemporaryDirectory()
        try Files.writeAtomically(directory.file(page), Array(Self.source(page).utf8))
        let (lines, _) = try Tool.run("mandoc", ["-Tlint", "-Wwarning", directory.file(page)])
        // A page has no date: it is as old as the program.
        #expect(lines.filter { !$0.contains("missing date") } == [])
    }

    @Test(.enabled(if: Tool.isThere("groff"), "groff is not installed"), arguments: pages)
    func groffHasNothingAgainstIt(_ page: String) throws {
        let directory = try TemporaryDirectory()
        try Files.writeAtomically(directory.file(page), Array(Self.source(page).utf8))
        let (lines, isGood) = try Tool.run("groff", ["-man", "-ww", "-z", "-Tascii", directory.file(page)])
        #expect(isGood && lines.isEmpty, "\(lines)")
    }
}
