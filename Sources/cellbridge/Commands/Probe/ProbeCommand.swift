import BridgeRuntime
import Control
import Glibc
import LinuxIO

/// `cellbridge probe`: which port has a module on it.
struct ProbeCommand: Command {
    static let name = "probe"
    static let summary = "find the module: its port, its rate, and which it is"
    static let details = """
        Looks at the serial ports of this machine and asks each with a few `AT` at 115200, 9600, 921600, 460800, 230400,
        57600, 38400 and 19200 baud, 6 s at most for a port. Left alone: the console, Bluetooth, ports that another process
        has or that ModemManager looks after. Reads no configuration.
        Exit status: 0 a module was found, 1 none.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge probe", "all ports; prints what to put into the configuration"),
        ("cellbridge probe -p /dev/ttyUSB0", "this port only"),
    ]
    static var options: [CommandOption<ProbeCommand>] {
        [
            .text("port", "p", "PATH", "only this port", \.port),
            .value("root", nil, "PATH", "where sys, dev, run and proc are (/)", \.root, expected: "a path") {
                $0.hasPrefix("/") ? $0 : nil
            },
            .verbose(\.isVerbose), .json(\.common.isJSON), .quiet(\.common.isQuiet),
        ]
    }

    var port: String?
    var root = "/"
    var isVerbose = false
    var common = CommonOptions()

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            let loop: EventLoop
            let signals: SignalSource
            var isInterrupted = false
            do throws(SystemError) {
                loop = try EventLoop()
                signals = try SignalSource([SIGINT, SIGTERM, SIGHUP], loop: loop) { _ in isInterrupted = true }
            } catch {
                throw CommandFailure(.systemError, "\(error)")
            }
            defer { signals.close() }
            let search = PortSearch(
                root: root, loop: loop, log: Log.standardError(threshold: isVerbose ? .debug : .error))
            search.isInterrupted = { isInterrupted }
            let isPlain = !common.isJSON && !common.isQuiet
            var line: WaitingLine?
            defer { line?.clear() }
            search.onTry = { path, rate in
                let text = "asking \(path) at \(rate) baud"
                guard line == nil else { return line?.show(text) ?? () }
                line = WaitingLine(text, loop, isWanted: isPlain && !isVerbose)
            }
            search.onResult = { result in
                line?.clear()
                line = nil
                if isPlain { ProbeReport.lines(result).forEach { Console.line($0) } }
            }
            let results = try search.run(only: port)
            let found = results.filter { if case .found = $0.outcome { true } else { false } }
            if common.isJSON {
                Console.line(ProbeReport.json(results).description)
            } else {
                common.note(ProbeReport.end(results))
            }
            return found.isEmpty ? .failed : .ok
        }
    }
}
