import ATProtocol

/// What the link machine keeps about TLS between one connection and the next: which of two sets of files is in use, what
/// failed with it, and what is known of the module.
///
/// Files that never carried a session are tried twice while an older set that did is in the module; then the older set
/// goes back into use, and the new one is tried again after growing pauses, at the next reconnect.
struct TLSLink {
    /// How often files that never carried a session are tried before the older set goes back.
    static let trials = 2
    /// Pauses before the new set is tried again: an hour, then doubling up to a day.
    static let trialPause: (first: Duration, longest: Duration) = (.seconds(3600), .seconds(86400))

    let settings: TLSSettings
    private(set) var manifests: TLSManifests
    /// The module the manifest is about.
    var imei = ""
    /// The last `+NITZ` and when it came.
    var network: (time: NetworkTime, at: Duration)?
    var host: HostClock?
    var setup: TLSSetup?
    /// Whether context 88 is set up for the next connection.
    var isReady = false
    /// Connections in a row that failed, whatever the files.
    private(set) var failures = 0
    /// The record that is on its way to disk.
    private(set) var token = 0

    /// Whether the older set is in use.
    private(set) var usesGood = false
    private var goodCarried = false
    private var failuresOfSet = 0
    private var nextTrial: Duration?
    private var pause = trialPause.first
    private var slots: [TLSFileKind: TLSSlot] = [:]
    private var clockNote: String?
    private var spelling: ATCommand.FileSizeSpelling?

    init(_ settings: TLSSettings) {
        self.settings = settings
        manifests = settings.manifests
    }

    var manifest: TLSManifest {
        get { manifests[imei] }
        set { manifests[imei] = newValue }
    }

    /// Whether another set than the configured one carried the last session.
    var hasOlderSet: Bool {
        settings.fallsBack && settings.verify && !manifest.good.isEmpty && !manifest.isGood(settings.wanted)
    }

    private var setName: String { TLSManifest.name(settings.wanted) }

    // MARK: Setup

    /// Begins a setup with the set that is to be used now.
    mutating func begin(now: Duration) -> TLSSetup.Next {
        if usesGood, !hasOlderSet || nextTrial.map({ now >= $0 }) ?? false { useNew() }
        let wanted =
            usesGood ? manifest.goodFiles.mapValues(WantedFile.init) : settings.wanted.mapValues(WantedFile.init)
        let clock = settings.needsClock ? ClockSetting(settings, network: network, host: host, now: now) : nil
        var setup = TLSSetup(settings, wanted: wanted, manifest: manifest, spelling: spelling, clock: clock)
        defer { self.setup = setup }
        return setup.start()
    }

    mutating func nextToken() -> Int {
        token += 1
        return token
    }

    /// The setup is done.
    mutating func finished() {
        guard let setup else { return }
        slots = setup.slots
        clockNote = setup.clockNote
        spelling = setup.spelling
        isReady = true
        self.setup = nil
    }

    /// The setup failed; true when the other set can be tried at once.
    mutating func setupFailed(_ failure: TLSFailure, now: Duration) -> Bool {
        spelling = setup?.spelling ?? spelling
        setup = nil
        // What was taken for this firmware's way to ask for a size may have been somebody else's answer.
        if case .wrongSize(_, _, nil) = failure { spelling = nil }
        switch failure {
        case .goodFilesGone:
            var known = manifest
            known.forgetGood()
            manifest = known
            useNew()
            return true
        case .fileSystemFull, .uploadCutShort, .fileRefused, .wrongSize:
            guard hasOlderSet, !usesGood else { return false }
            useOlder(now: now)
            return true
        case .clock, .outOfDate, .parameterRefused, .unusable:
            return false
        }
    }

    /// How long to wait at least after a failed connection: hardly, while there is another set to try.
    var leastPause: Duration {
        hasOlderSet && failures <= 2 * Self.trials ? .seconds(1) : LinkStateMachine.growingPause(failures)
    }

    /// Counts a setup that failed; how many in a row did.
    mutating func countSetupFailure() -> Int {
        failures = min(failures + 1, 1000)
        return failures
    }

    // MARK: Connections

    /// A connection or its session failed. True when the set in use changed because of it.
    mutating func connectionFailed(now: Duration) -> Bool {
        failures = min(failures + 1, 1000)
        failuresOfSet = min(failuresOfSet + 1, 1000)
        // The clock may be at fault, or the module has lost something: all is looked at again.
        isReady = false
        guard hasOlderSet else { return false }
        if usesGood {
            // Both fail: it is not the files. The new ones get their turn again.
            guard !goodCarried, failuresOfSet >= Self.trials else { return false }
            useNew()
            return true
        }
        // What failed before is given one try at each start, not two.
        guard failuresOfSet >= (manifest.failed.contains(setName) ? 1 : Self.trials) else { return false }
        useOlder(now: now)
        return true
    }

    /// The TLS connection stands.
    mutating func connected() { failures = 0 }

    /// The set in use carried a session. True when the manifest changed by that.
    mutating func carried() -> Bool {
        failures = 0
        failuresOfSet = 0
        guard settings.verify else { return false }
        if usesGood {
            goodCarried = true
            return false
        }
        nextTrial = nil
        pause = Self.trialPause.first
        var known = manifest
        known.carried(slots, name: setName)
        guard known != manifest else { return false }
        manifest = known
        return true
    }

    private mutating func useOlder(now: Duration) {
        usesGood = true
        goodCarried = false
        failuresOfSet = 0
        nextTrial = now + pause
        pause = min(pause * 2, Self.trialPause.longest)
        isReady = false
        var known = manifest
        known.noteFailed(setName)
        manifest = known
    }

    private mutating func useNew() {
        usesGood = false
        failuresOfSet = 0
        nextTrial = nil
        isReady = false
    }

    /// The module restarted, or another one may be there.
    mutating func forgetModule() {
        isReady = false
        setup = nil
        spelling = nil
    }

    // MARK: Words

    /// What can be said about a failed connection, which the module does not explain.
    func diagnosis(host: String, port: Int) -> String {
        let facts = settings.facts
        guard settings.verify else {
            return """
                no certificate is checked, so it is one of: nobody there, no TLS on that port, no suite in common (the module offers \
                RSA key exchange only, no ECDHE, at most TLS 1.2), a broker that asks for a client certificate
                """
        }
        var lines: [String] = []
        let ruledOut = facts.ruledOut + [clockNote].compactMap { $0 }
        if usesGood {
            lines.append("in use: the older files, which carried a session before")
        } else if !ruledOut.isEmpty {
            lines.append("in order: " + ruledOut.joined(separator: ", "))
        }
        if !facts.suspicions.isEmpty { lines.append("suspicious: " + facts.suspicions.joined(separator: ", ")) }
        var left = [
            "\(host):\(port) cannot be reached or speaks no TLS (try: openssl s_client -connect \(host):\(port))",
            "another CA signed the broker's certificate (the same command shows which)",
            "the broker's certificate is not for the name \(settings.hostName) ([remote] tls hostname)",
            "the broker's certificate has expired",
            """
            no suite in common (the module offers RSA key exchange only: the broker needs an RSA certificate and a \
            suite such as AES256-SHA256 with TLS 1.2)
            """,
        ]
        left.append(
            settings.files[.certificate] == nil
                ? "the broker wants a client certificate ([remote] tls certificate and key)"
                : "the broker does not take our client certificate (which CA does it trust?)")
        lines.append("left: " + left.joined(separator: "; "))
        return lines.joined(separator: ". ")
    }
}
