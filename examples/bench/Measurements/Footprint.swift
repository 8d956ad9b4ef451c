import BridgeTestKit
import LinuxIO

/// Memory, threads and CPU time of a bridge that is online and has nothing to do, and the size of its program.
struct Footprint {
    private let bench: Workbench
    private let time: Duration

    /// Ten seconds of rest, or fewer.
    init(_ bench: Workbench, isQuick: Bool) {
        self.bench = bench
        time = isQuick ? .seconds(4) : .seconds(10)
    }

    /// Measures and prints.
    func run() throws {
        progress("footprint: bringing up a bridge")
        let module = try SimulatorChild(baud: 115200, latency: .zero, loop: bench.loop)
        guard bench.wait(.seconds(5), { module.path != nil }), let path = module.path else {
            throw BenchFailure("the simulated module did not start")
        }
        let bridge = try BridgeChild(bench, name: "f", port: path, baud: 115200)
        defer { bridge.kill(bench) }
        guard bench.wait(.seconds(30), { bridge.isOnline }) else {
            throw BenchFailure("not online within 30 s: \(bridge.lastWords)")
        }
        bench.pass(.seconds(1))
        progress("footprint: online and idle")
        let before = try ProcessFigures(bridge.pid)
        bench.pass(time)
        let after = try ProcessFigures(bridge.pid)
        let size = try strippedSize()
        progress("")
        let seconds = time.inSeconds
        let cpu = after.cpu - before.cpu
        var table = Table(
            "Footprint: online for \(fixed(seconds, 0)) s without traffic", ["", "measured", "goal", ""],
            left: [0, 2, 3])
        table.add([
            "resident memory (VmRSS)", megabytes(after.resident), "12 MB", verdict(after.resident <= 12_000_000),
        ])
        table.add([
            "of it anonymous (RssAnon)", megabytes(after.anonymous), "3 MB", verdict(after.anonymous <= 3_000_000),
        ])
        table.add(["threads", "\(after.threads)", "", ""])
        table.add(
            [
                "CPU time", fixed(cpu * 1000, 2) + " ms", "none to speak of (under 0.1 %)",
                verdict(cpu < seconds * 0.001),
            ])
        table.add(["wake-ups", "\(after.sleeps - before.sleeps)", "", ""])
        table.add(["program\(size.remark)", megabytes(size.bytes), "16 MB", verdict(size.bytes <= 16_000_000)])
        table.show()
    }

    /// The size of a stripped copy of the program.
    private func strippedSize() throws -> (bytes: Int, remark: String) {
        let bytes = try Files.read(bench.binary, limit: 1 << 28)
        let dynamic = contains(bytes, Array("libswiftCore.so".utf8)) ? ", without the Swift library it needs" : ""
        guard Files.program("strip") != nil else { return (bytes.count, dynamic + " (there is no strip)") }
        let directory = try TemporaryDirectory("bench")
        let copy = directory.file("cellbridge")
        try Files.writeAtomically(copy, bytes, mode: 0o700)
        let child = try ChildProcess(ChildProcess.Options("strip", [copy]), loop: bench.loop)
        guard bench.wait(.seconds(20), { child.exitStatus != nil }), child.exitStatus?.isSuccess == true else {
            return (bytes.count, dynamic + " (strip failed)")
        }
        return (try Files.read(copy, limit: 1 << 28).count, ", stripped" + dynamic)
    }

    private func contains(_ bytes: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard let first = wanted.first, bytes.count >= wanted.count else { return false }
        var start = bytes.startIndex
        while let found = bytes[start...].firstIndex(of: first) {
            if bytes[found...].starts(with: wanted) { return true }
            start = found + 1
        }
        return false
    }
}

/// Bytes in millions.
func megabytes(_ bytes: Int) -> String { fixed(Double(bytes) / 1_000_000, 2) + " MB" }
