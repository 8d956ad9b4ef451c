import Glibc
import LinuxIO

@testable import ModuleSimulator

/// A simulator on a loop, and a host at its PTY, both on the test's thread.
final class Rig {
    let loop: EventLoop
    let service: SimulatorService
    private(set) var received: [UInt8] = []
    private(set) var transcript: [String] = []
    private var host: Int32 = -1

    init(_ options: SimulatorOptions) throws {
        loop = try EventLoop()
        service = try SimulatorService(options, loop: loop)
        service.onEvent = { [weak self] event in
            if case .transcript(let text) = event { self?.transcript.append(text) }
        }
    }

    deinit {
        service.stop()
        closeHost()
    }

    /// Options for a quick module.
    static func quick(_ profile: ModuleProfile = .ec716s) -> SimulatorOptions {
        var options = SimulatorOptions(profile: profile)
        options.bootDelay = .milliseconds(5)
        options.serviceDelay = .milliseconds(20)
        return options
    }

    /// Opens the PTY as a host does; false when it is not there.
    func openHost() -> Bool {
        host = unsafe open(service.slavePath, O_RDWR | O_NOCTTY | O_NONBLOCK)
        guard host >= 0 else { return false }
        let raw = host
        try? loop.watch(raw, .readable) { [weak self] _ in
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = unsafe read(raw, &buffer, buffer.count)
            if count > 0 { self?.received += buffer.prefix(count) } else { self?.closeHost() }
        }
        return true
    }

    func closeHost() {
        guard host >= 0 else { return }
        loop.unwatch(host)
        close(host)
        host = -1
    }

    var hostIsOpen: Bool { host >= 0 }

    func write(_ bytes: [UInt8]) { _ = unsafe Glibc.write(host, bytes, bytes.count) }

    /// Runs the loop until `condition` holds; false when it does not within the limit.
    func wait(_ limit: Duration = .seconds(20), until condition: @escaping () -> Bool) -> Bool {
        let end = loop.now + limit
        var result = false
        func look() {
            result = condition()
            if result || loop.now >= end { loop.stop() } else { loop.schedule(after: .milliseconds(1), look) }
        }
        loop.schedule(after: .zero, look)
        loop.run()
        return result
    }

    /// Sends a line and waits until `answer` has been printed after it.
    func say(_ line: String, _ answer: String = "\r\nOK\r\n", within limit: Duration = .seconds(20)) -> Bool {
        received.removeAll()
        write(ascii(line + "\r\n"))
        return wait(limit) { [unowned self] in self.has(answer) }
    }

    func clear() { received.removeAll() }

    func has(_ text: String) -> Bool { String(decoding: received, as: UTF8.self).contains(text) }

    /// Boots, opens and logs in at `port`.
    func goOnline(port: Int, id: String = "module") -> Bool {
        wait { [unowned self] in self.transcript.contains { $0.contains("+NITZ") } } && openHost()
            && wait { [unowned self] in self.transcript.contains("reader came") } && say("ATE0")
            && say("AT+MCONFIG=\"\(id)\",\"u\",\"p\"")
            && say("AT+MIPSTART=\"127.0.0.1\",\(port)", "\r\nOK\r\n\r\nCONNECT OK\r\n")
            && say("AT+MCONNECT=1,60", "\r\nOK\r\n\r\nCONNACK OK\r\n")
    }
}
