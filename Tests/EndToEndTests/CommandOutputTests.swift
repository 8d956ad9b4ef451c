import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests {
    /// What the commands for messages, raw AT and the queue print, held against files: the same alone and through the service.
    @Suite("What commands print")
    struct CommandOutput {
        /// A command, what it printed and how it ended, as somebody would see it at a prompt.
        private static func shown(_ words: [String], _ run: CommandRun) -> String {
            let command = words.map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ")
            return "$ cellbridge \(command)\n\(run.text)\(run.errors)[\(run.status ?? -1)]\n"
        }

        private static func session(
            _ rig: BridgeRig, _ commands: [(words: [String], input: String?)]
        ) throws -> String {
            try commands.map { words, input in
                shown(words, try rig.command(words, input: input.map { Array($0.utf8) }))
            }.joined(separator: "\n")
        }

        @Test("pub, rr, at and console", arguments: [false, true]) func hands(isRunning: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isRunning { try rig.start() }
            let text = try Self.session(
                rig,
                [
                    (["pub", "-t", "a/b", "-m", "hello", "-q", "1"], nil),
                    (["pub", "-t", "a/+", "-m", "hello"], nil),
                    (["rr", "-t", "x/y", "-e", "x/y", "-m", "question", "-W", "10"], nil),
                    (["at", "AT+CGMI", "AT+CPIN?"], nil), (["at", "--json", "AT+CPIN?"], nil),
                    (["console"], "AT+CPIN?\nAT+CGMI\n"),
                ])
            CommandSnapshot.check(text, "hands-\(isRunning ? "service" : "alone").txt", rig)
        }

        @Test("sub", arguments: [false, true]) func sub(isRunning: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isRunning { try rig.start() }
            let words = ["sub", "-t", "news/#", "-C", "2", "-v", "-q", "1"]
            let run = try rig.begin(words)
            try rig.wait("the subscription", limit: .seconds(30)) { rig.remote.log.contains("news/#") }
            for text in ["one", "two"] {
                try rig.mosquitto("pub", ["-t", "news/today", "-m", text, "-q", "1"]).finish(rig)
            }
            try run.finish(rig)
            CommandSnapshot.check(Self.shown(words, run), "sub.txt", rig)
        }

        @Test("queue list, export, verify, retry and purge of what waits") func queue() throws {
            let rig = try BridgeRig.forCommands()
            try rig.start()
            #expect(try rig.stop() == .exited(0))
            let text = try Self.session(
                rig,
                [
                    (["queue", "list"], nil),
                    (["pub", "--queue", "--same-id", "-t", "a/b", "-m", "hello", "-q", "1"], nil),
                    (["pub", "--queue", "--same-id", "-t", "a/c", "-m", "world", "-q", "1"], nil),
                    (["queue", "list"], nil), (["queue", "verify"], nil), (["queue", "retry", "--all"], nil),
                    (["queue", "export"], nil),
                    (["queue", "purge", "--topic", "a/b", "--yes"], nil), (["queue", "list", "--json"], nil),
                ])
            CommandSnapshot.check(text, "queue.txt", rig)
        }
    }
}
