import ATProtocol

/// TLS through the module: the setup between the preparation and `AT+MCONFIG`, and what a failed connection leads to.
/// There is no way from here to a plain or an unverified connection.
extension LinkStateMachine {
    /// The first thing of a new connection after the old one was closed.
    mutating func secureOrConfigure(now: Duration) {
        guard let link = tls, !link.isReady else { return run(.configure) }
        guard let next = tls?.begin(now: now) else { return run(.configure) }
        follow(next, now: now)
    }

    mutating func setupAnswered(_ result: CommandResult, now: Duration) {
        guard let next = tls?.setup?.completed(result, now: now) else { return secureOrConfigure(now: now) }
        follow(next, now: now)
    }

    mutating func setupDeadlineReached(now: Duration) {
        guard let next = tls?.setup?.deadlineReached() else { return secureOrConfigure(now: now) }
        follow(next, now: now)
    }

    mutating func lineReceived(_ line: [UInt8], now: Duration) {
        guard let next = tls?.setup?.lineReceived(line), case .awaiting(.secure, _) = state else { return }
        follow(next, now: now)
    }

    private mutating func follow(_ next: TLSSetup.Next, now: Duration) {
        switch next {
        case .submit(let command):
            state = .running(.secure)
            actions.append(.submit(command))
        case .record:
            if let known = tls?.setup?.manifest { tls?.manifest = known }
            state = .recordingManifest
            recordManifest()
        case .wait(let due):
            state = .awaiting(.secure, deadline: due)
        case .ready:
            setupFinished()
            run(.configure)
        case .failed(let failure):
            setupFailed(failure, now: now)
        }
    }

    private mutating func recordManifest() {
        guard let token = tls?.nextToken(), let bytes = tls?.manifests.encoded else { return }
        actions.append(.recordManifest(bytes, token: token))
    }

    /// The manifest of this token is on disk.
    public mutating func manifestRecorded(token: Int, now: Duration) -> [LinkAction] {
        guard case .recordingManifest = state, token == tls?.token else { return take() }
        if let failure = afterCommand {
            afterCommand = nil
            enterAfterFailure(failure, now: now)
        } else if let next = tls?.setup?.recorded() {
            follow(next, now: now)
        } else {
            secureOrConfigure(now: now)
        }
        return take()
    }

    /// What the host's clock shows; to be told now and then, for it may be set right after the start.
    public mutating func hostClock(_ clock: HostClock?) { tls?.host = clock }

    private mutating func setupFinished() {
        guard let setup = tls?.setup else { return }
        for remark in setup.remarks { actions.append(.report(remark)) }
        if setup.hasWritten { report(.info, "certificates: written into the module and verified") }
        if let note = setup.clockNote { report(.debug, note) }
        tls?.finished()
    }

    private mutating func setupFailed(_ failure: TLSFailure, now: Duration) {
        let had = tls?.manifests
        let other = tls?.setupFailed(failure, now: now) ?? false
        report(other && failure == .goodFilesGone ? .warning : .error, "TLS: \(failure)")
        if tls?.manifests != had { recordManifest() }
        if other, let usesGood = tls?.usesGood {
            reportChange(usesGood)
            return secureOrConfigure(now: now)
        }
        goOffline("TLS cannot be set up")
        recovery = Recovery(rung: .link, reason: "TLS: \(failure)")
        rest(failures: tls?.countSetupFailure() ?? 1, now: now)
    }

    // MARK: Connections

    /// Says what this connection is not, before it is made.
    mutating func warnBeforeConnecting() {
        guard let settings = tls?.settings, !settings.verify else { return }
        report(
            .warning,
            """
            [remote] tls verify = false: the connection is encrypted, and anyone can pose as \(self.settings.host) and \
            read the password
            """)
    }

    /// `AT+SSLMIPSTART` came to nothing.
    mutating func tlsFailed(_ reason: String, now: Duration) {
        guard let diagnosis = tls?.diagnosis(host: settings.host, port: settings.port) else {
            return fail(Failure(.path), reason, now: now)
        }
        let hasCarried = tls?.manifest.isGood(settings.tls?.wanted ?? [:]) ?? false
        report(.error, "\(reason). The module does not say why. \(diagnosis)")
        if changeOfSet(now: now) {
            goOffline(reason)
            state = .resting(until: now + (tls?.leastPause ?? .seconds(15)), rung: .link)
            return
        }
        let failures = tls?.failures ?? 1
        // Files that carried a session before: the first failures are more likely the network's than TLS's.
        if hasCarried, failures <= 3 { return fail(Failure(.path), reason, now: now) }
        waited()
        goOffline(reason)
        let decision = decide(Failure(hasCarried ? .path : .broker), now: now)
        recovery = Recovery(rung: decision.rung, reason: reason)
        let pause = max(decision.after, tls?.leastPause ?? .seconds(15))
        report(.info, "next try in \(pause.components.seconds) s")
        state = .resting(until: now + pause, rung: decision.rung)
    }

    /// Counts a failure with the files in use; true when it made the other set the one in use.
    mutating func changeOfSet(now: Duration) -> Bool {
        let had = tls?.manifests
        guard tls?.connectionFailed(now: now) ?? false, let usesGood = tls?.usesGood else { return false }
        reportChange(usesGood)
        if tls?.manifests != had { recordManifest() }
        return true
    }

    private mutating func reportChange(_ usesGood: Bool) {
        if usesGood {
            report(
                .error,
                """
                the new certificates did not carry a session: back to the older ones, which did; the new ones are \
                tried again at a reconnect after a pause, or when the files change and the service is restarted
                """)
        } else {
            report(.warning, "the configured certificates are tried again")
        }
    }

    /// A session came up: the files in use are good.
    mutating func filesCarriedSession() {
        guard tls?.carried() ?? false else { return }
        report(.info, "certificates: these carried a session and are kept")
        recordManifest()
    }

    private mutating func rest(failures: Int, now: Duration) {
        waited()
        let pause = Self.growingPause(failures)
        report(.info, "next try in \(pause.components.seconds) s")
        state = .resting(until: now + pause, rung: .link)
    }

    /// 15 s, 30 s, … 10 min.
    static func growingPause(_ failures: Int) -> Duration {
        min(.seconds(15) * (1 << min(max(failures, 1) - 1, 6)), .seconds(600))
    }

    // MARK: For trials

    /// Sessions in a row that did not come about: the setup, the connection, or the broker's answer.
    package var failedSessions: Int { (tls?.failures ?? 0) + refusals }
}
