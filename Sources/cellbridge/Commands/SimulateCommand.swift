import BridgeRuntime
import Configuration
import Glibc
import LinuxIO
import ModuleSimulator

/// `cellbridge simulate`: a module on a PTY.
struct SimulateCommand: Command {
    static let name = "simulate"
    static let summary = "a module on a pseudo-terminal, for trying things without hardware"
    static let details = """
        Prints `ready PATH`: the port to configure. Behind it is a real TCP connection to a real broker.
        SIGTERM and SIGINT end it, SIGUSR1 switches the module off and on. Faults are lines on standard input, each
        answered with `ok` or `error: …`: drop-tcp, pdp-deact, stall S, half-open, heal, hang, hang-hard, power-cycle,
        reboot, garbage [N], deregister [S], deny [CAUSE] (registration, as 3GPP TS 24.301 numbers it),
        refuse-attach, register, signal N (as AT+CSQ tells it), replug [S], echo-on, delay-puback S, lose-puback,
        lose-publish, error-next-mpub [TEXT], refuse-topic [TOPIC] (ERROR to every publish there; none: to none any more),
        refuse-connack, sim-remove, sim-insert, power-loss-before N [START] (power goes as the N-th command line from now,
        or of those that begin with START, is complete, nothing of it is done), power-loss-after N [START] (it is done,
        its answer is not heard), fs-full [off], cut-upload N (the port dies after N bytes of an FSWRITE), print TEXT,
        quit. Of the socket commands, each once: send-fail, send-partial N, send-error [TEXT], lose-prompt,
        lose-send-result, hang-at-send, lose-notice, inside-data [LINE] (in the middle of received data), lose-byte,
        tcp-error N; and nat-idle S or off (a connection idle for so long only looks alive from then on).
        Durations are written as 15ms, 2 s or 1 min.
        """
    static let examples: [(line: String, meaning: String)] = [
        (
            "cellbridge simulate --link /tmp/module --baud 115200",
            "a YM310 on /tmp/module, as slow as the real line; `port = \"/tmp/module\"` in the configuration"
        ),
        (
            "cellbridge simulate --profile air780e --dialect all --seed 7 --latency 15ms",
            "another module with its odd spellings, answering after 15 ms"
        ),
        (
            "cellbridge simulate --redirect localhost:1884 --transcript at.log",
            "every connection goes to localhost:1884, everything said is in at.log"
        ),
    ]
    static var options: [CommandOption<SimulateCommand>] {
        [
            .value(
                "profile", "p", "NAME", "which module: \(profileNames) (ec716s)", \.simulator.profile,
                expected: "one of \(profileNames)", ModuleProfile.named
            ).completing(.words(ModuleProfile.all.map(\.name))),
            .text("dialect", nil, "NAMES", "odd spellings: names with commas between them, all, or none", \.dialect),
            .value(
                "seed", nil, "N", "where all chance comes from (1)", \.simulator.seed, expected: "a whole number"
            ) { UInt64($0) },
            .value(
                "baud", "b", "N", "the line's rate, both ways paced; 0 is unpaced (0)", \.simulator.baud,
                expected: "0 to 4000000"
            ) { Int($0).flatMap { (0...4_000_000).contains($0) ? $0 : nil } },
            .flag("check-rate", nil, "at another rate than --baud the host sends and reads garbage") {
                $0.simulator.checksRate = true
            },
            .duration("latency", "from a command's last byte to its answer's first (0 s)", \.simulator.latency),
            .duration(
                "network-latency", "a round trip to the broker, on top of the real one (0 s)",
                \.simulator.networkLatency),
            .duration("boot-delay", "from power-on to RDY (500 ms)", \.simulator.bootDelay),
            .duration("service-delay", "from RDY to being registered (1 s)", \.simulator.serviceDelay),
            .duration("deactivation", "what QIDEACT takes on quectel-gsm (2 s)", \.simulator.deactivation),
            .text("link", "l", "PATH", "a symbolic link kept pointing at the pseudo-terminal", \.simulator.link),
            .text("pin", nil, "PIN", "the SIM asks for this PIN", \.simulator.pin),
            .text("transcript", "t", "FILE", "one line an event, with its time", \.simulator.transcript),
            .value(
                "redirect", "r", "HOST:PORT", "where TCP goes, whatever the module is told", \.simulator.redirect,
                expected: "HOST:PORT"
            ) { SimulatorOptions.Endpoint($0).map(Optional.some) },
            .value("apn", nil, "NAME", "the APN the network gives (cmiot)", \.simulator.apn, expected: "a name") {
                $0.isEmpty ? nil : $0
            },
            .value(
                "flash", nil, "BYTES", "the room for files (1304000)", \.simulator.flash, expected: "a number of bytes"
            ) { Int($0).flatMap { (0...1 << 28).contains($0) ? $0 : nil } },
            .text("flash-file", nil, "PATH", "keeps the module's files while it does not run", \.simulator.flashFile),
            .value(
                "clock", nil, "TIME", "the module's clock at boot: host, wrong (the year 2000) or a time (host)",
                \.simulator.clock, expected: "host, wrong, Unix seconds or a time such as 2026-06-04T09:04:18Z",
                BootClock.init),
            .value(
                "nitz", nil, "on|off", "the network sets the clock (on with --clock host)", \.simulator.networkTime,
                expected: "on or off"
            ) { Self.onOff($0).map(Optional.some) },
            .value(
                "ntp", nil, "on|off", "the time server answers (on)", \.simulator.hasTimeServer,
                expected: "on or off", onOff),
            .flag("any-suite", nil, "TLS with all of OpenSSL's suites, not only the manual's") {
                $0.simulator.offersAnySuite = true
            },
            .flag("quiet", nil, "print nothing but errors: neither `ready` nor `ok`") { $0.isQuiet = true },
        ]
    }

    private static var profileNames: String { ModuleProfile.all.map(\.name).joined(separator: ", ") }

    private static func onOff(_ text: String) -> Bool? {
        switch text {
        case "on": true
        case "off": false
        default: nil
        }
    }

    var simulator = SimulatorOptions()
    var dialect: String?
    var isQuiet = false

    mutating func validate() throws(UsageProblem) {
        guard !simulator.checksRate || simulator.baud > 0 else { throw UsageProblem("--check-rate goes with --baud") }
        guard let dialect else { return }
        guard let known = Dialect(names: dialect, seed: simulator.seed) else {
            let names = Dialect.Trait.allCases.map(\.rawValue).joined(separator: ", ")
            throw UsageProblem("--dialect \(dialect): expected all, none, or some of \(names)")
        }
        simulator.dialect = known
    }

    func run() -> ExitCode {
        // Somebody who no longer reads our answers is no reason to switch the module off.
        signal(SIGPIPE, SIG_IGN)
        do throws(SystemError) {
            let loop = try EventLoop()
            var running: SimulatorService?
            // Before the module is there: a signal in between must not leave its link behind.
            let source = try SignalSource([SIGTERM, SIGINT, SIGHUP, SIGUSR1], loop: loop) { number in
                if number == SIGUSR1 { _ = running?.command("power-cycle") } else { loop.stop() }
            }
            let service = try SimulatorService(simulator, loop: loop)
            running = service
            service.onQuit = { loop.stop() }
            let console = try SimulatorConsole(service, loop: loop, isQuiet: isQuiet)
            loop.run()
            console.close()
            source.close()
            service.stop()
            return .ok
        } catch {
            Console.error("cellbridge simulate: \(error)")
            return .cannotCreate
        }
    }
}
