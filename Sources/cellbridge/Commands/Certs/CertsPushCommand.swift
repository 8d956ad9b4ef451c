import BridgeRuntime
import Configuration

/// `cellbridge certs push`.
struct CertsPushCommand: Command {
    static let name = "certs push"
    static let summary = "puts the configured files into the module"
    static let details = """
        Where this host makes TLS itself, over the module's TCP socket, there is nothing to put: it says so and is done.
        Else it does what the service does before its first connection, no more: each file has two places in the module, one
        that carried the last session is never touched, and nothing is written that is there already. The service must
        not run meanwhile; it finds the files at its next start.
        Exit status: 0 the module holds the files, 66 no such file or port, 69 the module does not answer or cannot
        take them, 73 the state directory cannot be written, 75 the service is running, 77 not permitted, 78 the
        configuration or a file is wrong.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge certs push", "with \(Configuration.defaultPath)"),
        ("cellbridge certs push -c field-box.toml -v", "another configuration, with the AT dialogue"),
    ]
    static var options: [CommandOption<CertsPushCommand>] {
        [.configurationFile(\.path), .quiet(\.isQuiet), .verbose(\.isVerbose)]
    }

    var path = Configuration.defaultPath
    var isVerbose = false
    var isQuiet = false

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            let configuration = try CertsWork.load(path, checksFiles: true)
            let certificates = try CertsPush.usable(configuration, isQuiet: isQuiet)
            if configuration.remote.tls?.isOurs == true {
                if !isQuiet { Console.line(CertsWork.ownTLS) }
                return .ok
            }
            let work = try CertsWork(configuration)
            defer { work.close() }
            let state = try StateDirectory(work.configuration, loop: work.loop)
            defer { state.close() }
            try CertsPush.run(work, certificates, state, isVerbose: isVerbose, isQuiet: isQuiet)
            return .ok
        }
    }
}

/// The push as `certs push` and `certs rotate` show it.
enum CertsPush {
    /// The configured files, when the module can be given them; what is wrong is told.
    /// `isQuiet`: errors only.
    static func usable(
        _ configuration: Configuration, isQuiet: Bool
    ) throws(CommandFailure) -> RemoteCertificates {
        guard let tls = configuration.remote.tls else {
            throw CommandFailure(
                .configuration,
                "[remote] tls is not configured: the connection is a plain one, and needs no certificate")
        }
        guard tls.verify || tls.isOurs else {
            throw CommandFailure(
                .configuration,
                "[remote] tls has verify = false: the module checks and shows no certificate, so that none is written")
        }
        let certificates = RemoteCertificates(tls, now: CertsWork.now)
        for finding in certificates.findings where finding.severity == .error || !isQuiet {
            let word = finding.severity == .error ? "" : "warning: "
            Console.error("[remote] tls \(finding.key): \(word)\(finding.message)")
        }
        for note in certificates.notes where !isQuiet { Console.error("note: \(note)") }
        guard certificates.isUsable else {
            throw CommandFailure(
                .configuration,
                tls.isOurs
                    ? "the files cannot be used as they are"
                    : "nothing was written: the files cannot be used as they are")
        }
        return certificates
    }

    /// Writes what is missing, and tells of each file, unless `isQuiet`.
    static func run(
        _ work: CertsWork, _ certificates: RemoteCertificates, _ state: StateDirectory,
        isVerbose: Bool, isQuiet: Bool
    ) throws(CommandFailure) {
        let dialogue = work.dialogue(CertsWork.log(isVerbose: isVerbose))
        defer { dialogue.close() }
        var bar = ProgressBar()
        defer { bar.clear() }
        let waiting = WaitingLine("asking the module", work.loop, isWanted: !isVerbose && !isQuiet)
        defer { waiting.clear() }
        let push = CertificatePush(work.configuration, certificates, dialogue: dialogue, state: state)
        let done = try push.run { progress in
            if isQuiet { return }
            waiting.clear()
            bar.show(
                "\(progress.kind) \(progress.name)", sent: progress.sent, total: progress.total,
                elapsed: progress.elapsed)
        }
        bar.clear()
        waiting.clear()
        if isQuiet { return }
        Console.line("module: IMEI \(done.module.imei.isEmpty ? "not known" : done.module.imei), \(done.module.model)")
        for file in done.files { Console.line(line(file)) }
        let count = done.files.count { $0.wasWritten }
        Console.line(
            count == 0
                ? "nothing was written: the module holds the files already"
                : "\(count) of \(done.files.count) file(s) written and verified")
    }

    /// `key: written as cb-key-a.key, 1704 bytes in 0.3 s`.
    static func line(_ file: CertificatePush.Outcome) -> String {
        let seconds = file.time.map { " in \(ProgressBar.seconds($0))" } ?? ""
        return file.wasWritten
            ? "\(file.kind): written as \(file.name), \(file.size) bytes\(seconds)"
            : "\(file.kind): there already as \(file.name), \(file.size) bytes"
    }
}
