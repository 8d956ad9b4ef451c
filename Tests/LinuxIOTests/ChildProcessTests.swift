import BridgeTestKit
import Glibc
import LinuxIO
import Synchronization
import Testing

@Suite struct ChildProcessTests {
    let loop: EventLoop

    init() throws {
        loop = try EventLoop()
    }

    private func shell(_ script: String, _ change: (inout ChildProcess.Options) -> Void = { _ in }) throws
        -> ChildProcess
    {
        var options = ChildProcess.Options("sh", ["-c", script])
        options.standardOutput = .pipe
        options.standardError = .pipe
        change(&options)
        return try ChildProcess(options, loop: loop)
    }

    @Test(arguments: [("exit 0", 0), ("exit 7", 7), ("exit 255", 255)])
    func exitCodesAreTold(_ script: String, _ code: Int32) throws {
        let child = try shell(script)
        var statuses: [ChildProcess.ExitStatus] = []
        child.onExit = { statuses.append($0) }
        #expect(runLoop(loop) { !statuses.isEmpty })
        #expect(statuses == [.exited(code)])
        #expect(child.exitStatus == .exited(code))
    }

    @Test func theSignalThatEndedItIsTold() throws {
        let child = try shell("kill -9 $$")
        #expect(runLoop(loop) { child.exitStatus != nil })
        #expect(child.exitStatus == .signalled(SIGKILL))
    }

    @Test func allItsOutputComesBeforeItsExit() throws {
        let child = try shell("seq 1 20000; echo problem >&2; printf tail")
        var lines: [String] = []
        var problems: [String] = []
        var atExit = 0
        child.onLine = { output, line in
            switch output {
            case .standardOutput: lines.append(String(decoding: line, as: UTF8.self))
            case .standardError: problems.append(String(decoding: line, as: UTF8.self))
            }
        }
        child.onExit = { _ in atExit = lines.count }
        #expect(runLoop(loop) { child.exitStatus != nil })
        #expect(atExit == 20001)
        #expect(lines.prefix(2) == ["1", "2"] && lines.suffix(2) == ["20000", "tail"])
        #expect(problems == ["problem"])
    }

    @Test func aDescendantThatKeepsThePipeDoesNotHoldBackTheExit() throws {
        let child = try shell("sleep 60 & echo $!; exit 3") { $0.ownGroup = true }
        var sleeper: Int32?
        child.onLine = { sleeper = Int32(String(decoding: $1, as: UTF8.self)) }
        #expect(runLoop(loop) { child.exitStatus != nil })
        #expect(child.exitStatus == .exited(3))
        kill(try #require(sleeper), SIGKILL)
    }

    @Test func moreThanAPipefulGoesIn() throws {
        let child = try shell("cat") { $0.standardInput = .pipe }
        let bytes = (0..<500_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var received: [UInt8] = []
        child.onOutput = { received += $1 }
        #expect(child.write(bytes))
        child.closeInput()
        #expect(!child.write([1]))
        #expect(runLoop(loop) { child.exitStatus != nil })
        #expect(received == bytes)
    }

    @Test func aChildThatReadsNoMoreDoesNotEndUs() throws {
        let child = try shell("exec 0<&-; echo closed; exec sleep 60") { $0.standardInput = .pipe }
        var isClosed = false
        child.onLine = { _, _ in isClosed = true }
        #expect(runLoop(loop) { isClosed })
        child.write([1])
        #expect(!child.write([2]))
        child.signal(SIGKILL)
        #expect(runLoop(loop) { child.exitStatus != nil })
    }

    @Test func oneThatIgnoresTheTermIsKilledAfterTheLimit() throws {
        let child = try shell("trap '' TERM; echo ready; while :; do sleep 60; done") { $0.ownGroup = true }
        var isReady = false
        child.onLine = { _, _ in isReady = true }
        #expect(runLoop(loop) { isReady })
        child.terminate(within: .milliseconds(50))
        #expect(runLoop(loop) { child.exitStatus != nil })
        #expect(child.exitStatus == .signalled(SIGKILL))
    }

    @Test func terminationTakesTheWholeGroup() throws {
        let child = try shell("(trap '' TERM; sleep 60) & echo $!; wait") { $0.ownGroup = true }
        var sleeper: Int32?
        child.onLine = { sleeper = Int32(String(decoding: $1, as: UTF8.self)) }
        #expect(runLoop(loop) { sleeper != nil })
        child.terminate()
        #expect(runLoop(loop) { child.exitStatus != nil })
        let pid = try #require(sleeper)
        // Its new parent reaps it; a zombie counts as ended.
        #expect(runLoop(loop) { kill(pid, 0) != 0 || state(pid) == "Z" })
    }

    @Test func aProgramThatIsNotThereIsTold() {
        for name in ["/nonexistent/program", "no-such-program-anywhere"] {
            #expect(throws: SystemError("execve", name, code: ENOENT)) {
                _ = try ChildProcess(ChildProcess.Options(name), loop: loop)
            }
        }
        #expect(throws: SystemError("execve", "/dev/null", code: EACCES)) {
            _ = try ChildProcess(ChildProcess.Options("/dev/null"), loop: loop)
        }
    }

    @Test func environmentDirectoryAndDescriptorsAreWhatWasAsked() throws {
        let open = try OwnedDescriptor.open("/dev/null", flags: O_RDONLY)
        let leaky = dup(open.raw)
        defer { close(leaky) }
        let child = try shell("echo $NAME; pwd; ls /proc/self/fd | wc -l") {
            $0.environment = ["NAME": "value", "PATH": "/usr/bin:/bin"]
            $0.workingDirectory = "/"
        }
        var lines: [String] = []
        child.onLine = { lines.append(String(decoding: $1, as: UTF8.self)) }
        #expect(runLoop(loop) { child.exitStatus != nil })
        // 0, 1, 2 and the directory that `ls` reads.
        #expect(lines == ["value", "/", "4"])
    }

    @Test func signalsBlockedOrIgnoredHereAreNotThere() throws {
        let signals = try SignalSource([SIGUSR2], loop: loop) { _ in }
        defer { signals.close() }
        // Not through a shell, which would set its own.
        var options = ChildProcess.Options("grep", ["-E", "Sig(Blk|Ign)", "/proc/self/status"])
        options.standardInput = .pipe
        options.standardOutput = .pipe
        let child = try ChildProcess(options, loop: loop)
        var lines: [String] = []
        child.onLine = { lines.append(String(decoding: $1, as: UTF8.self)) }
        #expect(runLoop(loop) { child.exitStatus != nil })
        // The low sixteen bits: SIGUSR2 and SIGPIPE are there, and what is glibc's own is not.
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.hasSuffix("0000") })
    }

    @Test func outputIsAppendedToAFile() throws {
        let directory = try TemporaryDirectory()
        for word in ["one", "two"] {
            let child = try shell("echo \(word)") { $0.standardOutput = .file(directory.file("log")) }
            #expect(runLoop(loop) { child.exitStatus != nil })
        }
        #expect(try Files.read(directory.file("log"), limit: 100) == Array("one\ntwo\n".utf8))
    }

    @Test(arguments: [true, false])
    func itIsKilledWithItsParentWhenAsked(_ diesWithParent: Bool) throws {
        var options = ChildProcess.Options("setpriv", ["--dump"])
        options.standardOutput = .pipe
        options.diesWithParent = diesWithParent
        let child = try ChildProcess(options, loop: loop)
        var text: [UInt8] = []
        child.onOutput = { text += $1 }
        #expect(runLoop(loop) { child.exitStatus != nil })
        let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.contains("death") }
        #expect(line.map { $0.contains("KILL") } == diesWithParent)
    }

    @Test func itOutlivesTheThreadThatStartedIt() throws {
        // The kernel's death signal is about the parent's thread, not its process.
        let started = Started()
        let thread = try Thread(loop) { _ in
            guard let loop = try? EventLoop() else { return }
            let child = try? ChildProcess(ChildProcess.Options("sleep", ["60"]), loop: loop)
            started.pid.store(child?.pid ?? 0, ordering: .releasing)
        }
        thread.join()
        let child = started.pid.load(ordering: .acquiring)
        try #require(child > 0)
        var status: Int32 = 0
        #expect(!runLoop(loop, limit: .milliseconds(50)) { unsafe waitpid(child, &status, WNOHANG) != 0 })
        kill(child, SIGKILL)
        unsafe waitpid(child, &status, 0)
    }

    private func state(_ pid: Int32) -> String? {
        guard let bytes = try? Files.read("/proc/\(pid)/stat", limit: 4096) else { return nil }
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ")
        return fields?.first.map(String.init)
    }
}

private final class Started: Sendable {
    let pid = Atomic<Int32>(0)
}
