import LinuxIO
import PrivateBroker
import Testing

@testable import cellbridge

/// The completions, asked in the shells themselves. bash is everywhere; zsh and fish only where they are installed.
struct CompletionTests {
    /// A command line up to the cursor, its words apart, and what must and must not be offered.
    struct Line: Sendable, CustomTestStringConvertible {
        var words: [String]
        var offered: [String]
        var missing: [String] = []
        var testDescription: String { words.joined(separator: " ") }
    }

    static let lines = [
        Line(words: [""], offered: ["run", "explain", "certs", "help"], missing: ["list"]),
        Line(words: ["ch"], offered: ["check"], missing: ["run"]),
        Line(words: ["help", "r"], offered: ["run"]),
        Line(words: ["certs", ""], offered: ["list", "rotate"], missing: ["run"]),
        Line(words: ["certs", "list", "--"], offered: ["--offline", "--config"], missing: ["--install"]),
        Line(words: ["explain", "--q"], offered: ["--qos", "--quiet"], missing: ["--rate"]),
        Line(words: ["explain", "t", "--payload", "/etc/host"], offered: ["/etc/hosts"], missing: ["--qos"]),
        Line(words: ["run", "-c", "/etc/host"], offered: ["/etc/hosts"]),
        Line(words: ["simulate", "--nitz", ""], offered: ["on", "off"], missing: ["--profile"]),
        Line(words: ["simulate", "--profile", "air7"], offered: ["air780e", "air724ug"], missing: ["ec716s"]),
        Line(words: ["man", ""], offered: ["cellbridge.toml"]),
        Line(words: ["completion", "f"], offered: ["fish"], missing: ["bash"]),
    ]

    private func judge(_ line: Line, _ offered: [String], sourceLocation: SourceLocation = #_sourceLocation) {
        for word in line.offered {
            #expect(offered.contains(word), "\(word) in \(offered)", sourceLocation: sourceLocation)
        }
        for word in line.missing {
            #expect(!offered.contains(word), "\(word) in \(offered)", sourceLocation: sourceLocation)
        }
    }

    private func written(_ text: String) throws -> (directory: TemporaryDirectory, path: String) {
        let directory = try TemporaryDirectory()
        try Files.writeAtomically(directory.file("completion"), Array(text.utf8))
        return (directory, directory.file("completion"))
    }

    // MARK: bash

    private func bash(_ words: [String]) throws -> [String] {
        let file = try written(BashCompletion.script(CommandLineTool.sheet))
        let asking = """
            source "$1" || exit 1; shift; COMP_WORDS=(cellbridge "$@"); COMP_CWORD=$#
            _cellbridge; printf '%s\\n' "${COMPREPLY[@]}"
            """
        let (lines, isGood) = try Tool.run("bash", ["--norc", "-c", asking, "bash", file.path] + words)
        #expect(isGood, "\(lines)")
        return lines
    }

    @Test(arguments: lines) func bashOffers(_ line: Line) throws { judge(line, try bash(line.words)) }

    @Test func bashSplitsAtTheEqualsSign() throws {
        judge(Line(words: [], offered: ["on", "off"]), try bash(["simulate", "--nitz", "="]))
        judge(Line(words: [], offered: ["off"], missing: ["on"]), try bash(["simulate", "--nitz", "=", "of"]))
    }

    @Test func bashTakesTheScriptAsItIs() throws {
        let file = try written(BashCompletion.script(CommandLineTool.sheet))
        let (lines, isGood) = try Tool.run("bash", ["-n", file.path])
        #expect(isGood && lines.isEmpty, "\(lines)")
        let (rule, _) = try Tool.run("bash", ["--norc", "-c", "source \"$1\"; complete -p cellbridge", "-", file.path])
        #expect(rule == ["complete -F _cellbridge cellbridge"])
    }

    // MARK: fish

    @Test(.enabled(if: Tool.isThere("fish"), "fish is not installed"), arguments: lines)
    func fishOffers(_ line: Line) throws {
        let file = try written(FishCompletion.script(CommandLineTool.sheet))
        let text = (["cellbridge"] + line.words).joined(separator: " ")
        let (lines, isGood) = try Tool.run(
            "fish", ["--no-config", "-c", "source \(file.path); complete -C '\(text)'"])
        #expect(isGood, "\(lines)")
        judge(line, lines.map { String($0.prefix { $0 != "\t" }) })
    }

    // MARK: zsh

    @Test(.enabled(if: Tool.isThere("zsh"), "zsh is not installed"))
    func zshTakesTheScriptAsItIs() throws {
        let file = try written(ZshCompletion.script(CommandLineTool.sheet))
        let (lines, isGood) = try Tool.run("zsh", ["-n", file.path])
        #expect(isGood && lines.isEmpty, "\(lines)")
        let asking = """
            autoload -Uz compinit; compinit -D; source "$1"; print -- ${_comps[cellbridge]}
            """
        let (rule, _) = try Tool.run("zsh", ["-f", "-c", asking, "-", file.path])
        #expect(rule == ["_cellbridge"])
    }

    // MARK: All of them

    @Test func everyWordIsSafeInAScript() {
        for command in CommandLineTool.sheet.allCommands {
            var words = [command.name] + command.options.map(\.name)
            for completion in command.options.map(\.completion) + command.operands.map(\.completion) {
                if case .words(let more) = completion { words += more }
            }
            for word in words {
                let isSafe = word.utf8.allSatisfy { byte in
                    byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: " ")
                        || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
                        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                }
                #expect(isSafe, "\(word)")
            }
        }
    }

    @Test func textsCannotLeaveTheirQuotes() {
        let command = CommandSheet(
            name: "odd", summary: "it's [odd]: \\", details: "", examples: [],
            options: [
                .init(
                    name: "odd", letter: "o", argument: "A:B", help: "that's [it]: \\", completion: .words(["a", "b"]))
            ],
            operands: [])
        let program = ProgramSheet(commands: [command], groups: [])
        let zsh = ZshCompletion.script(program)
        #expect(zsh.contains("'(-o --odd)'{-o+,--odd=}'[that'\\''s \\[it\\]\\: \\\\]:A\\:B:(a b)'"))
        #expect(zsh.contains("'odd:it'\\''s [odd]\\: \\\\'"))
        #expect(FishCompletion.script(program).contains("-s o -l odd -x -a 'a b' -d 'that\\'s [it]: \\\\'"))
    }
}
