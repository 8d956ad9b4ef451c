import ATProtocol

/// Makes a module ready for `AT+SSLMIPSTART`: clock, files, context 88. One run per life of the module and after each
/// connection that failed.
struct TLSSetup {
    /// What comes next.
    enum Next: Equatable {
        case submit(ATCommand)
        /// Put `manifest` on disk, then call `recorded`.
        case record
        /// `deadlineReached` is due then.
        case wait(Duration)
        case ready
        case failed(TLSFailure)
    }

    private enum Phase: Equatable {
        case clock
        /// The size of the place at this index of the questions is asked.
        case size(Int)
        /// The step at this index of the plan.
        case step(Int)
        case measuringRoom(TLSPlace, answer: String)
        case parameter(Int)
        case ended
    }

    /// What the module is known to hold, step by step.
    private(set) var manifest: TLSManifest
    /// The slots in use.
    private(set) var slots: [TLSFileKind: TLSSlot] = [:]
    /// How the clock was found.
    private(set) var clockNote: String?
    /// What a person may want to know, not worse than a warning.
    private(set) var remarks: [LinkReport] = []
    /// Whether anything was written into the module.
    private(set) var hasWritten = false
    /// How this firmware asks for a size; `nil`: not known yet.
    private(set) var spelling: ATCommand.FileSizeSpelling?

    private let settings: TLSSettings
    private let configures: Bool
    private let wanted: [TLSFileKind: WantedFile]
    private var clock: ClockSetting?
    private var phase = Phase.ended
    private var questions: [TLSPlace] = []
    private var sizes: [TLSPlace: Int] = [:]
    private var plan: ProvisioningPlan?
    private var parameters: [ATCommand.TLSParameter] = []
    private var asksOtherwise = false

    init(
        _ settings: TLSSettings, wanted: [TLSFileKind: WantedFile], manifest: TLSManifest,
        spelling: ATCommand.FileSizeSpelling?, clock: ClockSetting?, configures: Bool = true
    ) {
        self.settings = settings
        self.configures = configures
        self.wanted = wanted
        self.manifest = manifest
        self.spelling = spelling
        self.clock = clock
    }

    /// The file that the running command writes.
    var writtenPlace: TLSPlace? {
        guard case .step(let index) = phase, let steps = plan?.steps, index < steps.count,
            case .write(let place) = steps[index]
        else { return nil }
        return place
    }

    // MARK: Events

    mutating func start() -> Next {
        for kind in TLSFileKind.allCases {
            if let size = wanted[kind]?.size, !(1...ATCommand.fileSizeLimit).contains(size) {
                return end(.unusable("\(kind.rawValue) has \(size) bytes, the module takes \(ATCommand.fileSizeLimit)"))
            }
        }
        guard let clock else { return askSizes() }
        phase = .clock
        return .submit(clock.first)
    }

    mutating func completed(_ result: CommandResult, now: Duration) -> Next {
        switch phase {
        case .clock:
            guard let next = clock?.completed(result, now: now) else { return askSizes() }
            return after(next)
        case .size(let index): return sizeAnswered(index, result)
        case .step(let index): return stepAnswered(index, result)
        case .measuringRoom(let place, let answer): return roomAnswered(place, answer, result)
        case .parameter(let index): return parameterAnswered(index, result)
        case .ended: return .ready
        }
    }

    /// The manifest is on disk.
    mutating func recorded() -> Next {
        guard case .step(let index) = phase else { return .ready }
        return take(index + 1)
    }

    /// A line that no command asked for; `nil`: it means nothing here.
    mutating func lineReceived(_ line: [UInt8]) -> Next? {
        guard phase == .clock, let next = clock?.lineReceived(line) else { return nil }
        return after(next)
    }

    mutating func deadlineReached() -> Next {
        guard phase == .clock, let next = clock?.deadlineReached() else { return .ready }
        return after(next)
    }

    private mutating func after(_ next: ClockSetting.Next) -> Next {
        switch next {
        case .submit(let command): return .submit(command)
        case .wait(let due): return .wait(due)
        case .failed(let failure): return end(failure)
        case .done(let note):
            clockNote = note
            return askSizes()
        }
    }

    private mutating func end(_ failure: TLSFailure) -> Next {
        phase = .ended
        return .failed(failure)
    }

    private mutating func submit(_ build: () throws(ATEncodingError) -> ATCommand) -> Next {
        do throws(ATEncodingError) {
            return .submit(try build())
        } catch {
            return end(.unusable("\(error)"))
        }
    }

    // MARK: Sizes

    private mutating func askSizes() -> Next {
        questions = ProvisioningPlan.questions(wanted, manifest)
        return ask(0)
    }

    private mutating func ask(_ index: Int) -> Next {
        guard index < questions.count else {
            let plan = ProvisioningPlan(wanted, manifest, sizes: sizes)
            self.plan = plan
            slots = plan.slots
            if !plan.missing.isEmpty { return end(.goodFilesGone) }
            return take(0)
        }
        phase = .size(index)
        asksOtherwise = false
        return askSize(questions[index])
    }

    private mutating func askSize(_ place: TLSPlace) -> Next {
        let usual = spelling ?? .fsfsize
        let used: ATCommand.FileSizeSpelling = asksOtherwise ? .fsflsize : usual
        return submit { () throws(ATEncodingError) in try .fsFileSize(place.name, spelling: used) }
    }

    /// The size, or `nil` for none; asks again in the other spelling while neither was ever answered.
    private mutating func size(from result: CommandResult, of place: TLSPlace) -> (size: Int?, again: Next?) {
        if result.isSuccess, let size = result.firstNumber {
            spelling = spelling ?? (asksOtherwise ? .fsflsize : .fsfsize)
            return (size, nil)
        }
        if spelling == nil, !asksOtherwise {
            asksOtherwise = true
            return (nil, askSize(place))
        }
        return (nil, nil)
    }

    private mutating func sizeAnswered(_ index: Int, _ result: CommandResult) -> Next {
        let (size, again) = size(from: result, of: questions[index])
        if let again { return again }
        if let size { sizes[questions[index]] = size }
        return ask(index + 1)
    }

    // MARK: Files

    private mutating func take(_ index: Int) -> Next {
        guard let plan, index < plan.steps.count else { return configure() }
        phase = .step(index)
        switch plan.steps[index] {
        case .clear(let place):
            manifest.clear(place)
            return .record
        case .record(let place):
            guard let file = wanted[place.kind] else { return take(index + 1) }
            manifest.record(place, TLSManifest.Entry(digest: file.digest, size: file.size))
            return .record
        case .delete(let place): return submit { () throws(ATEncodingError) in try .fsDelete(place.name) }
        case .create(let place): return submit { () throws(ATEncodingError) in try .fsCreate(place.name) }
        case .write(let place):
            let contents = wanted[place.kind]?.contents ?? []
            let seconds = settings.uploadSeconds
            hasWritten = true
            return submit { () throws(ATEncodingError) in
                try .fsWrite(place.name, contents: contents, seconds: seconds)
            }
        case .verify(let place):
            asksOtherwise = false
            return askSize(place)
        }
    }

    private mutating func stepAnswered(_ index: Int, _ result: CommandResult) -> Next {
        guard let plan, index < plan.steps.count else { return configure() }
        switch plan.steps[index] {
        case .delete, .clear, .record:
            return take(index + 1)
        case .create(let place), .write(let place):
            if result.isSuccess { return take(index + 1) }
            if result.lines.contains(where: { $0.elementsEqual("TimeOut".utf8) }) {
                return end(.uploadCutShort(file: place.name))
            }
            phase = .measuringRoom(place, answer: result.final.wireText)
            return .submit(.fsMem)
        case .verify(let place):
            let (size, again) = size(from: result, of: place)
            if let again { return again }
            guard let expected = wanted[place.kind]?.size, size == expected else {
                return end(.wrongSize(file: place.name, expected: wanted[place.kind]?.size ?? 0, found: size))
            }
            return take(index + 1)
        }
    }

    private mutating func roomAnswered(_ place: TLSPlace, _ answer: String, _ result: CommandResult) -> Next {
        let size = wanted[place.kind]?.size ?? 0
        if result.isSuccess, let free = result.firstNumber, free < size {
            return end(.fileSystemFull(file: place.name, size: size, free: free))
        }
        return end(.fileRefused(file: place.name, answer: answer))
    }

    // MARK: Context 88

    private mutating func configure() -> Next {
        guard configures else {
            phase = .ended
            return .ready
        }
        let names = slots.reduce(into: [TLSFileKind: String]()) { $0[$1.key] = TLSPlace($1.key, $1.value).name }
        parameters = [.version(settings.version), .cipherSuite(settings.cipherSuite ?? 0xFFFF)]
        if let name = names[.ca] { parameters.append(.caCertificate(name)) }
        if let name = names[.certificate] { parameters.append(.clientCertificate(name)) }
        if let name = names[.key] { parameters.append(.clientKey(name)) }
        parameters.append(.securityLevel(!settings.verify ? 0 : names[.certificate] == nil ? 1 : 2))
        parameters.append(.hostName(settings.hostName))
        parameters.append(.ignoreLocalTime(settings.ignoreLocalTime))
        if let seconds = settings.negotiateTimeout { parameters.append(.negotiateTimeout(seconds)) }
        if let mode = settings.verifyMode { parameters.append(.verifyMode(mode)) }
        return set(0)
    }

    private mutating func set(_ index: Int) -> Next {
        guard index < parameters.count else {
            phase = .ended
            return .ready
        }
        phase = .parameter(index)
        let parameter = parameters[index]
        return submit { () throws(ATEncodingError) in try .sslcfg(parameter) }
    }

    private mutating func parameterAnswered(_ index: Int, _ result: CommandResult) -> Next {
        let parameter = parameters[index]
        guard !result.isSuccess else { return set(index + 1) }
        if isNeeded(parameter) {
            return end(.parameterRefused(key: parameter.key, answer: result.final.wireText))
        }
        remarks.append(
            LinkReport(
                .warning,
                "AT+SSLCFG=\"\(parameter.key)\" was answered \(result.final.wireText): staying with the module's own"))
        return set(index + 1)
    }

    /// Whether the connection would be less safe than asked for, or other than asked for, without it.
    private func isNeeded(_ parameter: ATCommand.TLSParameter) -> Bool {
        switch parameter {
        case .version, .caCertificate, .clientCertificate, .clientKey, .securityLevel, .verifyMode: true
        case .cipherSuite: settings.cipherSuite != nil
        case .hostName: settings.verify
        case .ignoreLocalTime: settings.ignoreLocalTime && settings.verify
        case .negotiateTimeout: false
        }
    }
}
