import BridgeRuntime
import Glibc
import LinuxIO

/// `cellbridge demo`: the main job with nothing attached.
struct DemoCommand: Command {
    static let name = "demo"
    static let summary = "messages cross between two private brokers through a simulated module"
    static let details = """
        Starts two Mosquitto brokers on free ports, a simulated module on a pseudo-terminal at 115200 baud, and the
        bridge as a process of its own, and cuts the module's TCP connection in the middle. Two clients that know
        nothing of the bridge send and count. Ends by itself after about 10 s and leaves nothing behind.
        Exit status: 0 only when every message arrived, in order, and none twice except after the cut.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge demo", "shows what crosses, and the verdict"),
        ("cellbridge demo -v", "shows the AT dialogue between bridge and module too"),
        ("NO_COLOR=1 cellbridge demo > demo.txt", "the same as plain text, for a report"),
    ]
    static var options: [CommandOption<DemoCommand>] {
        [
            .flag("verbose", "v", "show the bridge's debug lines: the AT dialogue") { $0.isVerbose = true },
            .quiet(\.isQuiet),
        ]
    }

    var isVerbose = false
    var isQuiet = false

    mutating func validate() throws(UsageProblem) {
        if isVerbose, isQuiet { throw UsageProblem("--verbose and --quiet exclude each other") }
    }

    func run() -> ExitCode {
        // A reader that went away (`| head`) is noticed when writing, so that everything is ended in order.
        signal(SIGPIPE, SIG_IGN)
        let outcome: DemoRun.Outcome
        do throws(SystemError) {
            outcome = try DemoRun(isVerbose: isVerbose, isQuiet: isQuiet).run()
        } catch {
            Console.error("cellbridge demo: \(error)")
            return .systemError
        }
        switch outcome {
        case .ended(let code): return code
        case .interrupted(let number):
            // As if the signal had ended us at once: shells and make look at that.
            signal(number, SIG_DFL)
            raise(number)
            return .temporary
        }
    }
}
