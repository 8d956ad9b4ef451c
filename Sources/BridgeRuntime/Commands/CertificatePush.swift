import ATProtocol
package import Configuration
import LinuxIO
import ModemCore

/// Brings a module in step with the configured files, by the service's plan.
package struct CertificatePush {
    /// One file afterwards.
    package struct Outcome: Equatable {
        /// `ca`, `certificate` or `key`.
        package var kind: String
        /// Its name in the module.
        package var name: String
        /// Its size in bytes.
        package var size: Int
        /// Whether it was written; false: it was there.
        package var wasWritten: Bool
        /// How long the upload took; nil: there was none.
        package var time: Duration?
    }

    /// A file that is being written: its kind and name, the bytes sent and in all, and since when.
    package struct Progress {
        /// `ca`, `certificate` or `key`.
        package var kind: String
        /// Its name in the module.
        package var name: String
        /// Bytes on the line so far.
        package var sent: Int
        /// All of them.
        package var total: Int
        /// Since the upload began.
        package var elapsed: Duration
    }

    private let configuration: Configuration
    private let certificates: RemoteCertificates
    private let dialogue: ModuleDialogue
    private let state: StateDirectory

    /// The files must be usable.
    package init(
        _ configuration: Configuration, _ certificates: RemoteCertificates, dialogue: ModuleDialogue,
        state: StateDirectory
    ) {
        self.configuration = configuration
        self.certificates = certificates
        self.dialogue = dialogue
        self.state = state
    }

    /// Opens the port, writes what is missing, and says what was done; who answered, too.
    package func run(
        _ onProgress: @escaping (Progress) -> Void
    ) throws(CommandFailure) -> (module: ModuleDialogue.Identity, files: [Outcome]) {
        let manifests = TLSManifests(encoded: try state.meta(Dispatcher.Meta.tlsManifests) ?? [])
        guard let settings = configuration.tlsSettings(certificates, manifests: manifests) else {
            throw CommandFailure(.configuration, "[remote] tls is not configured")
        }
        if let routing = try? configuration.routingTable() { dialogue.keepMessages(in: state, routing) }
        let dataMode = try state.meta(Dispatcher.Meta.dataMode)
        // After an upload that was cut off the module takes what comes for the file until its time is over.
        let module = try dialogue.open(
            dataMode: dataMode.flatMap { Int(String(decoding: $0, as: UTF8.self)) },
            patience: .seconds(settings.uploadSeconds + 5))
        // The module answers, so it is out of its data mode.
        if dataMode != nil { try state.write(Dispatcher.Meta.dataMode, nil) }
        var errand = CertificateErrand(settings, imei: module.imei, writes: true)
        var times: [TLSPlace: Duration] = [:]
        var next = errand.start()
        while true {
            switch next {
            case .submit(let command):
                let place = errand.uploading
                let begin = dialogue.now
                if let place { report(place, since: begin, onProgress) }
                next = errand.completed(try dialogue.submit(command))
                if let place { times[place] = dialogue.now - begin }
            case .record(let bytes):
                try state.write(Dispatcher.Meta.tlsManifests, bytes)
                next = errand.recorded()
            case .finished(let report): return (module, outcomes(report, times))
            case .failed(let failure): throw CommandFailure(.unavailable, "\(failure)")
            }
        }
    }

    private func report(_ place: TLSPlace, since begin: Duration, _ onProgress: @escaping (Progress) -> Void) {
        dialogue.onProgress = { [dialogue] sent, total in
            onProgress(
                Progress(
                    kind: place.kind.rawValue, name: place.name, sent: sent, total: total, elapsed: dialogue.now - begin
                ))
        }
    }

    private func outcomes(_ report: CertificateErrand.Report, _ times: [TLSPlace: Duration]) -> [Outcome] {
        TLSFileKind.allCases.compactMap { kind in
            let rows = report.rows.filter { $0.place.kind == kind && $0.isConfigured }
            // Both places may hold it; the good one is used.
            let used = rows.first { times[$0.place] != nil } ?? rows.first(where: \.isGood) ?? rows.first
            return used.map { row in
                Outcome(
                    kind: kind.rawValue, name: row.place.name, size: row.size ?? 0,
                    wasWritten: report.written.contains(row.place), time: times[row.place])
            }
        }
    }
}
