import ATProtocol

/// The order of the bring-up and what each answer means.
extension LinkStateMachine {
    /// The final result of `step` was read.
    mutating func completed(_ step: LinkStep, _ result: CommandResult, now: Duration) {
        let succeeded = result.isSuccess
        if stopping {
            switch step {
            case .farewellSession: run(.farewellLink)
            case .farewellLink: finish()
            case .socket(let step) where step.isFarewell: completed(step, result, now: now)
            default: run(farewell)
            }
            return
        }
        if let failure = afterCommand {
            afterCommand = nil
            streamEnd = nil
            return enterAfterFailure(failure, now: now)
        }
        if streamEnd != nil { return streamStillThere(now: now) }
        switch step {
        case .echoOff:
            if !succeeded, mayStillBoot(now: now) { return pause(.seconds(1), then: step, now: now) }
            if !succeeded {
                report(
                    .warning,
                    "ATE0 was answered \(result.final.wireText): the module echoes what it is sent"
                )
            }
            waited()
            run(.errorNumbers)
        case .errorNumbers: run(settings.hardwareFlowControl ? .flowControl : .identity)
        case .flowControl:
            if !succeeded {
                report(
                    .warning,
                    "AT+IFC was answered \(result.final.wireText): set [module] flow_control to none"
                )
            }
            run(.identity)
        case .identity:
            if !succeeded, mayStillBoot(now: now) { return pause(.seconds(1), then: step, now: now) }
            if succeeded, result.lines.isEmpty, emptyIdentities < 3 {
                // An OK of an earlier command, perhaps of a run before this one: each answer would be taken for that of
                // the next command. After a moment of silence both are in step again.
                emptyIdentities += 1
                return pause(.seconds(1), then: .echoOff, now: now)
            }
            emptyIdentities = 0
            waited()
            identified(result)
            guard settings.linkChoice != .mqtt || profile.hasMQTT else { return missesMQTT() }
            run(.revision)
        case .revision:
            if succeeded { facts.firmware = ModuleFacts.revision(result.firstValue) }
            note("firmware", result, then: .imei)
        case .imei:
            tls?.imei = result.isSuccess ? result.firstValue : ""
            if succeeded {
                ladder.imei = result.firstValue
                facts.imei = result.firstValue
            }
            note("IMEI", result, then: .iccid)
        case .iccid:
            if succeeded {
                iccid = result.firstValue
                facts.iccid = result.firstValue
            }
            note("ICCID", result, then: .imsi)
        case .imsi:
            introduced = true
            run(.simStatus)
        case .simStatus: simAnswered(result, now: now)
        case .simPIN: pinAnswered(result, now: now)
        case .packetEvents: run(.registrationReportsEPS)
        case .registrationReportsEPS: run(.registrationReportsGPRS)
        case .registrationReportsGPRS: run(.registrationEPS)
        case .registrationEPS, .registrationGPRS: registrationAnswered(step, result, now: now)
        case .attachStatus: attachAnswered(result, now: now)
        case .attach: pause(.seconds(succeeded ? 1 : 5), then: .attachStatus, now: now)
        case .contextQuery: contextAnswered(result)
        case .contextDefinition:
            if !succeeded {
                report(
                    .warning,
                    "the module refused the APN (\(result.final.wireText)): check [module] apn"
                )
            }
            appliedAPN = true
            run(settings.accessPoint?.username == nil ? .detach : .contextAuthentication)
        case .contextAuthentication:
            if !succeeded { report(.warning, "the module refused the APN credentials (\(result.final.wireText))") }
            appliedAPN = true
            run(.detach)
        case .detach: run(.reattach)
        case .reattach: pause(succeeded ? .zero : .seconds(5), then: .attachStatus, now: now)
        case .privateAPN:
            // The protocol stack restarts by itself (YM310 AT manual 9.3).
            pause(.seconds(2), then: .registrationEPS, now: now)
        case .address: addressAnswered(result, now: now)
        case .activate: activated(result, now: now)
        case .signal:
            if let signal = Signal(result, at: now) { facts.signal = signal }
            report(.info, "signal: \(signalText(result))")
            if kind == .socket {
                prepared = true
                beginStream()
            } else {
                run(.singleConnection)
            }
        case .singleConnection: run(.receiveMode)
        case .receiveMode:
            if !succeeded {
                report(.warning, "AT+MQTTMSGSET was refused (\(result.final.wireText)): receiving as the module is set")
            }
            run(.textMode)
        case .textMode:
            if succeeded { actions.append(.textMode) }
            prepared = true
            run(.closeSession)
        case .closeSession: run(.closeLink)
        case .closeLink: secureOrConfigure(now: now)
        case .secure: setupAnswered(result, now: now)
        case .configure: configured(result, now: now)
        case .open: openAnswered(result, now: now)
        case .connect, .subscribe, .unsubscribe: outcomeCommandAnswered(step, result, now: now)
        case .status: statusAnswered(result, now: now)
        case .readCache: cacheRead(result, now: now)
        case .attention: stillThere(now: now)
        case .shut: run(.attachWait)
        case .attachWait: attachAnswered(result, now: now, recovering: true)
        case .contextActivation: succeeded ? run(.address) : run(.spareDefinition)
        case .spareDefinition:
            succeeded
                ? run(.spareActivation)
                : fail(Failure(.context, at: .radio), "the PDP context does not come back", now: now)
        case .spareActivation:
            usesSpareContext = succeeded
            succeeded
                ? run(.singleConnection)
                : fail(Failure(.context, at: .radio), "the PDP context does not come back", now: now)
        case .radioOff: pause(.seconds(1), then: .radioOn, now: now)
        case .radioOn:
            // The card starts anew, and may want its PIN again.
            if pin == .accepted { pin = .unused }
            succeeded
                ? pause(.seconds(1), then: introduced ? .simStatus : .echoOff, now: now)
                : fail(Failure(.module, at: .restart), "AT+CFUN=1 was refused", now: now)
        case .restart: restartAnswered(result, now: now)
        case .farewellSession: run(.farewellLink)
        case .farewellLink: finish()
        case .socket(let step): completed(step, result, now: now)
        }
    }

    /// The first command on the way out.
    var farewell: LinkStep { kind == .mqtt ? .farewellSession : .socket(.farewellClose) }

    /// `link = "mqtt"`, and a module without an MQTT client.
    private mutating func missesMQTT() {
        report(
            .error,
            """
            the module (profile \(profile.name)) has no MQTT client that the bridge can use: set link = "socket" or \
            "auto" in [remote]
            """)
        finish()
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
                """
                the module calls itself "\(printable(answer))", which no profile knows: using the limits of ec716s; \
                set [module] profile to choose
                """
            )
        }
        isIdentified = true
        settleKind()
        facts.model = printable(answer)
        report(.info, "module: \(printable(answer)) (profile \(profile.name))")
    }

    private mutating func note(_ what: String, _ result: CommandResult, then next: LinkStep) {
        if result.isSuccess, !result.firstValue.isEmpty { report(.debug, "\(what): \(result.firstValue)") }
        run(next)
    }

    /// Whether an error may be that of a module which has just come up: `+CME ERROR: 4` is seen until about 30 s after
    /// power-on (module-behaviour 2).
    private mutating func mayStillBoot(now: Duration) -> Bool { wait(now: now) < .seconds(30) }

    private mutating func restartAnswered(_ result: CommandResult, now: Duration) {
        ladder.noteUse(.restart, now: now)
        if !result.isSuccess, ladder.allows(.hardware, for: .module, now: now) {
            report(.warning, "the restart was answered \(result.final.wireText)")
            return resetHardware(now: now)
        }
        forgetModule(now: now)
        mayBeBooting = true
        state = .restarting(until: now + .seconds(2))
    }
}
