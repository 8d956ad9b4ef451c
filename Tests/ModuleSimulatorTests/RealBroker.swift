import Glibc

@testable import ModuleSimulator

/// A mosquitto of our own on a free loopback port; gone with its owner.
final class RealBroker {
    let port: UInt16
    private let directory: String
    private var process: pid_t = 0

    struct Failure: Error { var text: String }

    init() throws {
        port = try Self.freePort()
        var template = Array("/tmp/simulator-broker-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw Failure(text: "mkdtemp") }
        directory = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var lines = "listener \(port) 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
        if getuid() == 0 { lines += "user root\n" }
        try write(lines, to: directory + "/broker.conf")
        try start()
    }

    deinit {
        stop()
        unsafe unlink(directory + "/broker.conf")
        unsafe rmdir(directory)
    }

    func start() throws {
        let words = ["mosquitto", "-c", directory + "/broker.conf"]
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = unsafe [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nil]
        defer { unsafe (arguments + environment).forEach { unsafe free($0) } }
        for path in ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"] {
            if unsafe posix_spawn(&process, path, nil, nil, &arguments, &environment) == 0 { break }
        }
        guard process > 0 else { throw Failure(text: "no mosquitto here") }
        for _ in 0..<500 {
            if Self.answers(port) { return }
            usleep(10_000)
        }
        throw Failure(text: "mosquitto does not listen")
    }

    func stop() {
        guard process > 0 else { return }
        // Not SIGTERM: the test runner's threads block it, and a child inherits that.
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        process = 0
    }

    private func write(_ text: String, to path: String) throws {
        guard let file = unsafe fopen(path, "w") else { throw Failure(text: path) }
        _ = unsafe fputs(text, file)
        _ = unsafe fclose(file)
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func answers(_ port: UInt16) -> Bool {
        let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(raw) }
        var address = loopback(port)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func freePort() throws -> UInt16 {
        let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(raw) }
        var address = loopback(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let found = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(raw, $0, size) == 0 && getsockname(raw, $0, &size) == 0
            }
        }
        guard found else { throw Failure(text: "no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}
