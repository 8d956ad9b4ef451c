import ATProtocol

/// What the machine is at, for people.
extension LinkStateMachine {
    /// What it is doing, in a few words, for status and logs.
    public var summary: String {
        switch state {
        case .stopped: "stopped"
        case .opening, .portGone: "waiting for the port"
        case .synchronising, .restarting: "waiting for the module to answer AT"
        case .awaiting(.socket(.session), _): "waiting for the MQTT session over the connection"
        case .running(let step), .awaiting(let step, _), .pausing(_, let step):
            "\(words(for: step)) (\(commandName(step)))"
        case .resting(_, let rung): "pausing before \(words(for: rung))"
        case .resynchronising: "resynchronising"
        case .mute: "the module is mute"
        case .fillingDataMode: "ending \(dataModeCommand) that may be open"
        case .listening: "listening for the end of a send"
        case .keepingSilent: "waiting until the connection of an open AT+CIPSEND is gone"
        case .resettingHardware: "resetting the hardware"
        case .recordingManifest: "recording what the module holds"
        case .online: "online"
        }
    }

    /// The command of a step, without what it carries: `AT+CIPSTART`.
    func commandName(_ step: LinkStep) -> String {
        switch step {
        case .secure: return "the setup of TLS"
        case .socket(.session): return "the MQTT session"
        default: break
        }
        guard let command = try? step.command(settings, profile, form: credentialForm) else { return words(for: step) }
        return String(decoding: command.line.prefix { $0 != UInt8(ascii: "=") && $0 >= 0x20 }, as: UTF8.self)
    }

    private func words(for step: LinkStep) -> String {
        switch step {
        case .echoOff, .errorNumbers, .flowControl, .packetEvents, .registrationReportsEPS, .registrationReportsGPRS:
            "setting up the module"
        case .identity, .revision, .imei: "asking what the module is"
        case .iccid, .imsi: "asking which SIM card it is"
        case .simStatus: "waiting for the SIM card"
        case .simPIN: "sending the PIN"
        case .registrationEPS, .registrationGPRS: "waiting for the registration with the network"
        case .attachStatus, .attach, .attachWait, .reattach: "waiting for the attach to the packet network"
        case .contextQuery, .contextDefinition, .contextAuthentication, .privateAPN, .detach: "setting the APN"
        case .activate, .contextActivation, .spareDefinition, .spareActivation: "activating the PDP context"
        case .address: "waiting for an address from the network"
        case .signal: "asking for the signal"
        case .singleConnection, .receiveMode, .textMode, .configure, .secure: "setting up the module's MQTT client"
        case .closeSession, .closeLink: "ending what is left of an earlier connection"
        case .open: "opening the TCP connection"
        case .connect: "waiting for the MQTT session"
        case .subscribe, .unsubscribe: "subscribing"
        case .status: "asking for the state of the connection"
        case .readCache: "reading messages"
        case .attention: "asking whether the module answers"
        case .shut: "releasing the PDP context"
        case .radioOff, .radioOn: "switching the radio off and on"
        case .restart: "restarting the module"
        case .farewellSession, .farewellLink: "ending the connection"
        case .socket(let step): words(for: step)
        }
    }

    private func words(for step: SocketStep) -> String {
        switch step {
        case .rate, .fixRate: "fixing the module's rate"
        case .state, .poll: "asking for the state of the connection"
        case .close, .dismiss: "ending what is left of an earlier connection"
        case .shut, .contextShut: "releasing the bearer"
        case .setting, .otherSetting: "setting up the module's sockets"
        case .task, .bearer: "opening the bearer"
        case .ownAddress: "waiting for an address from the network"
        case .open: "opening the TCP connection"
        case .cause: "asking why there is no TCP connection"
        case .session: "waiting for the MQTT session over the connection"
        case .farewellClose, .farewellShut: "ending the connection"
        }
    }

    private func words(for rung: Rung) -> String {
        switch rung {
        case .probe: "the next question about the connection"
        case .session: "a new MQTT session"
        case .link: "a new TCP connection"
        case .context: "a new PDP context"
        case .radio: "the radio is switched off and on"
        case .restart: "the module is restarted"
        case .hardware: "the hardware is reset"
        case .service: "the service starts anew"
        }
    }
}
