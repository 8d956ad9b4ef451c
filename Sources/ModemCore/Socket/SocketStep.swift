import ATProtocol

/// One command of a socket link, with what it is for. What the three families share has one case; which command it is
/// depends on the dialect.
///
/// YM310: YM310 AT manual. GSM: Quectel GSM TCP/IP guide. NB: BC260Y-CN TCP/IP guide.
enum SocketStep: Equatable {
    /// `AT+IPR?`: does the module keep to a fixed rate (GSM 2, 9).
    case rate
    /// `AT+IPR=n&W`, when it does not (GSM 2, 9).
    case fixRate
    /// `AT+CIPSTATUS` (YM310 9.17), `AT+QISTAT` (GSM 3), `AT+QISTATE=1,0` (NB 2.3.4): what is left of an earlier
    /// connection, and what must be done before a new one.
    case state
    /// `AT+CIPCLOSE` (YM310 9.28), `AT+QICLOSE` (GSM 3, 7), `AT+QICLOSE=0` (NB 2.3.3): a connection that is in the way.
    case close
    /// `AT+CIPSHUT` (YM310 9.29, 9.40), `AT+QIDEACT` (GSM 3, 7): a bearer in no state to open a connection in.
    case shut
    /// A setting: the one of this index in ``SocketSetup``.
    case setting(Int)
    /// The other form of that setting, for a firmware that refused the first.
    case otherSetting(Int)
    /// `AT+CSTT` (YM310 9.2, 60 s).
    case task
    /// `AT+CIICR` (YM310 9.4, 90 s).
    case bearer
    /// `AT+CIFSR`, without which no connection may be opened (YM310 9.5, Air724UG TCP guide 3.1.4).
    case ownAddress
    /// `AT+CIPSTART` (YM310 9.9), `AT+QIOPEN` (GSM 3; NB 2.3.2).
    case open
    /// `AT+QISTAT` after a connection that failed: was it the bearer, or the path (GSM 3).
    case cause
    /// No command: TLS and MQTT come about over the standing connection.
    case session
    /// The same commands as `state`, while the connection stands: does it still, as far as the module knows.
    case poll
    /// The same commands as `close`, after a session that was refused: the pause that follows is a long one.
    case dismiss
    /// The same commands as `shut`, after the context was lost (YM310 9.29, 9.40; GSM 8.2).
    case contextShut
    /// The same commands as `close`, on the way out.
    case farewellClose
    /// The same commands as `shut`, on the way out.
    case farewellShut

    /// The rung a failure of this step enters at. A bearer that cannot be released calls for a restart at the GSM modules
    /// (GSM 7, 9).
    func rung(_ dialect: SocketDialect) -> Rung {
        switch self {
        case .rate, .fixRate, .state, .close, .setting, .otherSetting, .task, .open, .cause, .session, .poll, .dismiss,
            .farewellClose, .farewellShut:
            .link
        case .bearer, .ownAddress: .context
        case .shut, .contextShut: dialect == .qi ? .restart : .radio
        }
    }

    /// Whether it needs the PDP context, so that the loss of the context matters while it runs. Before the bearer is up
    /// none is needed, and what is told then may be about the one that was just released.
    var standsOnContext: Bool {
        switch self {
        case .rate, .fixRate, .state, .close, .shut, .contextShut, .dismiss, .setting, .otherSetting, .task, .bearer,
            .cause, .farewellClose, .farewellShut:
            false
        case .ownAddress, .open, .session, .poll: true
        }
    }

    /// Whether it is on the way out, so that nothing else matters.
    var isFarewell: Bool { self == .farewellClose || self == .farewellShut }

    /// The command; throws when a configured value cannot be carried.
    func command(_ settings: LinkSettings, _ profile: ModuleProfile) throws(ATEncodingError) -> ATCommand {
        let dialect = profile.socket.dialect
        switch self {
        case .rate: return .iprQuery
        case .fixRate: return .iprSaved(settings.baudRate ?? 115_200)
        case .state, .cause, .poll:
            return switch dialect {
            case .cip: .cipstatus
            case .qi: .qistat
            case .bc260y: .qistateContext
            }
        case .close, .dismiss, .farewellClose:
            return switch dialect {
            case .cip: .cipclose
            case .qi: .qiclose
            case .bc260y: .qicloseContext
            }
        case .shut, .contextShut, .farewellShut:
            return switch dialect {
            case .cip: .cipshut
            case .qi: .qideact
            case .bc260y: .qicloseContext  // Never used: its context is that of the attach.
            }
        case .setting(let index), .otherSetting(let index):
            let setup = try SocketSetup.settings(settings, profile)
            guard setup.indices.contains(index) else { return .at }
            if case .otherSetting = self, let other = setup[index].other { return other }
            return setup[index].command
        case .task:
            return try .cstt(
                apn: settings.accessPoint?.name ?? "", user: settings.accessPoint?.username ?? "",
                password: settings.accessPoint?.password ?? "")
        case .bearer: return .ciicr
        case .ownAddress: return .cifsr
        case .open:
            var command: ATCommand =
                switch dialect {
                case .cip: try .cipstart(host: settings.host, port: settings.port)
                case .qi: try .qiopen(host: settings.host, port: settings.port)
                case .bc260y: try .qiopenContext(host: settings.host, port: settings.port)
                }
            // The `OK` only says that the words were right (GSM 3): a module that does not say so is mute, and must be
            // reset within a minute. The outcome has a limit of its own.
            command.timeout = min(command.timeout, ATCommand.defaultTimeout)
            return command
        case .session: return .at
        }
    }
}
