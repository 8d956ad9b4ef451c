public import ATProtocol

/// What the link machine wants done; the driver runs the actions in order.
public enum LinkAction: Equatable {
    /// Open and lock the port, then report `portOpened` or `portUnavailable`.
    case openPort
    /// Close the port.
    case closePort
    /// Have the session send `AT` every `interval`, at most `attempts` times, until `OK`.
    case synchronise(attempts: Int, interval: Duration)
    /// Give this command to the session when it is idle. `synchronise`, `restartBlindly`, `openPort` and `closePort` make
    /// it void; the event `publishTimedOut` does so too.
    case submit(ATCommand)
    /// Write `AT+RESET` without waiting for anything: the module gives no answers.
    case restartBlindly
    /// Write this many CR bytes and nothing else: the module may still be counting the bytes of an `AT+MPUBEX`.
    case fillDataMode(count: Int)
    /// Write the bytes of the open send as they are and nothing else: the module may still be waiting for them.
    case repeatSend
    /// The record of an open `AT+MPUBEX` can go.
    case clearDataModeRecord
    /// Run the configured hardware reset, then report `hardwareResetFinished`, also when it does not end by itself: the
    /// machine waits for that. The port may go meanwhile and is opened again afterwards.
    case resetHardware
    /// How the bytes of a TCP connection come in this module's dialogue; `nil`: there is no socket link.
    case useSocketDialect(SocketDialect?)
    /// The TCP connection of a socket link is up: bytes may flow, TLS and MQTT begin over it. Its end is `sessionEstablished`
    /// or `sessionFailed`.
    case streamOpened(SocketProfile)
    /// That connection is gone, with all that was under way; comes before `offline`.
    case streamClosed
    /// Messages may be published from now on.
    case online(ModuleProfile)
    /// No messages may be published; what was in flight goes back to the head of its queue.
    case offline(reason: String)
    /// The session is sound although a publish was refused: it may be tried again after a pause.
    case confirmed
    /// The remote broker has acknowledged this subscription.
    case subscribed(filter: [UInt8])
    /// The remote broker has dropped this filter of an earlier configuration.
    case unsubscribed(filter: [UInt8])
    /// Cached messages that the module overwrote before they could be read.
    case overwritten(count: Int)
    /// The PIN was refused by this SIM; it must never be sent again unless it changes.
    case pinRefused(iccid: String)
    /// `AT+MQTTMODE=0` was accepted: payloads go as text until the publisher changes it.
    case textMode
    /// Put what is known of the files in the modules on disk, then report `manifestRecorded` with this token.
    case recordManifest([UInt8], token: Int)
    /// Put what the ladder has to remember on disk; nothing waits for it.
    case recordLadder(LadderMemory)
    /// The module could not be brought back by any rung: the service may end, for its manager to start it anew. The
    /// machine goes on trying.
    case gaveUp(reason: String)
    /// A line for the log.
    case report(LinkReport)
    /// The session was closed after `stop`; nothing more will be asked for.
    case finished
}

/// A line for the log.
public struct LinkReport: Equatable, Sendable {
    /// How much it matters.
    public enum Level: Sendable { case debug, info, warning, error }

    /// How much it matters.
    public var level: Level
    /// What happened and, for warnings and errors, what to do.
    public var text: String

    /// A line for the log.
    public init(_ level: Level, _ text: String) {
        self.level = level
        self.text = text
    }
}
