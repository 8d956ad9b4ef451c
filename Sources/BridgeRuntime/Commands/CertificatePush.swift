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
        var manifests = TLSManifests(encoded: try state.meta(Dispatcher.Meta.tlsManifests) ?? [])
        guard let settings = configuration.tlsSettings(certificates, manifests: manifests) else {
            throw CommandFailure(.configuration, "[remote] tls is not configured")
        }
        let dataMode = try state.meta(Dispatcher.Meta.dataMode)
        let module = try dialogue.open(dataMode: dataMode.flatMap { Int(String(decoding: $0, as: UTF8.self)) })
        var provisioning = FileProvisioning(settings, manifest: manifests[module.imei])
        var next = provisioning.start()
        while true {
            switch next {
            case .submit(let command):
                if let place = provisioning.place {
                    let begin = dialogue.now
                    dialogue.onProgress = { [dialogue] sent, total in
                        onProgress(
                            Progress(
                                kind: place.kind.rawValue, name: place.name, sent: sent, total: total,
                                elapsed: dialogue.now - begin))
                    }
                }
                let result = try dialogue.submit(command)
                next = provisioning.completed(result, now: dialogue.now)
            case .record:
                manifests[module.imei] = provisioning.manifest
                try state.write(Dispatcher.Meta.tlsManifests, manifests.encoded)
                next = provisioning.recorded()
            case .done:
                let files = provisioning.places.map { place in
                    Outcome(
                        kind: place.kind.rawValue, name: place.name,
                        size: settings.files[place.kind]?.contents.count ?? 0,
                        wasWritten: provisioning.written.contains(place))
                }
                return (module, files)
            case .failed(let failure): throw CommandFailure(.unavailable, "\(failure)")
            }
        }
    }
}
