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

    @Test func aPlaceThatIsNotThereOrTooLongIsAnError() throws {
        #expect(throws: SystemError.self) { try PrivateSocket(under: directory.file("missing"), loop: loop) }
        let long = directory.file(String(repeating: "x", count: 100))
        try Files.makeDirectories(long)
        #expect(throws: SystemError.self) { try PrivateSocket(under: long, loop: loop) }
        // No directory is left behind.
        #expect(try Files.list(long).isEmpty)
    }
}
