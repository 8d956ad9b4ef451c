/// What the lexer makes of the stream.
enum Token: Equatable {
    /// A line without its end and outer blanks; never empty.
    case line([UInt8])
    /// The data prompt, while it was expected.
    case prompt
    /// A `+MSUB` that reads as exactly one message for us.
    case message(topic: [UInt8], payload: [UInt8])
    /// Bytes of a TCP connection; with the line of an answer that announced them.
    case frame(line: [UInt8]?, data: [UInt8])
    /// A frame that cannot be trusted.
    case damaged(Discard)
    /// Input that was thrown away.
    case discarded(Discard)
}
