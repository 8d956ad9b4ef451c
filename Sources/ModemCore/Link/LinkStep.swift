import ATProtocol

/// One command of the bring-up, of recovery or of the online state, with what it is for.
///
/// Most time-outs are those of the commands themselves (YM310 AT manual 1.4).
enum LinkStep: Equatable {
    /// `ATE0`: echo would return every payload (YM310 AT manual 2.14).
    case echoOff
    /// `AT+CMEE=1`: numbers instead of a bare `ERROR` (3.11).
    case errorNumbers
    /// `ATI`: which profile (2.5).
    case identity
    /// `AT+CGMR`: firmware revision (2.3).
    case revision
    /// `AT+CGSN`: IMEI (2.4).
    case imei
    /// `AT+ICCID`: which card (4.5).
    case iccid
    /// `AT+CIMI`: subscriber (4.4).
    case imsi
    /// `AT+CPIN?`: is the card ready (4.3).
    case simStatus
    /// `AT+CPIN=<pin>`: once, never again with a refused PIN (4.3).
    case simPIN
    /// `AT+CGEREP=1`: packet domain events; `ERROR` is ignored (6.x, module-behaviour 2).
    case packetEvents
    /// `AT+CEREG=1` (5.4).
    case registrationReportsEPS
    /// `AT+CGREG=1` (6.x).
    case registrationReportsGPRS
    /// `AT+CEREG?` (5.4).
    case registrationEPS
    /// `AT+CGREG?` (6.x).
    case registrationGPRS
    /// `AT+CGATT?` (6.1).
    case attachStatus
    /// `AT+CGATT=1` (6.1, 108 s).
    case attach
    /// `AT+CGDCONT?`: is the APN set already (6.3).
    case contextQuery
    /// `AT+CGDCONT=<cid>,"IP",<apn>` (6.3).
    case contextDefinition
    /// `AT+CGAUTH` (6.4).
    case contextAuthentication
    /// `AT+CGATT=0`, so that the APN takes effect (6.1).
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
    /// `AT+CIPMUX=0`; refused once a bearer is open, which is harmless (9.9).
    case singleConnection
    /// `AT+MQTTMSGSET`, which can be left over from another life (13.9).
    case receiveMode
    /// `AT+MQTTMODE=0`, likewise (13.10).
    case textMode
    /// `AT+MDISCONNECT`, answer ignored (13.12).
    case closeSession
    /// `AT+MIPCLOSE`, answer ignored (13.11).
    case closeLink
    /// `AT+MCONFIG`, before every `MIPSTART` (13.1).
    case configure
    /// `AT+MIPSTART` (13.2).
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
    /// `AT+CIPSHUT` after a PDP loss (13.14, 90 s).
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
    /// `AT+RESET` (2.9).
    case restart
    /// `AT+MDISCONNECT` on the way out.
    case farewellSession
    /// `AT+MIPCLOSE` on the way out.
    case farewellLink

    /// The rung a failure of this step enters at.
    var rung: Rung {
        switch self {
        case .echoOff, .errorNumbers, .identity, .revision, .imei, .iccid, .imsi, .simStatus, .simPIN, .packetEvents,
            .registrationReportsEPS, .registrationReportsGPRS, .registrationEPS, .registrationGPRS, .attachStatus,
            .attach, .contextQuery, .contextDefinition, .contextAuthentication, .detach, .reattach, .privateAPN,
            .signal, .spareDefinition, .spareActivation:
            .radio
        case .address, .activate: .context
        case .singleConnection, .receiveMode, .textMode, .closeSession, .closeLink, .configure, .open, .connect,
            .subscribe, .unsubscribe, .status, .readCache, .farewellSession, .farewellLink:
            .link
        case .shut, .attachWait, .contextActivation: .radio
        case .radioOff, .radioOn: .restart
        case .restart: .hardware
        }
    }

    /// Whether it belongs to the recovery of the PDP context, during which further notices of its loss say nothing new.
    var recoversContext: Bool {
        switch self {
        case .shut, .attachWait, .contextActivation, .spareDefinition, .spareActivation: true
        default: false
        }
    }

    /// The command; throws when a configured value cannot be carried.
    func command(_ settings: LinkSettings, form: CredentialForm) throws(ATEncodingError) -> ATCommand {
        switch self {
        case .echoOff: .ate0
        case .errorNumbers: .cmee(1)
        case .identity: .ati
        case .revision: .cgmr
        case .imei: .cgsn
        case .iccid: .iccid
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
        case .address: .cgpaddr(cid: settings.contextID)
        case .activate, .contextActivation: .cgact(state: 1, cid: settings.contextID)
        case .signal: .csq
        case .singleConnection: .cipmux(0)
        case .receiveMode: .mqttMessageSet(settings.cachedReceive ? 1 : 0)
        case .textMode: .mqttMode(0)
        case .closeSession, .farewellSession: .mdisconnect
        case .closeLink, .farewellLink: .mipclose
        case .configure: try form.command(settings)
        case .open: try .mipstart(host: settings.host, port: settings.port, tls: false)
        case .connect: try .mconnect(cleanSession: settings.cleanSession, keepalive: settings.keepalive)
        case .subscribe(let index):
            try .msub(filter: settings.subscriptions[index].filter, qos: settings.subscriptions[index].qos)
        case .unsubscribe(let index): try .munsub(filter: settings.staleSubscriptions[index])
        case .status: .mqttStatus
        case .readCache: .mqttMessageGet
        case .shut: .cipshut
        case .spareDefinition: try .cgdcont(cid: 5, apn: settings.accessPoint?.name ?? "")
        case .spareActivation: .cgact(state: 1, cid: 5)
        case .radioOff: .cfun(0)
        case .radioOn: .cfun(1)
        case .restart: .reset
        }
    }
}

/// How `AT+MCONFIG` is written. Some firmware answers 765 to empty credentials although the manual recommends them
/// (module-behaviour 3); then the next form is tried. Configured credentials and a will are never left out.
enum CredentialForm: Equatable {
    /// As configured, with empty strings where nothing is.
    case asConfigured
    /// The client id alone; only without credentials and will.
    case clientIDOnly
    /// User = client id, for a will without credentials.
    case clientIDAsUser
    /// User = password = client id, when even that was refused.
    case clientIDAsBoth

    /// The form to try after this one was answered 765; `nil`: none.
    func next(_ settings: LinkSettings) -> CredentialForm? {
        guard settings.username == nil, settings.password == nil else { return nil }
        switch self {
        case .asConfigured: return settings.will == nil ? .clientIDOnly : .clientIDAsUser
        case .clientIDOnly: return .clientIDAsUser
        case .clientIDAsUser: return .clientIDAsBoth
        case .clientIDAsBoth: return nil
        }
    }

    func command(_ settings: LinkSettings) throws(ATEncodingError) -> ATCommand {
        switch self {
        case .asConfigured:
            try .mconfig(
                clientID: settings.clientID, username: settings.username, password: settings.password,
                will: settings.will)
        case .clientIDOnly: try .mconfigClientIDOnly(settings.clientID)
        case .clientIDAsUser:
            try .mconfig(clientID: settings.clientID, username: settings.clientID, password: [], will: settings.will)
        case .clientIDAsBoth:
            try .mconfig(
                clientID: settings.clientID, username: settings.clientID, password: settings.clientID,
                will: settings.will)
        }
    }
}
