package import ATProtocol

/// What `cellbridge certs` does with a module while no service holds it: looks at its files, or puts new ones beside the
/// good ones. Begins with a module that was introduced (echo off, numbered errors, IMEI known); configures and connects
/// nothing.
package struct CertificateErrand {
    /// What comes next.
    package enum Next: Equatable {
        case submit(ATCommand)
        /// Put these manifests on disk, then call `recorded`.
        case record([UInt8])
        case finished(Report)
        case failed(TLSFailure)
    }

    /// What is in the module.
    package struct Report: Equatable {
        /// One of our files.
        package struct Row: Equatable {
            /// Which.
            package var place: TLSPlace
            /// Its size in the module; nil: it is not there.
            package var size: Int?
            /// What the manifest says of it; nil: nothing, so that it is not used.
            package var entry: TLSManifest.Entry?
            /// Whether it carried the last session.
            package var isGood: Bool
            /// Whether it is the file that is configured, whole as far as its size tells.
            package var isConfigured: Bool

            /// Whether the module holds what the manifest says.
            package var isTrue: Bool { entry.map { $0.size == size } ?? true }
        }

        /// The module's serial number, the key of the manifests.
        package var imei: String
        /// Every file that is in the module or in the manifest.
        package var rows: [Row]
        /// Room in bytes, when the module tells.
        package var free: Int?
        /// What was written, in order.
        package var written: [TLSPlace]

        /// Whether anything was written.
        package var hasWritten: Bool { !written.isEmpty }
    }

    private enum Phase: Equatable { case setup, size(Int), room, ended }

    private let settings: TLSSettings
    private let writes: Bool
    private var manifests: TLSManifests
    private let imei: String
    private var phase = Phase.ended
    private var setup: TLSSetup?
    private var spelling: ATCommand.FileSizeSpelling?
    private var asksOtherwise = false
    private var sizes: [TLSPlace: Int] = [:]
    private var written: [TLSPlace] = []

    /// An errand at the module with this IMEI; `writes`: push, otherwise list and verify. `settings.manifests` are those
    /// on disk.
    package init(_ settings: TLSSettings, imei: String, writes: Bool) {
        self.settings = settings
        self.imei = imei
        self.writes = writes
        manifests = settings.manifests
    }

    /// The first command.
    package mutating func start() -> Next { writes ? push() : look(0) }

    /// The file that the running command writes.
    package var uploading: TLSPlace? { phase == .setup ? setup?.writtenPlace : nil }

    /// The answer to the last command.
    package mutating func completed(_ result: CommandResult) -> Next {
        switch phase {
        case .setup: return setup.map { _ in follow(setup?.completed(result, now: .zero)) } ?? look(0)
        case .size(let index): return sized(index, result)
        case .room:
            phase = .ended
            return .finished(report(free: result.isSuccess ? result.firstNumber : nil))
        case .ended: return .finished(report(free: nil))
        }
    }

    /// The manifests are on disk.
    package mutating func recorded() -> Next { follow(setup?.recorded()) }

    private mutating func push() -> Next {
        phase = .setup
        setup = TLSSetup(
            settings, wanted: settings.files.mapValues(WantedFile.init), manifest: manifests[imei], spelling: nil,
            clock: nil, configures: false)
        return follow(setup?.start())
    }

    private mutating func follow(_ next: TLSSetup.Next?) -> Next {
        spelling = setup?.spelling
        switch next {
        case .submit(let command):
            if let place = setup?.writtenPlace { written.append(place) }
            return .submit(command)
        case .failed(let failure): return .failed(failure)
        case .record:
            if let known = setup?.manifest { manifests[imei] = known }
            return .record(manifests.encoded)
        case .wait, .ready, nil: return look(0)
        }
    }

    private mutating func look(_ index: Int) -> Next {
        guard index < TLSPlace.all.count else {
            phase = .room
            return .submit(.fsMem)
        }
        phase = .size(index)
        let used: ATCommand.FileSizeSpelling = asksOtherwise ? .fsflsize : spelling ?? .fsfsize
        guard let command = try? ATCommand.fsFileSize(TLSPlace.all[index].name, spelling: used) else {
            return look(index + 1)
        }
        return .submit(command)
    }

    private mutating func sized(_ index: Int, _ result: CommandResult) -> Next {
        if result.isSuccess, let size = result.firstNumber {
            spelling = asksOtherwise ? .fsflsize : spelling ?? .fsfsize
            sizes[TLSPlace.all[index]] = size
        } else if spelling == nil, !asksOtherwise {
            asksOtherwise = true
            return look(index)
        }
        asksOtherwise = false
        return look(index + 1)
    }

    private func report(free: Int?) -> Report {
        let manifest = manifests[imei]
        let rows: [Report.Row] = TLSPlace.all.compactMap { place in
            let (size, entry) = (sizes[place], manifest.entries[place])
            guard size != nil || entry != nil else { return nil }
            let isConfigured =
                settings.files[place.kind].map { file in
                    entry.map(WantedFile(file).matches) ?? false && size == file.contents.count
                } ?? false
            return Report.Row(
                place: place, size: size, entry: entry, isGood: manifest.good[place.kind] == place.slot,
                isConfigured: isConfigured)
        }
        return Report(imei: imei, rows: rows, free: free, written: written)
    }
}
