import BridgeTestKit
import Glibc
import LinuxIO

/// Prints how fast, how quick and how small the bridge is on this machine, beside the goals.
///
/// Real parts throughout: the release binary as a child process, two mosquitto brokers, a simulated module on a PTY.
/// Nothing here passes or fails by a figure; the status is not 0 only when something could not be measured.
enum Bench {
    /// The process's exit status.
    static func main(_ arguments: [String]) -> Int32 {
        // The same program plays the parts that need a process of their own.
        if arguments.count == 6, arguments[1] == SimulatorChild.flag {
            return SimulatorChild.serve(
                baud: Int(arguments[2]) ?? 0, latency: Int(arguments[3]) ?? 0, roundTrip: Int(arguments[4]) ?? 0,
                transcript: arguments[5])
        }
        if arguments.count == 3, arguments[1] == PingPong.flag { return PingPong.serve(arguments[2]) }
        let options: BenchOptions
        switch BenchOptions.parse(Array(arguments.dropFirst())) {
        case .run(let parsed): options = parsed
        case .help:
            print(BenchOptions.help)
            return 0
        case .wrong(let reason):
            complain("bench: \(reason)\n\(BenchOptions.help)")
            return 64
        }
        do {
            return try run(options)
        } catch {
            complain("bench: \(error)")
            return 70
        }
    }

    private static func run(_ options: BenchOptions) throws -> Int32 {
        let bench = try Workbench(binary: options.binary())
        print(bench.machine)
        print("bridge: \(bench.binary)\n")
        var failures = 0
        for part in BenchOptions.Part.allCases where options.parts.contains(part) {
            do {
                switch part {
                case .throughput: try Throughput(bench, isQuick: options.isQuick).run()
                case .links: try Links(bench, isQuick: options.isQuick).run()
                case .ownTime: try OwnTime(bench, isQuick: options.isQuick).run()
                case .footprint: try Footprint(bench, isQuick: options.isQuick).run()
                case .start: try StartTime(bench, isQuick: options.isQuick).run()
                case .backlog: try Backlog(bench).run()
                case .flash: try Flash(bench, isQuick: options.isQuick).run()
                case .scorecard: try Scorecard(isQuick: options.isQuick, seed: options.seed).run()
                }
            } catch {
                failures += 1
                print("\(part.rawValue): could not be measured: \(error)\n")
            }
        }
        return failures == 0 ? 0 : 70
    }

    private static func complain(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    }
}

/// Why something could not be measured.
struct BenchFailure: Error, CustomStringConvertible {
    /// What happened.
    var description: String

    /// A failure with its reason.
    init(_ description: String) { self.description = description }
}
