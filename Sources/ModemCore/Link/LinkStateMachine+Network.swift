import ATProtocol

/// Card, registration, attach, APN and address.
extension LinkStateMachine {
    mutating func simAnswered(_ result: CommandResult, now: Duration) {
        let answer = result.firstValue
        if result.isSuccess, answer.hasPrefix("READY") {
            waited()
            if pin != .refused { pin = .unused }
            run(.packetEvents)
        } else if result.isSuccess, answer.hasPrefix("SIM PIN"), !answer.hasPrefix("SIM PIN2") {
            pinAsked(now: now)
        } else if result.isSuccess, answer.hasPrefix("SIM REMOVED") || answer.hasPrefix("NOT INSERTED") {
            noCard(now: now)
        } else if result.isSuccess {
            simTrouble("the SIM is locked (\(answer)): unlock it in a phone", .seconds(60), now: now)
        } else if result.cmeCode == 14 {
            // Busy after boot; no READY is promised afterwards, so it is polled (module-behaviour 2).
            if wait(now: now) > .seconds(120) {
                fail(Failure(.card), "the SIM stays busy", now: now)
            } else {
                pause(.seconds(1), then: .simStatus, now: now)
            }
        } else if result.cmeCode == 10 {
            noCard(now: now)
        } else if wait(now: now) > .seconds(120) {
            fail(Failure(.card), "AT+CPIN? is answered \(result.final.wireText)", now: now)
        } else {
            // Usual for half a minute after a boot (module-behaviour 2).
            let mayPass = result.cmeCode == 4 && wait(now: now) < .seconds(30)
            simTrouble(
                "AT+CPIN? was answered \(result.final.wireText)", .seconds(5), level: mayPass ? .info : .error, now: now
            )
        }
    }

    /// A card that only lost its contact is often seen again after `AT+CFUN=0/1`, so that is tried now and then.
    private mutating func noCard(now: Duration) {
        if wait(now: now) > .seconds(300) {
            fail(Failure(.card), "no SIM card is seen", now: now)
        } else {
            simTrouble("no SIM card is seen: check that it sits right", .seconds(10), now: now)
        }
    }

    private mutating func pinAsked(now: Duration) {
        switch pin {
        case .unused where settings.pin != nil:
            pin = .sent(1)
            run(.simPIN)
        case .unused:
            simTrouble(
                "the SIM asks for its PIN and none may be sent: set [module] pin_file", .seconds(30), now: now)
        case .sent(1):
            // No answer was read, as when the module restarts: once more, which still leaves one try to people.
            pin = .sent(2)
            run(.simPIN)
        case .sent:
            pinWasRefused(now: now)
        case .accepted:
            if wait(now: now) > .seconds(120) {
                fail(Failure(.card), "the SIM took its PIN and does not get ready", now: now)
            } else {
                pause(.seconds(1), then: .simStatus, now: now)
            }
        case .refused:
            pause(.seconds(60), then: .simStatus, now: now)
        }
    }

    mutating func pinAnswered(_ result: CommandResult, now: Duration) {
        if result.isSuccess {
            pin = .accepted
            pause(.seconds(1), then: .simStatus, now: now)
        } else {
            pinWasRefused(now: now)
        }
    }

    private mutating func pinWasRefused(now: Duration) {
        pin = .refused
        actions.append(.pinRefused(iccid: iccid))
        report(
            .error,
            """
            the SIM refused the PIN; it is not sent again, since three wrong ones lock the card: put the right one \
            into [module] pin_file
            """)
        pause(.seconds(60), then: .simStatus, now: now)
    }

    private mutating func simTrouble(
        _ text: String, _ delay: Duration, level: LinkReport.Level = .error, now: Duration
    ) {
        let problem = level == .error ? text : "\(text), as is usual for half a minute after a boot"
        if simProblem != problem { report(level, problem) }
        simProblem = problem
        pause(delay, then: .simStatus, now: now)
    }

    mutating func registrationAnswered(_ step: LinkStep, _ result: CommandResult, now: Duration) {
        let statuses = result.lines.compactMap(registrationStatus)
        for status in statuses { noteRegistration(status) }
        if step == .registrationEPS { searches = false }
        if statuses.contains(where: { $0 == 2 || $0 == 3 }) { searches = true }
        if registered {
            waited()
            run(.attachStatus)
        } else if step == .registrationEPS {
            run(.registrationGPRS)
        } else {
            notSearchingSince = searches ? nil : notSearchingSince ?? now
            let hint = "check antenna, signal and whether the SIM is paid for"
            if wait(now: now) > Self.searchPatience {
                fail(Failure(.searching), "no registration within 10 minutes: \(hint)", now: now)
            } else if let since = notSearchingSince, now - since > Self.registrationPatience {
                fail(Failure(.unregistered), "no registration, and the radio does not search: \(hint)", now: now)
            } else {
                pause(.seconds(2), then: .registrationEPS, now: now)
            }
        }
    }

    mutating func noteRegistration(_ status: Int) {
        registered = status == 1 || status == 5
        if status == 3, !registrationDenied {
            report(.error, "the network denies registration: is the SIM active, and allowed in this device?")
        }
        registrationDenied = status == 3
    }

    mutating func attachAnswered(_ result: CommandResult, now: Duration, recovering: Bool = false) {
        let step: LinkStep = recovering ? .attachWait : .attachStatus
        if result.isSuccess, result.firstValue.hasPrefix("1") {
            waited()
            if recovering {
                kind == .mqtt ? run(.contextActivation) : prepare()
            } else {
                settings.accessPoint == nil || appliedAPN || !definesContext ? settle() : run(.contextQuery)
            }
        } else if !registered || recovering && wait(now: now) > .seconds(30) {
            // Without registration there is nothing to attach to: the radio is given the time it needs for that.
            settled = false
            waited()
            run(.registrationEPS)
        } else if wait(now: now) > Self.registrationPatience {
            fail(Failure(.context, at: .radio), "not attached to the packet network within 3 minutes", now: now)
        } else if !recovering {
            run(.attach)
        } else {
            pause(.seconds(1), then: step, now: now)
        }
    }

    mutating func contextAnswered(_ result: CommandResult) {
        let wanted = settings.accessPoint?.name ?? ""
        let isSet = result.lines.contains { line in
            let fields = fieldsAfterColon(line)
            guard fields.count > 2, fields[0] == "\(settings.contextID)" else { return false }
            let apn = fields[2].lowercased()
            // Networks append their own domain to what was set: `cmnet.mnc000.mcc460.gprs`.
            return apn == wanted.lowercased() || apn.hasPrefix(wanted.lowercased() + ".")
        }
        isSet ? settle() : run(.contextDefinition)
    }

    private mutating func settle() {
        settled = true
        prepare()
    }

    mutating func addressAnswered(_ result: CommandResult, now: Duration) {
        let address = result.lines.compactMap { line -> String? in
            let fields = fieldsAfterColon(line)
            // The NB-IoT module says which context is its own.
            let isOwn = kind == .socket && dialect == .bc260y || fields.first == "\(settings.contextID)"
            guard fields.count > 1, isOwn else { return nil }
            return fields.dropFirst().first {
                $0.contains { $0 != "0" && $0 != "." && $0 != ":" } && ($0.contains(".") || $0.contains(":"))
            }
        }.first
        if let address {
            waited()
            report(.info, "address: \(address)")
            run(.signal)
        } else if wait(now: now) > .seconds(30) {
            fail(Failure(.context, at: .radio), "no address from the network: check [module] apn", now: now)
        } else if kind == .socket, dialect == .bc260y {
            // It comes with the attach, and is told (BC260Y-CN TCP/IP guide 2.3.2, 4.1.1).
            pause(.seconds(2), then: .address, now: now)
        } else if settings.accessPoint?.username != nil, !appliedAPN {
            // The APN was right, but perhaps not its credentials.
            run(.contextAuthentication)
        } else {
            run(.activate)
        }
    }

    mutating func activated(_ result: CommandResult, now: Duration) {
        if !result.isSuccess, profile.hasPrivateAPN, settings.accessPoint != nil, !triedPrivateAPN {
            triedPrivateAPN = true
            run(.privateAPN)
        } else {
            pause(.seconds(result.isSuccess ? 1 : 5), then: .address, now: now)
        }
    }

    // MARK: Waiting

    mutating func pause(_ delay: Duration, then step: LinkStep, now: Duration) {
        if delay == .zero { return run(step) }
        state = .pausing(until: now + delay, then: step)
    }

    mutating func wait(now: Duration) -> Duration {
        if waitingSince == nil { waitingSince = now }
        return now - (waitingSince ?? now)
    }

    mutating func waited() {
        waitingSince = nil
        notSearchingSince = nil
        simProblem = ""
    }
}
