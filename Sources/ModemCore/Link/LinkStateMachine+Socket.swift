import ATProtocol

/// The bring-up of a socket link, from the attached module to the standing TCP connection.
extension LinkStateMachine {
    /// Which link this module gets; settled once `ATI` was answered.
    public var kind: LinkKind {
        switch settings.linkChoice {
        case .mqtt: .mqtt
        case .socket: .socket
        case .automatic: profile.hasMQTT ? .mqtt : .socket
        }
    }

    /// The same; `nil` while only the module could tell and has not.
    public var settledKind: LinkKind? {
        settings.linkChoice == .automatic && settings.profile == nil && facts.model.isEmpty ? nil : kind
    }

    /// Whether received bytes stay in the module until they are read.
    public var readsOnRequest: Bool { settings.readsStreamOnRequest }

    var dialect: SocketDialect { profile.socket.dialect }

    /// Card, registration and attach are done: what follows before a connection of either link. A GSM module has no
    /// address before its connection (Quectel GSM TCP/IP guide 2).
    mutating func prepare() {
        switch (kind, dialect) {
        case (.socket, .qi): run(.signal)
        case (.mqtt, _), (.socket, .cip), (.socket, .bc260y): run(.address)
        }
    }

    /// Whether the APN belongs to the context of `AT+CGDCONT`; `AT+QICSGP` sets that of the GSM modules.
    var definesContext: Bool { kind == .mqtt || dialect != .qi }

    /// Tells the driver how bytes of a connection would come, when that changes.
    mutating func settleKind() {
        let wanted: SocketDialect? = kind == .socket ? dialect : nil
        guard wanted != dialectInUse else { return }
        dialectInUse = wanted
        actions.append(.useSocketDialect(wanted))
    }

    /// The first step of a new connection.
    mutating func beginStream() {
        closings = 0
        switch dialect {
        case .qi where settings.baudRate != nil && !rateIsFixed: run(.socket(.rate))
        case .cip, .qi: run(.socket(.state))
        case .bc260y:
            // Due after a failure and after "closed" (BC260Y-CN TCP/IP guide 2.3.2, 2.4.1); refused when there is nothing.
            closings += 1
            run(.socket(.close))
        }
    }

    /// The final result of a socket step was read.
    mutating func completed(_ step: SocketStep, _ result: CommandResult, now: Duration) {
        let succeeded = result.isSuccess
        switch step {
        case .rate:
            if succeeded, result.firstValue == "\(settings.baudRate ?? 0)" {
                rateIsFixed = true
                run(.socket(.state))
            } else {
                run(.socket(.fixRate))
            }
        case .fixRate:
            if !succeeded { report(.warning, "AT+IPR was answered \(result.final.wireText): the rate is not fixed") }
            rateIsFixed = true
            run(.socket(.state))
        case .state: stateAnswered(result, now: now)
        case .close: run(.socket(.state))
        case .shut:
            noteRelease(now: now)
            succeeded
                ? setUpSockets()
                : fail(
                    Failure(.context, at: .radio), "the bearer does not close (\(result.final.wireText))", now: now)
        case .setting(let index), .otherSetting(let index): settingAnswered(step, index, result, now: now)
        case .task:
            // Refused the second time, when it need not be said again (module-behaviour 11).
            if !succeeded { report(.debug, "AT+CSTT was answered \(result.final.wireText)") }
            run(.socket(.bearer))
        case .bearer:
            succeeded
                ? run(.socket(.ownAddress))
                : fail(
                    Failure(.context), "AT+CIICR was answered \(result.final.wireText): check [module] apn", now: now)
        case .ownAddress:
            succeeded
                ? run(.socket(.open))
                : fail(Failure(.context), "AT+CIFSR was answered \(result.final.wireText)", now: now)
        case .open: connectionAnswered(result, now: now)
        case .cause: connectionFailed(SocketState.line(in: result) ?? [], now: now)
        case .session: streamStillThere(now: now)
        case .poll: pollAnswered(result, now: now)
        case .dismiss: restAfterRefusal(now: now)
        case .contextShut:
            noteRelease(now: now)
            run(.attachWait)
        case .farewellClose: dialect == .bc260y ? finish() : run(.socket(.farewellShut))
        case .farewellShut: finish()
        }
    }

    // MARK: Leftovers

    /// What must be done before a connection may be opened, by the state machines of YM310 AT manual 9.40 and Quectel GSM
    /// TCP/IP guide 3.
    private mutating func stateAnswered(_ result: CommandResult, now: Duration) {
        switch SocketState(result, dialect) {
        case .initial?: setUpSockets()
        case .ready?:
            // Settings want a module without a bearer; where they are its own, a connection may be opened at once.
            if socketsSetUp {
                tcpError = nil
                run(.socket(.open))
            } else {
                dialect == .bc260y ? setUpSockets() : shutSockets(now: now)
            }
        case .connected?, .busy?:
            if closings == 0 || dialect == .bc260y { closeSocket(now: now) } else { shutSockets(now: now) }
        case .between?, .deactivated?: shutSockets(now: now)
        case nil:
            if dialect == .bc260y {
                fail(Failure(.module), "the state of the socket was answered \(result.final.wireText)", now: now)
            } else {
                shutSockets(now: now)
            }
        }
    }

    private mutating func closeSocket(now: Duration) {
        closings += 1
        if closings > 3 {
            return fail(Failure(.path, at: .context), "the module keeps an old TCP connection", now: now)
        }
        run(.socket(.close))
    }

    private mutating func shutSockets(now: Duration) {
        closings += 1
        if closings > 3 {
            return fail(Failure(.path, at: .context), "the module keeps an old TCP connection", now: now)
        }
        releaseSince = now
        run(.socket(.shut))
    }

    /// `DEACT OK` takes 2 to 5 s (Quectel GSM TCP/IP guide 7).
    static let usualRelease: Duration = .seconds(10)

    private mutating func noteRelease(now: Duration) {
        if let since = releaseSince { releaseIsSlow = now - since > Self.usualRelease }
        releaseSince = nil
    }

    // MARK: Settings and bearer

    private mutating func setUpSockets() {
        socketsSetUp ? openBearer() : run(.socket(.setting(0)))
    }

    private mutating func settingAnswered(
        _ step: SocketStep, _ index: Int, _ result: CommandResult, now: Duration
    ) {
        let list = (try? SocketSetup.settings(settings, profile)) ?? []
        guard list.indices.contains(index) else { return openBearer() }
        let setting = list[index]
        if !result.isSuccess {
            if step == .setting(index), setting.other != nil { return run(.socket(.otherSetting(index))) }
            let line = String(decoding: setting.command.line, as: UTF8.self)
            let what = "\(line) was answered \(result.final.wireText)"
            switch setting.refusal {
            case .harmless: report(.debug, what)
            case .odd: report(.warning, what)
            case .fatal: return fail(Failure(.module), what, now: now)
            }
        }
        if index + 1 < list.count { return run(.socket(.setting(index + 1))) }
        socketsSetUp = true
        openBearer()
    }

    private mutating func openBearer() {
        tcpError = nil
        switch dialect {
        case .cip: run(.socket(.task))
        case .qi, .bc260y: run(.socket(.open))
        }
    }

    // MARK: The connection

    /// How long a connection may take after the `OK`: at the GSM modules the bearer comes up with it, for which their
    /// guide (3) allows any limit below 2 minutes; `+QIOPEN:` comes within 60 s (BC260Y-CN TCP/IP guide 2.3.2).
    var openTimeout: Duration {
        switch dialect {
        case .cip: .seconds(60)
        case .qi: .seconds(110)
        case .bc260y: .seconds(65)
        }
    }

    private mutating func connectionAnswered(_ result: CommandResult, now: Duration) {
        switch result.final {
        case .text: connectionIsThere(now: now)
        case .ok:
            if let outcome = earlyOutcome {
                outcomeCame(outcome, for: .socket(.open), now: now)
            } else {
                awaitOutcome(of: .socket(.open), due: now + openTimeout, now: now)
            }
        case .error, .cmeError, .cmsError, .timedOut, .portLost, .noPrompt:
            if let outcome = earlyOutcome, outcome == .connectOK {
                return outcomeCame(outcome, for: .socket(.open), now: now)
            }
            fail(
                Failure(.path),
                "the connection to \(settings.host):\(settings.port) was refused by the module "
                    + "(\(result.final.wireText)): does the name resolve?",
                now: now)
        }
    }

    /// `ALREADY CONNECT`.
    mutating func connectionIsThere(now: Duration) { closeSocket(now: now) }

    /// `CONNECT FAIL`, or an error number.
    mutating func connectionFailed(_ state: [UInt8]?, now: Duration) {
        // Guide 3: the state tells whether it is the bearer that did not come up.
        if dialect == .qi, state == nil { return run(.socket(.cause)) }
        let place = "no TCP connection to \(settings.host):\(settings.port)"
        if dialect == .bc260y, let code = state.flatMap(SocketErrors.number) {
            let reason = "\(place): \(SocketErrors.bc260y(code)) (\(code))"
            // No new connection from a port that is still in use.
            return fail(
                Failure(SocketErrors.isContext(code) ? .context : .path), reason,
                leastPause: SocketErrors.isPort(code) ? .seconds(120) : .zero, now: now)
        }
        var detail = state.map { " (\(printable($0)))" } ?? ""
        if let code = tcpError { detail = ": \(SocketErrors.tcp(code)) (TCP ERROR \(code))" }
        let left = state.flatMap(SocketState.stateName).map(SocketState.named)
        guard left == .deactivated || left == .initial || left == .between else {
            return fail(Failure(.path), place + detail, now: now)
        }
        // A bearer whose release took long is in trouble: releasing it again takes as long, and is no help either.
        let isBeyond = releaseIsSlow && ladder.climbed < .restart
        fail(Failure(.context, at: isBeyond ? .radio : nil), place + detail, now: now)
    }
}
