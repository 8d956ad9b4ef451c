import ATProtocol
import ModemCore

/// A command that somebody at the control socket wants run, between those of the bridge itself.
struct Visit {
    /// What came of it.
    enum Outcome: Equatable {
        /// The module answered; with an awaited outcome, that came too.
        case answered(CommandResult)
        /// The outcome that was awaited after `OK` did not come in time.
        case late
        /// It had no turn, or lost it; why.
        case failed(String)
    }

    /// What to run. Never one with data: nothing may be left in a data mode.
    var command: ATCommand
    /// What must follow `OK`, for example SUBACK.
    var awaited: ATProtocol.Outcome?
    /// How long it waits for its turn, and then for `awaited`.
    var patience: Duration = .seconds(10)
    /// Called once.
    var then: (Outcome) -> Void
}

/// A message that somebody at the control socket wants published now, past the queue.
struct GuestMessage {
    /// What came of it.
    enum Outcome: Equatable {
        /// The remote broker has it (QoS 0: the module has it).
        case acknowledged
        /// It cannot be carried, or the module said no.
        case refused(String)
        /// The link is down, or broke before the acknowledgement: it may or may not have arrived.
        case noLink(String)
    }

    /// Topic on the remote broker.
    var topic: [UInt8]
    /// Any bytes.
    var payload: [UInt8]
    /// 0...2.
    var qos: Int
    /// The retain flag.
    var retain: Bool
    /// Called once.
    var then: (Outcome) -> Void
}

/// What goes over the line, for those who watch.
enum Dialogue {
    /// A command of ours, as a log may show it, and its bytes on the line.
    case sent(String, bytes: Int)
    /// Bytes of the module, as they came.
    case received([UInt8])
    /// What else the driver was told, for a replay: the port, the publisher, the end of a reset. No contents.
    case note(DialogueNote)
    /// Recovery has come to another rung, or failed there for another reason.
    case recovers(Recovery)
}
