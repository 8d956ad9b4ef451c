/// One combination of line, QoS and payload, and the most that stop-and-wait allows there.
struct ThroughputCell: Hashable {
    /// What the line is like.
    struct Line: Hashable {
        /// Bit/s.
        var baud: Int
        /// Milliseconds from the last byte of a command to its answer.
        var latency: Int
        /// Short name, part of the topics.
        var name: String
    }

    var line: Line
    var qos: Int
    /// Payload bytes, text.
    var size: Int

    /// The topic the bridge publishes to.
    var topic: String { "bench/\(line.name)/\(qos)" }

    /// Seconds a message takes at least: the command, `OK` and at QoS 1 `PUBACK` with their line ends, ten bits a byte,
    /// and the module's time to answer. The round trip to the broker, over loopback, counts as nothing.
    var bound: Double {
        let command = StopAndWait.command(topic: topic, qos: qos, payload: Payload.text(number: 0, size: size))
        let bytes = command.count + 6 + (qos == 0 ? 0 : 10)
        return Double(bytes * 10) / Double(line.baud) + Double(line.latency) / 1000
    }

    /// What is asked for at 115200 baud without latency and 200 bytes, as a share of the bound.
    var goal: Double? {
        guard line.baud == 115200, line.latency == 0, size == 200 else { return nil }
        return qos == 0 ? 0.95 : 0.90
    }

    /// Messages to measure and, before them, to warm up with.
    func counts(seconds: Double) -> (warmUp: Int, measured: Int) {
        let measured = min(max(Int(seconds / bound), 4), 6000)
        return (max(1, measured / 10), measured)
    }
}
