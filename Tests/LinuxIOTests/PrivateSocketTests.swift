import BridgeTestKit
import Glibc
import LinuxIO
import Testing

/// A socket that takes this process and nobody else.
@Suite struct PrivateSocketTests {
    let loop: EventLoop
    let directory: TemporaryDirectory

    init() throws {
        loop = try EventLoop()
        directory = try TemporaryDirectory("private-socket")
    }

    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        return unsafe lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    private var entries: Int { (try? Files.list(directory.path).count) ?? -1 }

    /// A process that connects, says something and waits.
    private func stranger(_ path: String) throws -> ChildProcess {
        let script =
            "use Socket; $SIG{PIPE} = 'IGNORE'; socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect($s, sockaddr_un($ARGV[0])) or exit 3;"
            + "$| = 1; print \"in\\n\"; syswrite($s, \"hello\"); sysread($s, my $b, 9); print \"out\\n\"; sleep 20;"
        var options = ChildProcess.Options("perl", ["-e", script, path])
        options.standardOutput = .pipe
        return try ChildProcess(options, loop: loop)
    }

    @Test func onlyThisUserCanReachIt() throws {
        let socket = try PrivateSocket(under: directory.path, loop: loop)
        #expect(mode(socket.path) == 0o600)
        let folder = String(socket.path.dropLast("/mqtt".count))
        #expect(mode(folder) == 0o700)
        #expect(folder.hasPrefix(directory.path + "/"))
        socket.close()
        #expect(entries == 0)
    }

    @Test func theOneConnectionTakesThePlaceAway() throws {
        let socket = try PrivateSocket(under: directory.path, loop: loop)
        var connections: [StreamConnection] = []
        socket.onConnected = { connections.append($0) }
        let client = try UnixSocket.connect(socket.path)
        #expect(runLoop(loop) { connections.count == 1 })
        #expect(entries == 0)
        #expect(!Files.exists(socket.path))
        var got: [UInt8] = []
        connections.first?.onBytes = { got += $0 }
        _ = try client.write([1, 2, 3])
        #expect(runLoop(loop) { got == [1, 2, 3] })
        // Its end is not the connection's.
        socket.close()
        _ = try client.write([4])
        #expect(runLoop(loop) { got == [1, 2, 3, 4] })
    }

    @Test func anotherProcessIsNotTakenForTheClient() throws {
        let socket = try PrivateSocket(under: directory.path, loop: loop)
        var connections: [StreamConnection] = []
        socket.onConnected = { connections.append($0) }
        var lines: [String] = []
        let strangers = try (0..<3).map { _ in try stranger(socket.path) }
        for stranger in strangers { stranger.onLine = { lines.append(String(decoding: $1, as: UTF8.self)) } }
        // All of them are hung up on.
        #expect(runLoop(loop) { lines.count { $0 == "out" } == 3 })
        #expect(connections.isEmpty)
        #expect(Files.exists(socket.path))
        let client = try UnixSocket.connect(socket.path)
        #expect(runLoop(loop) { connections.count == 1 })
        _ = try client.write([1])
        var got: [UInt8] = []
        connections.first?.onBytes = { got += $0 }
        #expect(runLoop(loop) { got == [1] })
        for stranger in strangers { stranger.signal(SIGKILL) }
        #expect(runLoop(loop) { strangers.allSatisfy { $0.exitStatus != nil } })
    }

    @Test func itGoesWithItsOwner() throws {
        do {
            let socket = try PrivateSocket(under: directory.path, loop: loop)
            #expect(Files.exists(socket.path))
        }
        #expect(entries == 0)
    }

    /// Runs `body` while this process can have no more descriptors.
    private func withoutDescriptors(_ body: () -> Void) {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let before = limit
        // All below the first free one are taken.
        let free = dup(0)
        close(free)
        limit.rlim_cur = rlim_t(free)
        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        body()
        limit = before
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    @Test func withoutDescriptorsItWaitsForOneAtRest() throws {
        let socket = try PrivateSocket(under: directory.path, loop: loop)
        var connections: [StreamConnection] = []
        socket.onConnected = { connections.append($0) }
        let client = try UnixSocket.connect(socket.path)
        var turns = 0
        withoutDescriptors {
            let end = loop.now + .milliseconds(500)
            loop.schedule(at: end) {}
            loop.run(until: {
                turns += 1
                return loop.now >= end
            })
        }
        #expect(turns < 20 && connections.isEmpty, "\(turns) turns")
        #expect(runLoop(loop) { connections.count == 1 })
        var got: [UInt8] = []
        connections.first?.onBytes = { got += $0 }
        _ = try client.write([1])
        #expect(runLoop(loop) { got == [1] })
    }

    @Test func itsEndWhileItRestsIsItsEnd() throws {
        let socket = try PrivateSocket(under: directory.path, loop: loop)
        let client = try UnixSocket.connect(socket.path)
        withoutDescriptors {
            let end = loop.now + .milliseconds(50)
            loop.schedule(at: end) {}
            loop.run(until: { loop.now >= end })
        }
        socket.close()
        #expect(entries == 0)
        // Longer than the rest.
        let end = loop.now + .milliseconds(300)
        loop.schedule(at: end) {}
        loop.run(until: { loop.now >= end })
        #expect(throws: SystemError.self) { _ = try client.write([1]) }
    }

    @Test func aFailureIsCalledByItsName() throws {
        func failure(under place: String) -> SystemError? {
            do throws(SystemError) {
                _ = try PrivateSocket(under: place, loop: loop)
                return nil
            } catch {
                return error
            }
        }
        let missing = failure(under: directory.file("missing"))
        #expect(missing?.call == "mkdtemp" && missing?.code == ENOENT)
        let long = directory.file(String(repeating: "x", count: 100))
        try Files.makeDirectories(long)
        let tooLong = failure(under: long)
        #expect(tooLong?.call == "bind" && tooLong?.code == ENAMETOOLONG)
        var exhausted: SystemError?
        withoutDescriptors { exhausted = failure(under: directory.path) }
        #expect(exhausted?.call == "bind" && exhausted?.code == EMFILE)
        // Nor is anything left, though a directory cannot be listed then.
        #expect(entries == 1)
    }

    @Test func aPlaceThatIsNotThereOrTooLongIsAnError() throws {
        #expect(throws: SystemError.self) { try PrivateSocket(under: directory.file("missing"), loop: loop) }
        let long = directory.file(String(repeating: "x", count: 100))
        try Files.makeDirectories(long)
        #expect(throws: SystemError.self) { try PrivateSocket(under: long, loop: loop) }
        // No directory is left behind.
        #expect(try Files.list(long).isEmpty)
    }
}
