import ATProtocol

extension Discard.Kind {
    /// What was wrong with it, for people.
    var words: String {
        switch self {
        case .lineOverflow: "a line that does not end"
        case .unframedMessage: "a header that fits no message"
        case .unmatchedMessage: "a topic that nothing has subscribed to"
        case .ambiguousMessage: "it can be read in more than one way"
        case .damagedFrame: "a length that cannot be right, or data that did not come whole"
        case .strayFinal, .strayLine: "an answer to no command"
        case .doubtfulResult: "an answer amid damaged data"
        case .responseOverflow: "an answer of too many lines"
        case .garbage: "bytes that are no text"
        }
    }
}
