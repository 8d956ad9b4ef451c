import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests {
    /// What the program tells of itself, by the binary as it is installed: `explain`, completions, manual pages.
    @Suite("Explain, completion, man")
    struct Paper {
        /// A script for a shell, with the binary's folder first in PATH; what it prints.
        private func shell(_ rig: BridgeRig, _ shell: String, _ arguments: [String]) throws -> CommandRun {
            let folder = rig.program.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            let path = "\(folder.joined(separator: "/")):/usr/local/bin:/usr/bin:/bin"
            return try CommandRun(
                rig, "/usr/bin/env",
                ["PATH=\(path)", "HOME=\(rig.directory.path)", "LC_ALL=C.UTF-8", shell] + arguments
            ).finish(rig)
        }

        private static func isThere(_ tool: String) -> Bool { Files.exists("/usr/bin/\(tool)") }

        // MARK: explain

        @Test("explain says the same with the service, without it, and while it hangs")
        func explain() throws {
            let rig = try BridgeRig()
            let questions: [(words: [String], status: Int32)] = [
                (["plant/press"], 0), (["--rate", "500/day", "-m", "{\"on\":true}", "-q", "0", "plant/lamp"], 0),
                (["--in", "cmd/pump"], 0), (["planted/x"], 1), (["--size", "100000", "plant/big"], 1),
            ]
            func answers(_ flags: [String]) throws -> String {
                var text = ""
                for (words, status) in questions {
                    let run = try rig.command(["explain"] + flags + words)
                    #expect(run.status == status && run.errors.isEmpty, "\(run.report)")
                    text += "$ cellbridge \((["explain"] + flags + words).joined(separator: " "))\n\(run.text)"
                }
                return text
            }
            let alone = (people: try answers([]), scripts: try answers(["--json"]))
            CommandSnapshot.check(alone.people, "explain.txt", rig)
            CommandSnapshot.check(alone.scripts, "explain.json", rig)
            #expect(alone.people.contains("a month at 500/day (an estimate)"))
            #expect(try answers(["--quiet"]).split(separator: "\n").count == questions.count)
            try rig.start()
            #expect(try answers([]) == alone.people && answers(["--json"]) == alone.scripts)
            try rig.simulator.fault("hang")
            #expect(try answers([]) == alone.people)
            let wrong = try CommandRun(rig, rig.program, ["explain", "-c", "/not/there", "a"]).finish(rig)
            #expect(wrong.status == 66 && wrong.text.isEmpty, "\(wrong.report)")
        }

        @Test("what explain says becomes of a message is what becomes of it, and of its bytes on the line")
        func explained() throws {
            let rig = try BridgeRig.forCommands()
            try rig.start()
            let told = try rig.command(["explain", "--json", "-m", "hello", "plant/press"]).text
            #expect(told.contains(#""other_topic":"site7/press""#) && told.contains(#""encoding":"text""#), "\(told)")
            let there = try rig.awaitGrant { try rig.mosquitto("sub", ["-t", "#", "-C", "1", "-v", "-q", "1"]) }
            _ = try rig.mosquitto("pub", ["-t", "plant/press", "-m", "hello", "-q", "1"], port: rig.local.port)
                .finish(rig)
            try there.finish(rig)
            #expect(there.text == "site7/press hello\n")
            let line = try #require(rig.simulator.commands().first { $0.hasPrefix("AT+MPUB=") })
            #expect(told.contains("\"line_bytes_sent\":\(line.utf8.count + 2)"), "\(line): \(told)")
        }

        // MARK: completion

        @Test("bash completes a subcommand, a flag, a value and a file, with the script that the binary prints")
        func bash() throws {
            let rig = try BridgeRig()
            let asking = """
                source <(cellbridge completion bash) || exit 1
                ask() { COMP_WORDS=(cellbridge "$@"); COMP_CWORD=$#; _cellbridge; echo "$*: ${COMPREPLY[*]}"; }
                complete -p cellbridge
                ask sta; ask queue re; ask status --wa; ask simulate --nitz o; ask explain a --payload /etc/hostn; ask nonsense -
                """
            let run = try shell(rig, "bash", ["--norc", "-c", asking])
            #expect(run.status == 0 && run.errors.isEmpty, "\(run.report)")
            CommandSnapshot.check(run.text, "completion-bash.txt", rig)
        }

        @Test("fish does the same", .enabled(if: Paper.isThere("fish"), "fish is not installed"))
        func fish() throws {
            let rig = try BridgeRig()
            let asking = """
                cellbridge completion fish | source
                for line in 'sta' 'queue re' 'status --wa' 'simulate --nitz o'
                    echo "$line:" (complete -C "cellbridge $line" | string split -f1 \\t)
                end
                """
            let run = try shell(rig, "fish", ["--no-config", "-c", asking])
            #expect(run.status == 0 && run.errors.isEmpty, "\(run.report)")
            CommandSnapshot.check(run.text, "completion-fish.txt", rig)
        }

        @Test("zsh completes at its prompt", .enabled(if: Paper.isThere("zsh"), "zsh is not installed"))
        func zsh() throws {
            let rig = try BridgeRig()
            let terminal = try PseudoTerminal()
            var screen = ""
            terminal.onBytes = { screen += String(decoding: $0, as: UTF8.self) }
            try terminal.attach(to: rig.loop)
            let setup = """
                PS1='ready> '; unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -D
                source <(cellbridge completion zsh)
                """
            try Files.writeAtomically(rig.directory.file(".zshrc"), Array(setup.utf8))
            let folder = rig.program.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            var options = ChildProcess.Options("/usr/bin/zsh", ["-d", "-i"])
            (options.standardInput, options.standardOutput) = (.file(terminal.slavePath), .file(terminal.slavePath))
            options.standardError = .file(terminal.slavePath)
            options.environment = [
                "PATH": "\(folder.joined(separator: "/")):/usr/bin:/bin", "HOME": rig.directory.path,
                "ZDOTDIR": rig.directory.path, "TERM": "dumb", "LC_ALL": "C.UTF-8",
            ]
            let child = try ChildProcess(options, loop: rig.loop)
            defer { child.signal(SIGKILL) }
            try rig.wait("a prompt: \(screen)") { screen.contains("ready> ") }
            // What a Tab makes of each line; then the line is dropped.
            for (typed, becomes) in [
                ("cellbridge sta", "cellbridge status "), ("cellbridge queue ret", "cellbridge queue retry "),
                ("cellbridge status --wa", "cellbridge status --watch "),
                ("cellbridge simulate --nitz of", "cellbridge simulate --nitz off "),
            ] {
                let known = screen.count
                terminal.write(Array((typed + "\t").utf8))
                try rig.wait("\(becomes), on a screen that holds \(screen.debugDescription)") {
                    screen.dropFirst(known).replacing("\r", with: "").contains(becomes)
                }
                terminal.write([0x15])
            }
        }

        // MARK: man

        @Test("the manual pages are read without a complaint", arguments: ["cellbridge", "cellbridge.toml"])
        func man(page: String) throws {
            let rig = try BridgeRig()
            let section = page == "cellbridge" ? 1 : 5
            let readers: [(tool: String, line: String)] = [
                ("man", "cellbridge man \(page) | MANWIDTH=100 man --warnings=w -E ascii -l - | col -b"),
                ("groff", "cellbridge man \(page) | groff -man -ww -Tascii | col -b"),
                ("mandoc", "cellbridge man \(page) | mandoc -Tascii | col -b"),
                ("mandoc", "cellbridge man \(page) | mandoc -Tlint -Wwarning | grep -v 'missing date'; true"),
            ]
            for (tool, line) in readers where Self.isThere(tool) {
                let run = try shell(rig, "bash", ["--norc", "-c", line])
                #expect(run.status == 0 && run.errors.isEmpty, "\(line): \(run.report)")
                if line.contains("lint") {
                    #expect(run.text.isEmpty, "\(run.text)")
                } else {
                    let name = page.uppercased() + "(\(section))"
                    #expect(
                        run.text.contains(name) || run.text.contains("\(page)(\(section))"), "\(line): \(run.report)")
                    #expect(
                        run.text.contains("NAME") && run.text.contains(section == 1 ? "Examples:" : "EXAMPLES"),
                        "\(line): \(run.text.prefix(3000))")
                }
            }
        }
    }
}
