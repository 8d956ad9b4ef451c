import Glibc
import LinuxIO

/// A private mosquitto on a port of its own, in a folder that goes with it.
final class TestBroker {
    let port: Int
    let folder: String
    private let configuration: String
    private var pid: pid_t = 0

    /// Starts it and waits until it takes connections. `listener`: further lines of the configuration file, in which
    /// `@` stands for the folder.
    init(_ listener: String = "allow_anonymous true", files: [String: String] = [:], folder: String? = nil) throws {
        self.folder = try folder ?? makeFolder()
        port = Int(freePort())
        configuration = self.folder + "/mosquitto.conf"
        for (name, text) in files { try write(text, to: self.folder + "/" + name) }
        let text = """
            user root
            listener \(port) 127.0.0.1
            max_queued_messages 0
            persistence true
            persistence_location \(self.folder)/
            log_dest none
            \(listener)

            """
        try write(
            text.split(separator: "@", omittingEmptySubsequences: false).joined(separator: self.folder),
            to: configuration)
        try start()
    }

    deinit {
        stop()
        _ = try? runTool("/bin/rm", ["-rf", folder])
    }

    func start() throws {
        pid = try spawn("/usr/sbin/mosquitto", ["-c", configuration])
        for _ in 0..<1000 {
            if accepts(port) { return }
            usleep(10_000)
        }
        throw SystemError("mosquitto", configuration, code: ETIMEDOUT)
    }

    /// SIGTERM, which saves the sessions, and waits for the end.
    func stop() {
        guard pid > 0 else { return }
        var status: Int32 = 0
        for round in 0..<500 {
            kill(pid, round < 400 ? SIGTERM : SIGKILL)
            usleep(10_000)
            if unsafe waitpid(pid, &status, WNOHANG) == pid { break }
        }
        pid = 0
    }
}

func makeFolder() throws -> String {
    var template = Array("/tmp/mosquitto-client-tests-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw SystemError("mkdtemp") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

func write(_ text: String, to path: String) throws {
    let file = try OwnedDescriptor.open(path, flags: O_WRONLY | O_CREAT | O_TRUNC)
    _ = try file.write(Array(text.utf8)[...])
}

func spawn(_ path: String, _ arguments: [String]) throws -> pid_t {
    var pid: pid_t = 0
    var pointers = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    for output in 1...2 as ClosedRange<Int32> {
        unsafe posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0)
    }
    // The pool's threads, on which tests run, block every signal, and a child would inherit that: no SIGTERM for it.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let code = unsafe posix_spawn(&pid, path, &actions, &attributes, &pointers, environ)
    unsafe posix_spawnattr_destroy(&attributes)
    unsafe posix_spawn_file_actions_destroy(&actions)
    unsafe pointers.forEach { unsafe free($0) }
    guard code == 0 else { throw SystemError("posix_spawn", path, code: code) }
    return pid
}

/// Runs a program to its end; its exit status has to be 0.
func runTool(_ path: String, _ arguments: [String]) throws {
    let pid = try spawn(path, arguments)
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
    if status != 0 { throw SystemError("exit status of", path, code: status) }
}

// MARK: Sockets

func loopback(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}

func withAddress<R>(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var address = loopback(port)
    return unsafe withUnsafePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

/// A listening socket on 127.0.0.1 and its port.
func listenOnLoopback(port: Int = 0, backlog: Int32) -> (descriptor: Int32, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    _ = unsafe withAddress(port) { unsafe bind(descriptor, $0, $1) }
    listen(descriptor, backlog)
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = unsafe withUnsafeMutablePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &size) }
    }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
}

func freePort() -> Int {
    let (descriptor, port) = listenOnLoopback(backlog: 1)
    close(descriptor)
    return port
}

func accepts(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    return unsafe withAddress(port) { unsafe connect(descriptor, $0, $1) } == 0
}
