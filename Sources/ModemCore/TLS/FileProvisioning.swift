package import ATProtocol

/// Puts the wanted files into the module by the service's own plan, and nothing else: no clock, no context 88. For
/// commands that bring a module in step without a connection.
package struct FileProvisioning {
    /// What comes next.
    package enum Next: Equatable {
        /// Run this command, then call `completed`.
        case submit(ATCommand)
        /// Put `manifest` on disk, then call `recorded`.
        case record
        /// The module holds the files.
        case done
        /// It does not.
        case failed(TLSFailure)
    }

    /// The files that were written, in order; the rest was there.
    package private(set) var written: [TLSPlace] = []
    private var setup: TLSSetup

    /// For one module, of which `manifest` is known.
    package init(_ settings: TLSSettings, manifest: TLSManifest) {
        setup = TLSSetup(
            settings, wanted: settings.wanted.mapValues { WantedFile($0) }, manifest: manifest, spelling: nil, clock: nil)
    }

    /// What is known of the module now.
    package var manifest: TLSManifest { setup.manifest }

    /// Where each file is, once done.
    package var places: [TLSPlace] {
        TLSFileKind.allCases.compactMap { kind in setup.slots[kind].map { TLSPlace(kind, $0) } }
    }

    /// The file that the running command writes.
    package var place: TLSPlace? { setup.writtenPlace }

    /// Begins.
    package mutating func start() -> Next { read(setup.start()) }

    /// The command is complete.
    package mutating func completed(_ result: CommandResult, now: Duration) -> Next {
        read(setup.completed(result, now: now))
    }

    /// The manifest is on disk.
    package mutating func recorded() -> Next { read(setup.recorded()) }

    private mutating func read(_ next: TLSSetup.Next) -> Next {
        switch next {
        case .submit where setup.holdsFiles: return .done
        case .submit(let command):
            if let place = setup.writtenPlace { written.append(place) }
            return .submit(command)
        case .record: return .record
        // Without a clock there is nothing to wait for.
        case .ready, .wait: return .done
        case .failed(let failure): return .failed(failure)
        }
    }
}

extension TLSSettings {
    /// The sizes to ask of a module: a command and its file for each place.
    package static var sizeQuestions: [(place: TLSPlace, commands: [ATCommand])] {
        TLSPlace.all.map { place in
            (
                place,
                ATCommand.FileSizeSpelling.allCases.compactMap { try? .fsFileSize(place.name, spelling: $0) }
            )
        }
    }
}

extension CommandResult {
    /// The size that an answer to one of `TLSSettings.sizeQuestions`, or the room that one to `AT+FSMEM` tells.
    package var byteCount: Int? { isSuccess ? firstNumber : nil }
}
