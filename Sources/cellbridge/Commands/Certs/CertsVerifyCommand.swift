import BridgeRuntime
import Configuration
import Control

/// `cellbridge certs verify`.
struct CertsVerifyCommand: Command {
    static let name = "certs verify"
    static let summary = "checks the configured files and the module's copies"
    static let details = """
        The files: do they parse, does the key belong to the certificate, are they in date, can the module's RSA suites
        use them, may others read the key. The module's copies: are they there, with the sizes that were written.
        A client certificate that ca has not issued is only noted: clouds sign those elsewhere.
        Exit status: 0 all is well, 1 something is wrong, 66 no such file or port, 69 the module does not answer,
        75 the service has the port, 77 not permitted, 78 the configuration is wrong.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge certs verify", "files and module"),
        ("cellbridge certs verify --offline", "the files only, for instance while the service runs"),
    ]
    static var options: [CommandOption<CertsVerifyCommand>] {
        .common(\.common) + [.offline(\.isOffline), .verbose(\.isVerbose)]
    }

    var common = CommonOptions()
    var isOffline = false
    var isVerbose = false

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            let configuration = try common.configuration()
            var inventory = try CertificateInventory(configuration, now: CertsWork.now)
            let isAsked = inventory.goesIntoModule && !isOffline
            let refusal =
                isAsked ? try ask(&inventory, configuration, isVerbose: isVerbose, isQuiet: common.isQuiet) : nil
            let verdict = CertsVerdict(inventory, problems: problems())
            common.show(
                json: verdict.json(silence: isOffline ? "--offline" : refusal?.text),
                lines: verdict.text(hasColours: Console.hasColours))
            if let refusal {
                Console.error("cellbridge \(Self.name): the module could not be asked: \(refusal.text)")
                // What is known to be wrong is worse than what is not known.
                return verdict.isGood ? refusal.code : .failed
            }
            return verdict.isGood ? .ok : .failed
        }
    }

    /// What reading the secrets, too, says of the files.
    private func problems() -> [Problem] {
        switch Configuration.load(path: common.path) {
        case .valid(_, let warnings): warnings
        case .invalid(let problems): problems
        }
    }
}
