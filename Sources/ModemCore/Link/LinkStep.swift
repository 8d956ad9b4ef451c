import ATProtocol

/// One command of the bring-up, of recovery or of the online state, with what it is for.
///
/// Most time-outs are those of the commands themselves (YM310 AT manual 1.4).
enum LinkStep: Equatable {
    /// `ATE0`: echo would return every payload (YM310 AT manual 3.3).
    case echoOff
    /// `AT+CMEE=1`: numbers instead of a bare `ERROR` (3.11).
    case errorNumbers
    /// `AT+IFC=2,2`: the module's half of the RTS/CTS handshake, when one is configured (4.9).
    case flowControl
    /// `ATI`: which profile (2.7).
    case identity
    /// `AT+CGMR`: firmware revision (2.3).
    case revision
    /// `AT+CGSN`: IMEI (2.4).
    case imei
    /// `AT+ICCID`, elsewhere `AT+QCCID`: which card (2.5).
    case iccid
    /// `AT+CIMI`: subscriber (2.6).
    case imsi
    /// `AT+CPIN?`: is the card ready (4.3).
    case simStatus
    /// `AT+CPIN=<pin>`: once, never again with a refused PIN (4.3).
    case simPIN
    /// `AT+CGEREP=1`: packet domain events; `ERROR` is ignored (6.7, module-behaviour 2).
    case packetEvents
    /// `AT+CEREG=1` (5.4).
    case registrationReportsEPS
    /// `AT+CGREG=1` (6.1).
    case registrationReportsGPRS
    /// `AT+CEREG?` (5.4).
    case registrationEPS
    /// `AT+CGREG?` (6.1).
    case registrationGPRS
    /// `AT+CGATT?` (6.2, 108 s).
    case attachStatus
    /// `AT+CGATT=1` (6.2, 108 s).
    case attach
    /// `AT+CGDCONT?`: is the APN set already (6.3).
    case contextQuery
    /// `AT+CGDCONT=<cid>,"IP",<apn>` (6.3).
    case contextDefinition
    /// `AT+CGAUTH` (6.4).
    case contextAuthentication
    /// `AT+CGATT=0`, so that the APN takes effect (6.2).
    case detach
    /// `AT+CGATT=1` after it.
    case reattach
    /// `AT+CPNETAPN=2,…` for private SIMs (9.3).
    case privateAPN
    /// `AT+CGPADDR=<cid>` (6.5).
    case address
    /// `AT+CGACT=1,<cid>` (6.6, 108 s).
    case activate
    /// `AT+CSQ` (5.1).
    case signal
    /// `AT+CIPMUX=0`; refused once a bearer is open, which is harmless (9.1).
    case singleConnection
    /// `AT+MQTTMSGSET`, which can be left over from another life (13.9).
    case receiveMode
    /// `AT+MQTTMODE=0`, likewise (13.10).
    case textMode
    /// `AT+MDISCONNECT`, answer ignored (13.12).
    case closeSession
    /// `AT+MIPCLOSE`, answer ignored (13.11).
    case closeLink
    /// Clock, files and context 88, a command at a time (8, 9.7).
    case secure
    /// `AT+MCONFIG`, before every `MIPSTART` (13.1).
    case configure
    /// `AT+MIPSTART`, with TLS `AT+SSLMIPSTART` (13.2).
    case open
    /// `AT+MCONNECT`, at once after `CONNECT OK` (13.3).
    case connect
    /// `AT+MSUB` for the inbound filter of this index (13.6).
    case subscribe(Int)
    /// `AT+MUNSUB` for the left-over filter of this index (13.7).
    case unsubscribe(Int)
    /// `AT+MQTTSTATU` (13.13).
    case status
    /// `AT+MQTTMSGGET` (13.8).
    case readCache
    /// `AT` while an outcome is due for long: does the module still answer (2.1; CIPSTATUS has a state for it, 9.41).
    case attention
    /// `AT+CIPSHUT` after a PDP loss (9.29 and 13.14, 90 s).
    case shut
    /// `AT+CGATT?` after it, until attached.
    case attachWait
    /// `AT+CGACT=1,<cid>` after it.
    case contextActivation
    /// `AT+CGDCONT=5,"IP",<apn>` (13.14).
    case spareDefinition
    /// `AT+CGACT=1,5` (13.14).
    case spareActivation
    /// `AT+CFUN=0` (4.1, 45 s).
    case radioOff
    /// `AT+CFUN=1` (4.1).
    case radioOn
    /// `AT+RESET` (2.9), elsewhere `AT+CFUN=1,1`.
    case restart
    /// `AT+MDISCONNECT` on the way out.
    case farewellSession
    /// `AT+MIPCLOSE` on the way out.
    case farewellLink
    /// A command of a socket link.
    case socket(SocketStep)

    /// The rung a failure of this step enters at.
    func rung(_ dialect: SocketDialect) -> Rung {
        switch self {
        case .socket(let step): step.rung(dialect)
        case .echoOff, .errorNumbers, .flowControl, .identity, .revision, .imei, .iccid, .imsi, .packetEvents,
            .registrationReportsEPS, .registrationReportsGPRS, .registrationEPS, .registrationGPRS, .attachStatus,
            .contextQuery, .contextDefinition, .contextAuthentication, .signal, .singleConnection, .receiveMode,
            .textMode, .closeSession, .closeLink, .secure, .configure, .open, .connect, .subscribe, .unsubscribe,
            .status, .readCache, .attention, .farewellSession, .farewellLink, .simStatus:
            .link
        case .address, .activate, .attachWait: .context
        case .simPIN, .attach, .detach, .reattach, .privateAPN, .shut, .contextActivation,
            .spareDefinition, .spareActivation:
            .radio
        case .radioOff, .radioOn: .restart
        case .restart: .hardware
        }
    }

    /// Whether it needs the PDP context, so that the loss of the context matters while it runs.
    var standsOnContext: Bool {
        switch self {
        case .socket(let step): step.standsOnContext
        case .address, .signal, .singleConnection, .receiveMode, .textMode, .closeSession, .closeLink, .secure,
            .configure, .open, .connect, .subscribe, .unsubscribe, .status, .readCache, .attention, .farewellSession,
            .farewellLink:
            true
        case .echoOff, .errorNumbers, .flowControl, .identity, .revision, .imei, .iccid, .imsi, .simStatus, .simPIN,
            .packetEvents,
            .registrationReportsEPS, .registrationReportsGPRS, .registrationEPS, .registrationGPRS, .attachStatus,
            .attach, .contextQuery, .contextDefinition, .contextAuthentication, .detach, .reattach, .privateAPN,
            .activate, .shut, .attachWait, .contextActivation, .spareDefinition, .spareActivation, .radioOff,
            .radioOn, .restart:
            false
        }
    }

    /// Whether it needs a card that was ready before, so that its removal matters while it runs.
    var standsOnCard: Bool {
        switch self {
        case .socket(let step): !step.isFarewell
        case .echoOff, .errorNumbers, .flowControl, .identity, .revision, .imei, .iccid, .imsi, .simStatus, .simPIN,
            .radioOff,
            .radioOn, .restart, .farewellSession, .farewellLink:
            false
        case .packetEvents, .registrationReportsEPS, .registrationReportsGPRS, .registrationEPS, .registrationGPRS,
            .attachStatus, .attach, .contextQuery, .contextDefinition, .contextAuthentication, .detach, .reattach,
            .privateAPN, .address, .activate, .signal, .singleConnection, .receiveMode, .textMode, .closeSession,
            .closeLink, .secure, .configure, .open, .connect, .subscribe, .unsubscribe, .status, .readCache, .attention,
            .shut,
            .attachWait,
            .contextActivation, .spareDefinition, .spareActivation:
            true
        }
    }

    /// The command; throws when a configured value cannot be carried.
    func command(
        _ settings: LinkSettings, _ profile: ModuleProfile, form: CredentialForm
    ) throws(ATEncodingError) -> ATCommand {
        switch self {
        case .socket(let step): try step.command(settings, profile)
        case .echoOff: .ate0
        case .errorNumbers: .cmee(1)
        case .flowControl: .ifc(2, 2)
        case .identity: .ati
        case .revision: .cgmr
        case .imei: .cgsn
        case .iccid: profile.cardNumber
        case .imsi: .cimi
        case .simStatus: .cpinQuery
        case .simPIN: try .cpin(settings.pin ?? "")
        case .packetEvents: .cgerep(1)
        case .registrationReportsEPS: .ceregEnable()
        case .registrationReportsGPRS: .cgregEnable()
        case .registrationEPS: .ceregQuery
        case .registrationGPRS: .cgregQuery
        case .attachStatus, .attachWait: .cgattQuery
        case .attach, .reattach: .cgatt(1)
        case .detach: .cgatt(0)
        case .contextQuery: .cgdcontQuery
        case .contextDefinition: try .cgdcont(cid: settings.contextID, apn: settings.accessPoint?.name ?? "")
        case .contextAuthentication:
            try .cgauth(
                cid: settings.contextID, authentication: settings.accessPoint?.authentication ?? .none,
                username: settings.accessPoint?.username ?? "", password: settings.accessPoint?.password ?? "")
        case .privateAPN:
            try .cpnetapn(
                apn: settings.accessPoint?.name ?? "", username: settings.accessPoint?.username ?? "",
                password: settings.accessPoint?.password ?? "",
                authentication: settings.accessPoint?.authentication ?? .none)
        // The context of the attach has a number of its own choice there (BC260Y-CN TCP/IP guide 4.1.1).
        case .address: .cgpaddr(cid: profile.socket.dialect == .bc260y ? nil : settings.contextID)
        case .activate, .contextActivation: .cgact(state: 1, cid: settings.contextID)
        case .signal: .csq
        case .singleConnection: .cipmux(0)
        case .receiveMode: .mqttMessageSet(settings.cachedReceive ? 1 : 0)
        case .textMode: .mqttMode(0)
        case .closeSession, .farewellSession: .mdisconnect
        case .closeLink, .farewellLink: .mipclose
        case .secure: .cclkQuery  // Never used: the setup has commands of its own.
        case .configure: try form.command(settings)
        case .open: try .mipstart(host: settings.host, port: settings.port, tls: settings.tls != nil)
        case .connect: try .mconnect(cleanSession: settings.cleanSession, keepalive: settings.keepalive)
        case .subscribe(let index):
            try .msub(filter: settings.subscriptions[index].filter, qos: settings.subscriptions[index].qos)
        case .unsubscribe(let index): try .munsub(filter: settings.staleSubscriptions[index])
        case .status: .mqttStatus
        case .readCache: .mqttMessageGet
        case .attention: .at
        case .shut: .cipshut
        case .spareDefinition: try .cgdcont(cid: 5, apn: settings.accessPoint?.name ?? "")
        case .spareActivation: .cgact(state: 1, cid: 5)
        case .radioOff: .cfun(0)
        case .radioOn: .cfun(1)
        case .restart: profile.restart
        }
    }
}
