import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests {
    /// What the README's first command shows.
    @Suite("The demo")
    struct Demo {
        let loop: EventLoop
        let directory: TemporaryDirectory

        init() throws {
            loop = try EventLoop()
            directory = try TemporaryDirectory()
        }

        @Test("Every message arrives, through one lost connection; nothing is left behind")
        func succeeds() throws {
            let (demo, output) = try start()
            #expect(runLoop(loop, limit: .seconds(40)) { demo.exitStatus != nil })
            #expect(demo.exitStatus == .exited(0), "\(output.tail(30))")
            #expect(output.contains("survived: messages cross both ways again"))
            #expect(output.contains("every message arrived, in order, through one lost connection"))
            #expect(!output.contains("\u{1b}"), "colours, though this is no terminal")
            try expectNothingLeft()
        }

        @Test(
            "Ctrl-C at any moment ends all of it, and then the demo by that signal",
            arguments: ["[2/6]", "[4/6]", "ready after", "is cut now"])
        func interrupted(moment: String) throws {
            let (demo, output) = try start()
            #expect(runLoop(loop, limit: .seconds(20)) { output.contains(moment) || demo.exitStatus != nil })
            demo.signal(SIGINT)
            #expect(runLoop(loop, limit: .seconds(15)) { demo.exitStatus != nil })
            #expect(demo.exitStatus == .signalled(SIGINT), "\(output.tail(10))")
            try expectNothingLeft()
        }

        private func start() throws -> (ChildProcess, TailedFile) {
            try Files.makeDirectories(directory.file("demo"))
            var options = ChildProcess.Options(try BridgeRig.findProgram(), ["demo"])
            options.environment = ["PATH": "/usr/bin:/bin:/usr/sbin", "TMPDIR": directory.file("demo")]
            options.standardOutput = .file(directory.file("output"))
            options.standardError = .file(directory.file("output"))
            return (try ChildProcess(options, loop: loop), TailedFile(directory.file("output")))
        }

        /// No file, and no process that was told of one: the brokers and the bridge get theirs from this directory.
        private func expectNothingLeft() throws {
            #expect(try Files.list(directory.file("demo")).isEmpty)
            let home = Array(directory.path.utf8)
            for process in try Files.list("/proc") where Int32(process) != nil {
                let line = (try? Files.read("/proc/\(process)/cmdline", limit: 65536)) ?? []
                #expect(!line.contains(home), "process \(process) runs on")
            }
        }
    }
}
