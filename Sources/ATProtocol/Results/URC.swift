/// A line that no command asked for.
public enum URC: Equatable, Sendable {
    /// The later result of an accepted command.
    case outcome(Outcome)
    /// `CLOSED`: the TCP link went down.
    case closed
    /// `+PDP DEACT` in any spelling: the bearer went down.
    case pdpDeactivated
    /// `+CGEV: …`: what happened to the bearer. YM310 AT manual 6.7.
    case cgev(PacketEvent)
    /// `+CPIN: SIM REMOVED`.
    case simRemoved
    /// `+CPIN: READY`.
    case simReady
    /// Any other `+CPIN: …`, for example `SIM PIN`.
    case simOther([UInt8])
    /// The module started or goes down.
    case banner(kind: Banner)
    /// `+CEREG: …` and its like.
    case registration(domain: RegistrationDomain, status: Int)
    /// `+MSUB: n`: a message was cached in slot n. YM310 AT manual 13.6.
    case cacheNotice(slot: Int)
    /// What a socket link has to know of its TCP connection.
    case socket(SocketEvent)
    /// `+NITZ: …`: network time.
    case nitz(NetworkTime)
    /// `+NO Service`, `+E_UTRAN Service`.
    case serviceState(ServiceState)
    /// A line that belongs to nobody we know.
    case other([UInt8])

    /// A bearer event. The context id is there when the line names one.
    public enum PacketEvent: Equatable, Sendable {
        /// `NW PDN DEACT n`, `ME PDN DEACT n`.
        case pdnDeactivated(cid: Int?)
        /// `NW DETACH`, `ME DETACH`.
        case detached
        /// `ME PDN ACT n[,reason]`.
        case pdnActivated(cid: Int?)
        /// Anything else after `+CGEV:`.
        case other([UInt8])
    }

    /// Lines of a module that starts or stops.
    public enum Banner: Equatable, Sendable {
        /// `RDY`; may come twice.
        case ready
        /// `^boot.rom…`, with bytes that are no text.
        case bootROM
        /// `POWERED DOWN`, `NORMAL POWER DOWN`, `UNDER-VOLTAGE POWER DOWN` and the like.
        case poweredDown
    }

    /// Which registration a line is about.
    public enum RegistrationDomain: Equatable, Sendable {
        /// LTE.
        case cereg
        /// Packet service.
        case cgreg
        /// Circuit service.
        case creg
    }

    /// What the module says about radio service.
    public enum ServiceState: Equatable, Sendable {
        /// `+NO Service`.
        case none
        /// `+E_UTRAN Service` and its like; the text before ` Service`, without the plus sign.
        case available([UInt8])
    }
}
