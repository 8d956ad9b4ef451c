import LinuxIO

/// The time from the start of the process to the first byte on the port, with a state directory still to be made.
struct StartTime {
    private let bench: Workbench
    private let count: Int

    /// Nine starts, or fewer.
    init(_ bench: Workbench, isQuick: Bool) {
        self.bench = bench
        count = isQuick ? 5 : 9
    }

    /// Measures and prints.
    func run() throws {
        var times: [Double] = []
        for number in 1...count {
            progress("start: \(number) of \(count)")
            let module = try ScriptedModule(loop: bench.loop)
            let start = bench.loop.now
            let bridge = try BridgeChild(bench, name: "s", port: module.path, baud: 115200)
            defer { bridge.kill(bench) }
            guard bench.wait(.seconds(10), { module.firstByte != nil }), let first = module.firstByte else {
                throw BenchFailure("no AT within 10 s: \(bridge.lastWords)")
            }
            times.append((first - start).inSeconds * 1000)
        }
        progress("")
        var table = Table(
            "Start: from exec to the first AT on the port, milliseconds, \(count) starts with an empty state directory",
            ["median", "least", "most", "goal", ""])
        table.add(
            [fixed(times.median, 1), fixed(times.min() ?? 0, 1), fixed(times.max() ?? 0, 1), "1000"]
                + [verdict(times.median < 1000)])
        table.show()
    }
}
