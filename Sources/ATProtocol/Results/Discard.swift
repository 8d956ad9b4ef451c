/// Input that was thrown away: to be counted, and logged with its excerpt.
public struct Discard: Equatable, Sendable {
    /// Why.
    public enum Kind: Equatable, Sendable, CaseIterable {
        /// A line longer than the bound; the rest up to its end is skipped.
        case lineOverflow
        /// A `+MSUB` that no reading of its header fits.
        case unframedMessage
        /// A sound `+MSUB` whose topic no subscribed filter matches.
        case unmatchedMessage
        /// A `+MSUB` that can be read as more than one message for us.
        case ambiguousMessage
        /// A frame of a TCP connection whose length cannot be believed, that did not end, or that is not of ours.
        case damagedFrame
        /// `OK` and the like with no command to end.
        case strayFinal
        /// `OK`, `PUBACK` and the like where the payload of a damaged `+MSUB` may be, and any line where that of a damaged
        /// frame may be: credited to nothing.
        case doubtfulResult
        /// An answer with no command to belong to: before the command was written, or while resynchronising.
        case strayLine
        /// More lines in one answer than the bound.
        case responseOverflow
        /// A line with control bytes or broken UTF-8.
        case garbage
    }

    /// Why it was thrown away.
    public var kind: Kind
    /// The beginning of it, bounded.
    public var excerpt: [UInt8]

    /// A discard.
    public init(kind: Kind, excerpt: [UInt8]) {
        self.kind = kind
        self.excerpt = excerpt
    }
}
