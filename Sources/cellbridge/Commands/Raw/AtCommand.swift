import ATProtocol
import BridgeRuntime
import Control
import LinuxIO

/// `cellbridge at`: raw AT commands.
struct AtCommand: Command {
    static let name = "at"
    static let summary = "run AT commands and print what the module answers"
    static let details = """
        Through the running service when there is one, between its own commands; else this process opens the port. No
        session is brought up. While the service runs, commands that could change the session are refused unless --force
        is given. Commands that make the module take bytes instead of commands are always refused. Several are run in
        turn, until one fails. Quotes are for the shell as well: 'AT+CGDCONT=1,"IP","cmnet"'.
        Exit status: 0 OK, 1 the module answered ERROR, 64 no such command can be sent, 69 no module, 75 no answer, or
        refused while the service runs; 66, 77 and 78 as with run.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge at AT+CSQ AT+CEREG?", "signal and registration, while the service runs"),
        ("cellbridge at -p /dev/ttyUSB2 ATI", "who is there? without any configuration"),
        ("cellbridge at --force 'AT+CFUN=1'", "also what could change the session"),
    ]
    static var operands: [CommandOperand<AtCommand>] {
        [.list("COMMAND", 1...OperandText.many, "what to send, beginning with AT", \.lines, completes: .nothing)]
    }
    static var options: [CommandOption<AtCommand>] {
        [
            .duration("timeout", "how long the answer may take (by the command, mostly 9 s)", \.timeout),
            .flag("force", nil, "also what could change the session of the running service") { $0.force = true },
            .port(\.port), .baud(\.baud), .verbose(\.isVerbose),
        ] + .common(\.common)
    }

    var lines: [String] = []
    var timeout: Duration = .zero
    var force = false
    var port: String?
    var baud: Int?
    var isVerbose = false
    var common = CommonOptions()

    mutating func validate() throws(UsageProblem) {
        for line in lines {
            do throws(RawCommandProblem) {
                _ = try ATCommand.raw(Array(line.utf8))
            } catch {
                throw UsageProblem("\(Console.printable(Array(line.utf8.prefix(80)))): \(error.text)")
            }
        }
    }

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            let work = try RawWork(common.path, port: port, baud: baud)
            defer { work.close() }
            let dialogue = isVerbose ? DialoguePrinter(work.operations, work.loop) : nil
            defer { dialogue?.finish() }
            for line in lines {
                let waiting = WaitingLine("waiting for the answer", work.loop, isWanted: !isVerbose && !common.isQuiet)
                defer { waiting.clear() }
                let answer = try work.at(line, timeout: timeout, force: force)
                waiting.clear()
                let text = answer["lines"]?.elements?.compactMap(\.string) ?? []
                let final = answer["final"]?.string ?? ""
                common.show(
                    json: .object(
                        [.init(name: "command", value: .text(ATCommand.redacted(Array(line.utf8))))]
                            + (answer.members ?? [])),
                    lines: (text + [final]).map { Console.printable(Array($0.utf8)) })
                guard answer["ok"]?.boolean == true else { return .failed }
            }
            return .ok
        }
    }
}
