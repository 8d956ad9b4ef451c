import BridgeRuntime
import Configuration
import Glibc
import Synchronization

/// `cellbridge certs rotate`.
struct CertsRotateCommand: Command {
    static let name = "certs rotate"
    static let summary = "tries new files with a session of their own before they replace the configured ones"
    static let details = """
        Checks the new files, writes them into the module beside the old ones (not where this host makes TLS itself),
        and tries one session: connect, CONNACK, disconnect. Only when it comes up are they kept; then the lines of the
        configuration to change are printed, or, with --install, the configured files are replaced and kept as .old.
        Otherwise the old files stay in use and the reason is told. The service must not run meanwhile.
        The session uses the configured client_id and clean_session. With clean_session = false, the default, the broker
        keeps the service's subscriptions and what waits for it; what it sends during the trial goes into the inbox.
        Nothing is published, and no will is left.
        Exit status: 0 the new files carried a session, 1 they did not, 65 they cannot be used, 66 no such file or port,
        69 the module does not answer, cannot take them or has no network, 73 a file cannot be replaced, 75 the service
        is running or the command was interrupted, 77 not permitted, 78 the configuration is wrong.
        """
    static let examples: [(line: String, meaning: String)] = [
        (
            "cellbridge certs rotate --certificate new.crt --key new.key --install",
            "a new client certificate; replaces the configured files when it works"
        ),
        ("cellbridge certs rotate --ca new-ca.crt", "another CA; only tried, and the line to change is printed"),
    ]
    static var options: [CommandOption<CertsRotateCommand>] {
        [
            .configurationFile(\.path), .text("certificate", nil, "FILE", "the new client certificate", \.certificate),
            .text("key", nil, "FILE", "its key", \.key), .text("ca", nil, "FILE", "the new CA", \.ca),
            .flag("install", nil, "replace the configured files when the new ones work; keep those as .old") {
                $0.installs = true
            },
            .duration("wait", "how long the session may take to come up (5 min)", \.limit), .quiet(\.isQuiet),
            .verbose(\.isVerbose),
        ]
    }

    var path = Configuration.defaultPath
    var certificate: String?
    var key: String?
    var ca: String?
    var installs = false
    var limit: Duration = .seconds(300)
    var isVerbose = false
    var isQuiet = false

    mutating func validate() throws(UsageProblem) {
        if certificate == nil, key == nil, ca == nil {
            throw UsageProblem("nothing to rotate: name --certificate and --key, or --ca")
        }
        if certificate == nil, key != nil { throw UsageProblem("--key needs the --certificate it belongs to") }
        if certificate != nil, key == nil { throw UsageProblem("--certificate needs its --key") }
    }

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            let old = try CertsWork.load(path, checksFiles: true)
            guard let former = old.remote.tls else {
                throw CommandFailure(
                    .configuration, "[remote] tls is not configured: configure it with the new files instead")
            }
            var configuration = old
            configuration.remote.tls = try replaced(former)
            let changes = CertificateInstall.changes(former, configuration.remote.tls ?? former)
            if let change = changes.first(where: { $0.configured == nil }), installs {
                throw CommandFailure(
                    .configuration,
                    "[remote] tls has no \(change.key) that --install could replace: leave --install out, then add it")
            }
            let certificates = try checked(configuration)
            let work = try CertsWork(configuration)
            defer { work.close() }
            let state = try StateDirectory(work.configuration, loop: work.loop)
            defer { state.close() }
            // Where this host makes TLS only the session is tried.
            if configuration.remote.tls?.isOurs != true {
                try CertsPush.run(work, certificates, state, isVerbose: isVerbose, isQuiet: isQuiet)
            }
            return try conclude(try attempt(work, certificates, state), changes)
        }
    }

    // MARK: Steps

    /// The table with the new files in it.
    private func replaced(_ former: Configuration.RemoteTLS) throws(CommandFailure) -> Configuration.RemoteTLS {
        var tls = former
        if let ca { tls.ca = try Self.absolute(ca) }
        if let certificate { tls.certificate = try Self.absolute(certificate) }
        if let key { tls.key = try Self.absolute(key) }
        return tls
    }

    private func checked(_ configuration: Configuration) throws(CommandFailure) -> RemoteCertificates {
        if let key = configuration.remote.tls?.key, let problem = SecretFile.problem(key) {
            throw CommandFailure(.dataError, problem)
        }
        do throws(CommandFailure) {
            return try CertsPush.usable(configuration, isQuiet: isQuiet)
        } catch {
            // The configuration may be as good as it was: it is the new files that are not.
            throw CommandFailure(
                configuration.remote.tls?.verify == true ? .dataError : error.code, error.text)
        }
    }

    private func attempt(
        _ work: CertsWork, _ certificates: RemoteCertificates, _ state: StateDirectory
    ) throws(CommandFailure) -> CertificateTrial.Outcome {
        let remote = work.configuration.remote
        tell(
            "trying a session with \(remote.host):\(remote.port) as \(remote.clientID), for \(limit.components.seconds) s at most"
        )
        let last = LastError()
        let shown = CertsWork.log(isVerbose: isVerbose)
        let log = Log(threshold: .debug) { [isVerbose] level, text in
            if level == .error { last.set(text) }
            if isVerbose { shown(level, text) }
        }
        let trial = try CertificateTrial(
            work.configuration, certificates, loop: work.loop, state: state, log: log, lastError: { last.text })
        let outcome = try trial.run(limit: limit) { work.isInterrupted }
        if trial.received > 0 {
            tell("\(trial.received) message(s) came meanwhile and wait in the inbox for the service")
        }
        return outcome
    }

    private func conclude(
        _ outcome: CertificateTrial.Outcome, _ changes: [CertificateInstall.Change]
    ) throws(CommandFailure) -> ExitCode {
        switch outcome {
        case .interrupted: throw .interrupted
        case .undecided(let reason):
            throw CommandFailure(
                .unavailable, "the new files could not be tried: \(reason); the configured files stay in use")
        case .failed(let reason):
            Console.error("the new files did not carry a session: \(reason)")
            Console.error("the configured files stay in use")
            return .failed
        case .cameUp:
            tell("the session came up: the new files are kept")
            if changes.isEmpty {
                tell("they are the configured ones: nothing to change")
            } else if installs {
                try CertificateInstall.run(changes)
                for change in changes {
                    let configured = change.configured ?? ""
                    tell("\(change.key): \(configured) replaced; the former one is \(configured).old")
                }
            } else {
                tell("change these values of [remote] tls in \(path), then start the service:")
                for change in changes { tell("  \(change.key) = \(Self.toml(change.new))") }
            }
            return .ok
        }
    }

    // MARK: Texts

    /// A line for people, when they want any.
    private func tell(_ text: String) {
        if !isQuiet { Console.line(text) }
    }

    /// A TOML basic string.
    static func toml(_ text: String) -> String {
        "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
    }

    private static func absolute(_ path: String) throws(CommandFailure) -> String {
        guard let resolved = unsafe realpath(path, nil) else {
            throw CommandFailure(.noInput, "\(path): \(unsafe String(cString: strerror(errno))); expected a PEM file")
        }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}

/// The last line of level error, kept for the summary; lines come from the loop's thread.
private final class LastError: Sendable {
    private let line = Mutex<String?>(nil)

    var text: String? { line.withLock { $0 } }

    func set(_ text: String) { line.withLock { $0 = text } }
}

/// Files that others must not read.
enum SecretFile {
    /// What is wrong with the rights of a key file, with what mends it.
    static func problem(_ path: String) -> String? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & 0o007 != 0 else { return nil }
        return "others can read \(path); run: chmod o-rwx \(path)"
    }
}
