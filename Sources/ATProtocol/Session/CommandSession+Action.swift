extension CommandSession {
    /// What the owner of a session has to do or to know, in this order.
    public enum Action: Equatable, Sendable {
        /// Write these bytes to the port, then call `written`.
        case write([UInt8])
        /// The command in flight ended. After `.timedOut` the session resynchronises by itself.
        case completed(CommandResult)
        /// A line that no command asked for.
        case urc(URC)
        /// A message for a subscribed filter.
        case message(ReceivedMessage)
        /// Bytes of the TCP connection, in order, pushed or read; those of a read come before its `completed`.
        case data([UInt8])
        /// A frame of the TCP connection that cannot be trusted: the owner ends the connection.
        case dataDamaged(Discard)
        /// Module and session are in step; commands may be submitted.
        case synchronised
        /// The module does not answer. Nothing can be submitted before `synchronise` or `portOpened`.
        case synchronisationFailed
        /// A command of ours came back though `ATE0` was confirmed: the module restarted.
        case echoReturned
        /// A command with data ended without an answer: the module may still take what is written as payload, so the
        /// session writes nothing. `declared` bytes were announced. The owner ends the data mode, then calls
        /// `synchronise`.
        case dataModeUnknown(declared: Int)
        /// Input that was thrown away, to be counted and logged.
        case discarded(Discard)
    }
}
