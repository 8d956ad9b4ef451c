/// What kind of failure it is: what the ladder may do about it, and under which name it is remembered what helped.
///
/// Weather must not wear a module out: only a module that does not work itself leads to the upper rungs. A broker that
/// is down for a day is no reason to restart the module again and again, and no reason at all to end the service.
public enum Trouble: String, CaseIterable, Sendable {
    /// The broker answered, and not with what was asked for: closed during `MCONNECT`, a subscription refused, TLS with
    /// files that never carried a session. The network works.
    case broker
    /// No way to the broker: no TCP connection, no CONNACK, an acknowledgement late, `MQTTSTATU` 0 or 2. Broker,
    /// internet and the module's own TCP look alike from here.
    case path
    /// The PDP context is lost, does not come back or has no address.
    case context
    /// No registration, and the radio is searching or was denied: it works, as far as can be told.
    case searching
    /// No registration, and the radio does not even search.
    case unregistered
    /// No card, or one that does not get ready.
    case card
    /// A command got no answer, or one that always works is refused; the module answers `AT` again.
    case module
    /// The module gives no answer to `AT`.
    case mute
    /// The port is gone and does not come back.
    case port
}

/// How far the ladder goes for one kind of trouble.
struct TroubleRule: Equatable {
    /// The rung it enters at when nothing more is known.
    var entry: Rung
    /// The highest rung.
    var top: Rung
    /// The spacing of `AT+RESET`, where it differs from that of the rung.
    var restarts: [Duration]?
}

extension Trouble {
    /// The table of the troubles.
    ///
    /// `path` and `searching` are mostly weather. A restart now and then is for the module whose own stack hangs, which
    /// nobody can tell from here: for a path after 1 hour, then 6, then once a day; once a day for a radio that searches,
    /// because a restart makes the search begin anew.
    var rule: TroubleRule {
        let sparse: [Duration] = [.zero, .seconds(3600), .seconds(21600), .seconds(86400)]
        let daily: [Duration] = [.zero, .seconds(86400)]
        return switch self {
        case .broker: TroubleRule(entry: .link, top: .context)
        case .path: TroubleRule(entry: .link, top: .restart, restarts: sparse)
        case .context: TroubleRule(entry: .context, top: .restart)
        case .searching: TroubleRule(entry: .radio, top: .restart, restarts: daily)
        case .unregistered: TroubleRule(entry: .radio, top: .hardware)
        case .card: TroubleRule(entry: .radio, top: .restart)
        case .module: TroubleRule(entry: .link, top: .service)
        case .mute: TroubleRule(entry: .restart, top: .service)
        case .port: TroubleRule(entry: .hardware, top: .hardware)
        }
    }
}

/// A failure: its kind, and the rung it belongs to. Of two that are waited with, the higher one is acted on.
struct Failure: Comparable {
    var trouble: Trouble
    var rung: Rung

    /// A failure that enters at the trouble's own rung unless another is given.
    init(_ trouble: Trouble, at rung: Rung? = nil) {
        self.trouble = trouble
        self.rung = rung ?? trouble.rule.entry
    }

    static func < (left: Failure, right: Failure) -> Bool { left.rung < right.rung }
}

/// The higher of two failures, of which the second may not be there.
func higher(_ failure: Failure, _ other: Failure?) -> Failure {
    guard let other, other > failure else { return failure }
    return other
}
