import BridgeTestKit
import Glibc
import LinuxIO
import PrivateBroker

/// `openssl s_server` of its own, which sends every line back reversed; `CLOSE` makes it say goodbye.
final class SecureServer {
    let port: Int
    private let child: ChildProcess
    private let loop: EventLoop
    private let directory: TemporaryDirectory

    /// Further arguments say what it shows and wants.
    init(_ arguments: [String]) throws {
        directory = try TemporaryDirectory("secure-server")
        loop = try EventLoop()
        let log = directory.file("log")
        var options = ChildProcess.Options(
            "/usr/bin/openssl", ["s_server", "-accept", "127.0.0.1:0", "-rev"] + arguments)
        options.standardOutput = .file(log)
        options.standardError = .file(log)
        let child = try ChildProcess(options, loop: loop)
        self.child = child
        var found: Int?
        runLoop(loop) {
            let text = String(decoding: (try? Files.read(log, limit: 1 << 20)) ?? [], as: UTF8.self)
            let line = text.split(separator: "\n").first { $0.hasPrefix("ACCEPT 127.0.0.1:") }
            found = line?.split(separator: ":").last.flatMap { Int($0) }
            return found != nil || child.exitStatus != nil
        }
        guard let found else {
            throw SystemError("openssl s_server", log, code: ETIMEDOUT)
        }
        port = found
    }

    /// One that shows this certificate.
    convenience init(_ identity: TestCertificates.Identity, _ arguments: [String] = []) throws {
        try self.init(["-cert", identity.certificate, "-key", identity.key] + arguments)
    }

    deinit { kill() }

    /// Ends it without a goodbye.
    func kill() {
        child.signal(SIGKILL)
        runLoop(loop) { child.exitStatus != nil }
    }
}
