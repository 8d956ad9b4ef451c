import BridgeRuntime
import Configuration
import Control

/// `cellbridge certs list`.
struct CertsListCommand: Command {
    static let name = "certs list"
    static let summary = "the configured files, and what the module holds of them"
    static let details = """
        Shows the files of [remote] tls with the days that are left (a warning from 30 days on), what this host has
        recorded of each module it wrote to, by IMEI, and, when no service has the port, what the module itself says.
        Exit status: 0, also for certificates that have expired and while the service has the port (certs verify
        judges); 66 no such file or port, 69 the module does not answer, 77 not permitted, 78 no [remote] tls.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge certs list", "with \(Configuration.defaultPath)"),
        ("cellbridge certs list --offline --json -c field-box.toml", "for scripts, without the module"),
    ]
    static var options: [CommandOption<CertsListCommand>] {
        [
            .configurationFile(\.path), .offline(\.isOffline), .json(\.isJSON), .dataOnly(\.isQuiet),
            .verbose(\.isVerbose),
        ]
    }

    var path = Configuration.defaultPath
    var isOffline = false
    var isJSON = false
    var isQuiet = false
    var isVerbose = false

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            let configuration = try CertsWork.load(path, checksFiles: false)
            var inventory = try CertificateInventory(configuration, now: CertsWork.now)
            let isAsked = inventory.goesIntoModule && !isOffline
            let refusal = isAsked ? try ask(&inventory, configuration, isVerbose: isVerbose, isQuiet: isQuiet) : nil
            let report = CertsReport(
                inventory, silence: isAsked || !inventory.goesIntoModule ? refusal?.text : "--offline")
            if isJSON {
                Console.line(report.json.description)
            } else {
                for line in report.lines(hasColours: Console.hasColours, isQuiet: isQuiet) { Console.line(line) }
            }
            // That the service is at work is no failure.
            guard let refusal, refusal.code != .temporary else { return .ok }
            if isJSON || isQuiet { Console.error("cellbridge \(Self.name): \(refusal.text)") }
            return refusal.code
        }
    }
}

/// Asks the module, when the port can be had; why not otherwise.
func ask(
    _ inventory: inout CertificateInventory, _ configuration: Configuration, isVerbose: Bool, isQuiet: Bool
) throws(CommandFailure) -> CommandFailure? {
    let work = try CertsWork(configuration)
    defer { work.close() }
    let dataMode = try CertificateInventory.dataMode(configuration)
    let dialogue = work.dialogue(CertsWork.log(isVerbose: isVerbose))
    defer { dialogue.close() }
    let line = WaitingLine("asking the module", work.loop, isWanted: !isVerbose && !isQuiet)
    defer { line.clear() }
    do throws(CommandFailure) {
        try inventory.ask(dialogue, dataMode: dataMode)
        return nil
    } catch {
        if error == .interrupted { throw error }
        return error
    }
}
