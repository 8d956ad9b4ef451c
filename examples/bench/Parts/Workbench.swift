import BridgeTestKit
import Glibc
import LinuxIO

/// What all measurements share: the loop, the two brokers, the two outside clients, the machine.
final class Workbench {
    /// The loop of this process.
    let loop: EventLoop
    /// The program measured.
    let binary: String
    /// The broker on the bridge's own side.
    let local: BrokerProcess
    /// The broker behind the module.
    let remote: BrokerProcess
    /// Publishes at the local broker.
    let publisher: OutsidePublisher
    /// Notes what arrives at the remote broker.
    let subscriber: OutsideSubscriber

    /// Starts the brokers and connects the clients.
    init(binary: String) throws {
        self.binary = binary
        loop = try EventLoop()
        // As docs/links.md advises: a window of 20 over the link wants more than 20 from the local broker.
        var options = BrokerProcess.Options()
        options.extraLines = ["max_inflight_messages 64"]
        local = try BrokerProcess(options)
        remote = try BrokerProcess()
        publisher = try OutsidePublisher(port: local.port, loop: loop)
        subscriber = try OutsideSubscriber(port: remote.port, loop: loop)
        guard wait(.seconds(10), { self.publisher.isConnected && self.subscriber.isSubscribed }) else {
            throw BenchFailure("the outside clients could not connect to the brokers")
        }
    }

    /// Runs the loop until `condition` holds; false when `limit` has passed.
    func wait(_ limit: Duration, _ condition: () -> Bool) -> Bool {
        runLoop(loop, limit: limit, until: condition)
    }

    /// Runs the loop for a while.
    func pass(_ time: Duration) {
        let end = loop.now + time
        _ = wait(time + .seconds(1)) { self.loop.now >= end }
    }

    /// Cores, kernel and load, in one line.
    var machine: String {
        var name = utsname()
        unsafe uname(&name)
        let release = unsafe withUnsafeBytes(of: &name.release) { unsafe text($0) }
        let kind = unsafe withUnsafeBytes(of: &name.machine) { unsafe text($0) }
        let load = (try? Files.read("/proc/loadavg", limit: 256)).map { String(decoding: $0, as: UTF8.self) } ?? "?"
        let minute = load.split(separator: " ").first ?? "?"
        return
            "machine: \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores, Linux \(release) \(kind), load \(minute) at the start"
    }

    private func text(_ buffer: UnsafeRawBufferPointer) -> String {
        unsafe String(decoding: buffer.prefix(while: { $0 != 0 }), as: UTF8.self)
    }
}
