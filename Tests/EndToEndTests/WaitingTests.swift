import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests {
    /// What commands show on a terminal while they wait for the module, the link or an acknowledgement.
    @Suite("Waiting")
    struct Waiting {
        private static let erase = "\r\u{1B}[K"

        /// A command on a terminal, and the screen's bytes when it has ended.
        private func screen(
            _ rig: BridgeRig, _ words: [String]
        ) throws -> (text: String, status: ChildProcess.ExitStatus?) {
            let terminal = try PseudoTerminal()
            var screen: [UInt8] = []
            terminal.onBytes = { screen += $0 }
            try terminal.attach(to: rig.loop)
            var options = ChildProcess.Options(
                rig.program, words + (words[0] == "probe" ? [] : ["-c", rig.directory.file("cellbridge.toml")]))
            options.environment = ["TERM": "xterm"]
            (options.standardOutput, options.standardError) = (.file(terminal.slavePath), .file(terminal.slavePath))
            let child = try ChildProcess(options, loop: rig.loop)
            try rig.wait("the end") { child.exitStatus != nil }
            rig.settle(.milliseconds(50))
            return (String(decoding: screen, as: UTF8.self), child.exitStatus)
        }

        @Test("What is waited for is shown on a terminal, and nothing of it is left", arguments: [false, true])
        func pub(isQuiet: Bool) throws {
            let rig = try BridgeRig.forCommands()
            let words = ["pub", "-t", "x", "-m", "y", "-q", "1"] + (isQuiet ? ["--quiet"] : [])
            let (text, status) = try screen(rig, words)
            #expect(status == .exited(0))
            guard !isQuiet else {
                #expect(text.isEmpty, "\(text.debugDescription)")
                return
            }
            #expect(text.hasPrefix(Self.erase + "no link yet: "), "\(text.debugDescription)")
            #expect(text.hasSuffix(Self.erase), "\(text.debugDescription)")
        }

        @Test("The dialogue is shown from its first line on")
        func dialogue() throws {
            let rig = try BridgeRig.forCommands()
            let run = try rig.command(["pub", "-t", "x", "-n", "--verbose"])
            #expect(
                run.status == 0 && run.errors.split(separator: "\n").first?.hasSuffix(" -> AT") == true, "\(run.report)"
            )
        }

        @Test("What comes is printed on a line of its own")
        func answers() throws {
            let rig = try BridgeRig.forCommands { $0.simulator += ["--latency", "150ms"] }
            let (text, status) = try screen(rig, ["at", "AT+CGMI"])
            #expect(status == .exited(0))
            let parts = text.components(Self.erase)
            #expect(parts.count == 3 && parts[1] == "waiting for the answer", "\(text.debugDescription)")
            #expect(parts.last?.hasSuffix("OK\n") == true, "\(text.debugDescription)")
            let probe = try screen(rig, ["probe", "-p", rig.directory.file("module")])
            #expect(probe.status == .exited(0) && probe.text.contains("asking "), "\(probe.text.debugDescription)")
        }
    }
}

extension String {
    /// What stands between, before and after the places of `separator`.
    fileprivate func components(_ separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
