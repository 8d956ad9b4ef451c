import ATProtocol

/// The order of the bring-up and what each answer means.
extension LinkStateMachine {
    /// The final result of `step` was read.
    mutating func completed(_ step: LinkStep, _ result: CommandResult, now: Duration) {
        let succeeded = result.isSuccess
        if stopping {
            step == .farewellSession ? run(.farewellLink) : step == .farewellLink ? finish() : run(.farewellSession)
            return
        }
        if let rung = afterCommand {
            afterCommand = nil
            return enterAfterFailure(rung, now: now)
        }
        switch step {
        case .echoOff: run(.errorNumbers)
        case .errorNumbers: run(.identity)
        case .identity:
            identified(result)
            run(.revision)
        case .revision: note("firmware", result, then: .imei)
        case .imei: note("IMEI", result, then: .iccid)
        case .iccid:
            if succeeded { iccid = result.firstValue }
            note("ICCID", result, then: .imsi)
        case .imsi: run(.simStatus)
        case .simStatus: simAnswered(result, now: now)
        case .simPIN:
            if succeeded {
                pause(.seconds(1), then: .simStatus, now: now)
            } else {
                pinRefused = true
                actions.append(.pinRefused(iccid: iccid))
                report(
                    .error,
                    "the SIM refused the PIN; it is not sent again, since three wrong ones lock the card: put the right one into [module] pin_file"
                )
                pause(.seconds(60), then: .simStatus, now: now)
            }
        case .packetEvents: run(.registrationReportsEPS)
        case .registrationReportsEPS: run(.registrationReportsGPRS)
        case .registrationReportsGPRS: run(.registrationEPS)
        case .registrationEPS, .registrationGPRS: registrationAnswered(step, result, now: now)
        case .attachStatus: attachAnswered(result, now: now)
        case .attach: pause(succeeded ? .zero : .seconds(5), then: .attachStatus, now: now)
        case .contextQuery: contextAnswered(result)
        case .contextDefinition:
            if !succeeded { report(.warning, "the module refused the APN (\(result.final)): check [module] apn") }
            run(settings.accessPoint?.username == nil ? .detach : .contextAuthentication)
        case .contextAuthentication:
            if !succeeded { report(.warning, "the module refused the APN credentials (\(result.final))") }
            run(.detach)
        case .detach: run(.reattach)
        case .reattach: pause(succeeded ? .zero : .seconds(5), then: .attachWait, now: now)
        case .privateAPN:
            // The protocol stack restarts by itself (YM310 AT manual 9.3).
            pause(.seconds(2), then: .registrationEPS, now: now)
        case .address: addressAnswered(result, now: now)
        case .activate:
            if !succeeded, profile.hasPrivateAPN, settings.accessPoint != nil, !triedPrivateAPN {
                triedPrivateAPN = true
                run(.privateAPN)
            } else {
                pause(succeeded ? .zero : .seconds(5), then: .address, now: now)
            }
        case .signal:
            report(.info, "signal: \(signalText(result))")
            run(.singleConnection)
        case .singleConnection: run(.receiveMode)
        case .receiveMode:
            if !succeeded {
                report(.warning, "AT+MQTTMSGSET was refused (\(result.final)): receiving as the module is set")
            }
            run(.textMode)
        case .textMode:
            if succeeded { actions.append(.textMode) }
            run(.closeSession)
        case .closeSession: run(.closeLink)
        case .closeLink: run(.configure)
        case .configure: configured(result, now: now)
        case .open: openAnswered(result, now: now)
        case .connect, .subscribe, .unsubscribe: outcomeCommandAnswered(step, result, now: now)
        case .status: statusAnswered(result, now: now)
        case .readCache: cacheRead(result, now: now)
        case .shut: pause(.zero, then: .attachWait, now: now)
        case .attachWait: attachAnswered(result, now: now, recovering: true)
        case .contextActivation: succeeded ? run(.address) : run(.spareDefinition)
        case .spareDefinition:
            succeeded ? run(.spareActivation) : fail(.radio, "the PDP context does not come back", now: now)
        case .spareActivation:
            usesSpareContext = succeeded
            succeeded ? run(.singleConnection) : fail(.radio, "the PDP context does not come back", now: now)
        case .radioOff: pause(.seconds(1), then: .radioOn, now: now)
        case .radioOn:
            succeeded
                ? pause(.seconds(1), then: .simStatus, now: now) : fail(.restart, "AT+CFUN=1 was refused", now: now)
        case .restart:
            ladder.noteRestart(now: now)
            state = .restarting(until: now + .seconds(2))
        case .farewellSession: run(.farewellLink)
        case .farewellLink: finish()
        }
    }

    private mutating func identified(_ result: CommandResult) {
        let answer = result.lines.joined(separator: [0x20])
        if let fixed = settings.profile {
            profile = fixed
        } else if let known = ModuleProfile.identified(by: Array(answer)) {
            profile = known
        } else {
            profile = .ec716s
            report(
                .warning,
                "the module calls itself \"\(printable(answer))\", which no profile knows: using the limits of ec716s; set [module] profile to choose"
            )
        }
        report(.info, "module: \(printable(answer)) (profile \(profile.name))")
    }

    private mutating func note(_ what: String, _ result: CommandResult, then next: LinkStep) {
        if result.isSuccess, !result.firstValue.isEmpty { report(.debug, "\(what): \(result.firstValue)") }
        run(next)
    }

    private mutating func simAnswered(_ result: CommandResult, now: Duration) {
        let answer = result.firstValue
        if result.isSuccess, answer.hasPrefix("READY") {
            waited()
            run(.packetEvents)
        } else if result.isSuccess, answer.hasPrefix("SIM PIN"), !answer.hasPrefix("SIM PIN2") {
            if pinRefused {
                pause(.seconds(60), then: .simStatus, now: now)
            } else if settings.pin != nil {
                run(.simPIN)
            } else {
                simTrouble(
                    "the SIM asks for its PIN and none may be sent: set [module] pin_file", .seconds(30), now: now)
            }
        } else if result.isSuccess {
            simTrouble("the SIM is locked (\(answer)): unlock it in a phone", .seconds(60), now: now)
        } else if result.cmeCode == 14 {
            // Busy after boot; no READY is promised afterwards, so it is polled (module-behaviour 2).
            if wait(now: now) > .seconds(120) {
                fail(.radio, "the SIM stays busy", now: now)
            } else {
                pause(.seconds(1), then: .simStatus, now: now)
            }
        } else if result.cmeCode == 10 {
            simTrouble("no SIM card is seen: check that it sits right", .seconds(10), now: now)
        } else {
            simTrouble("AT+CPIN? was answered \(result.final)", .seconds(5), now: now)
        }
    }

    private mutating func simTrouble(_ text: String, _ delay: Duration, now: Duration) {
        if simProblem != text { report(.error, text) }
        simProblem = text
        pause(delay, then: .simStatus, now: now)
    }

    private mutating func registrationAnswered(_ step: LinkStep, _ result: CommandResult, now: Duration) {
        for line in result.lines {
            if let status = registrationStatus(line) { noteRegistration(status) }
        }
        if registered {
            waited()
            run(.attachStatus)
        } else if step == .registrationEPS {
            run(.registrationGPRS)
        } else if wait(now: now) > .seconds(180) {
            fail(
                .radio, "no registration within 3 minutes: check antenna, signal and whether the SIM is paid for",
                now: now)
        } else {
            pause(.seconds(2), then: .registrationEPS, now: now)
        }
    }

    mutating func noteRegistration(_ status: Int) {
        registered = status == 1 || status == 5
        if status == 3, !registrationDenied {
            report(.error, "the network denies registration: is the SIM active, and allowed in this device?")
        }
        registrationDenied = status == 3
    }

    private mutating func attachAnswered(_ result: CommandResult, now: Duration, recovering: Bool = false) {
        let step: LinkStep = recovering ? .attachWait : .attachStatus
        if result.isSuccess, result.firstValue.hasPrefix("1") {
            waited()
            if recovering {
                run(.contextActivation)
            } else {
                run(settings.accessPoint == nil ? .address : .contextQuery)
            }
        } else if wait(now: now) > .seconds(120) {
            fail(.radio, "not attached to the packet network within 2 minutes", now: now)
        } else if !recovering {
            run(.attach)
        } else {
            pause(.seconds(1), then: step, now: now)
        }
    }

    private mutating func contextAnswered(_ result: CommandResult) {
        let wanted = settings.accessPoint?.name ?? ""
        let isSet = result.lines.contains { line in
            let fields = fieldsAfterColon(line)
            guard fields.count > 2, fields[0] == "\(settings.contextID)" else { return false }
            let apn = fields[2].lowercased()
            // Networks append their own domain to what was set: `cmnet.mnc000.mcc460.gprs`.
            return apn == wanted.lowercased() || apn.hasPrefix(wanted.lowercased() + ".")
        }
        run(isSet ? .address : .contextDefinition)
    }

    private mutating func addressAnswered(_ result: CommandResult, now: Duration) {
        let address = result.lines.compactMap { line -> String? in
            let fields = fieldsAfterColon(line)
            guard fields.count > 1, fields[0] == "\(settings.contextID)" else { return nil }
            return fields.dropFirst().first {
                $0.contains { $0 != "0" && $0 != "." && $0 != ":" } && ($0.contains(".") || $0.contains(":"))
            }
        }.first
        if let address {
            waited()
            report(.info, "address: \(address)")
            run(.signal)
        } else if wait(now: now) > .seconds(30) {
            fail(.radio, "no address from the network: check [module] apn", now: now)
        } else {
            run(.activate)
        }
    }

    // MARK: Waiting

    mutating func pause(_ delay: Duration, then step: LinkStep, now: Duration) {
        if delay == .zero { return run(step) }
        state = .pausing(until: now + delay, then: step)
    }

    private mutating func wait(now: Duration) -> Duration {
        if waitingSince == nil { waitingSince = now }
        return now - (waitingSince ?? now)
    }

    mutating func waited() {
        waitingSince = nil
        simProblem = ""
    }
}
