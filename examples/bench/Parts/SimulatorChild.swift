import Glibc
import LinuxIO
import ModuleSimulator

/// A simulated module in a process of its own, so that its work is not done on anybody else's thread.
final class SimulatorChild {
    /// How this program is told to be one: followed by the rate and the latency in microseconds.
    static let flag = "--simulator"

    private let child: ChildProcess
    private var line = ""

    /// Starts one; `path` says when it is ready. `latency` from the last byte of a command to its answer, `roundTrip` to
    /// the broker and back.
    init(
        baud: Int, latency: Duration, roundTrip: Duration = .zero, transcript: String = "", loop: EventLoop
    ) throws(SystemError) {
        let times = [latency, roundTrip].map { "\(Int($0.inSeconds * 1_000_000))" }
        var options = ChildProcess.Options(BenchOptions.ownPath, [Self.flag, "\(baud)"] + times + [transcript])
        options.standardInput = .pipe
        options.standardOutput = .pipe
        options.ownGroup = true
        child = try ChildProcess(options, loop: loop)
        child.onLine = { [weak self] _, line in self?.line = String(decoding: line, as: UTF8.self) }
    }

    deinit { child.signal(SIGKILL) }

    /// The port to open, once it is there.
    var path: String? { line.hasPrefix("ready ") ? String(line.dropFirst(6)) : nil }

    /// The child's side: serves until it is killed.
    static func serve(baud: Int, latency: Int, roundTrip: Int, transcript: String) -> Int32 {
        var options = SimulatorOptions()
        options.networkLatency = .microseconds(roundTrip)
        options.transcript = transcript.isEmpty ? nil : transcript
        options.baud = baud
        options.latency = .microseconds(latency)
        options.bootDelay = .milliseconds(100)
        options.serviceDelay = .milliseconds(100)
        do {
            let loop = try EventLoop()
            let service = try SimulatorService(options, loop: loop)
            let console = try SimulatorConsole(service, loop: loop)
            service.onQuit = { loop.stop() }
            loop.run()
            console.close()
            return 0
        } catch {
            return 71
        }
    }
}
