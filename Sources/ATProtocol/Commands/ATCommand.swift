/// One AT command as a value: its bytes, how long it may take and what belongs to its answer.
///
/// Built by the static members of the extensions, one file per group of manual chapters.
public struct ATCommand: Equatable, Sendable {
    /// What any command not listed in YM310 AT manual 1.4 may take at most.
    public static let defaultTimeout: Duration = .seconds(9)

    /// How long a query may take whose setting form is in the list of YM310 AT manual 1.4.
    ///
    /// The manual grants `AT+CPIN?` 180 s and `AT+CGATT?` 108 s like the commands that make the card or the network do
    /// something. A query only reads what the module knows, in milliseconds on every module a log was found of, and a
    /// card that is not ready is told as `+CME ERROR: 14`. A module that falls mute here must not be waited for for minutes;
    /// an answer that comes late after all is told apart by the probe that follows a time-out.
    static let queryTimeout = defaultTimeout

    /// What an `OK` says about a command.
    public enum MeaningOfOK: Equatable, Sendable {
        /// It ended well.
        case end
        /// One of its success lines is to follow; when none does for a while, this was the end.
        case notYet
        /// Nothing: only its own lines end it well, as a send.
        case nothing
    }

    /// The command without its line end, for example `AT+CSQ`. CR LF is added when it is written.
    public var line: [UInt8]
    /// How long the final result may take after the last byte went out (YM310 AT manual 1.4).
    public var timeout: Duration
    /// Lines that begin with one of these, then `:` or ` :`, are the answer; for example `+CSQ`.
    public var prefixes: [String]
    /// Whether any line that is not a known URC is the answer: ATI, CGSN, CIMI.
    public var takesFreeText: Bool
    /// Whole lines that end the command well besides `OK`, for example `SHUT OK`.
    public var successLines: [String]
    /// Beginnings of lines that end the command well, before a colon: `DATA ACCEPT` for `DATA ACCEPT:10`.
    public var successPrefixes: [String]
    /// Whole lines that end the command badly besides the usual error lines, for example `TimeOut`.
    public var failureLines: [String]
    /// Whether the first free line is all there is: CIFSR prints an address and mostly no `OK`.
    public var endsWithoutFinal: Bool
    /// What an `OK` says.
    public var meaningOfOK: MeaningOfOK
    /// How long the line may take that is to follow an `OK`; `nil`: the usual time (``Limits/lineAfterOK``).
    public var lineAfterOK: Duration?
    /// Bytes for data mode, written exactly when the prompt comes; a prompt is expected only when this is set.
    public var data: [UInt8]?
    /// What a log may show: no passwords, no PINs, no payloads.
    public var redacted: String

    /// A command from its parts. `redacted` is the line itself unless given.
    public init(
        line: [UInt8], timeout: Duration = ATCommand.defaultTimeout, prefixes: [String] = [],
        takesFreeText: Bool = false, successLines: [String] = [], successPrefixes: [String] = [],
        failureLines: [String] = [], endsWithoutFinal: Bool = false, meaningOfOK: MeaningOfOK = .end,
        data: [UInt8]? = nil, redacted: String? = nil
    ) {
        self.line = line
        self.timeout = timeout
        self.prefixes = prefixes
        self.takesFreeText = takesFreeText
        self.successLines = successLines
        self.successPrefixes = successPrefixes
        self.failureLines = failureLines
        self.endsWithoutFinal = endsWithoutFinal
        self.meaningOfOK = meaningOfOK
        self.data = data
        self.redacted = redacted ?? String(decoding: line, as: UTF8.self)
    }

    /// A command from text of our own making.
    init(
        _ line: String, timeout: Duration = ATCommand.defaultTimeout, prefixes: [String] = [],
        takesFreeText: Bool = false, successLines: [String] = [], successPrefixes: [String] = [],
        failureLines: [String] = [], endsWithoutFinal: Bool = false, meaningOfOK: MeaningOfOK = .end,
        redacted: String? = nil
    ) {
        self.init(
            line: Array(line.utf8), timeout: timeout, prefixes: prefixes, takesFreeText: takesFreeText,
            successLines: successLines, successPrefixes: successPrefixes, failureLines: failureLines,
            endsWithoutFinal: endsWithoutFinal, meaningOfOK: meaningOfOK, redacted: redacted)
    }
}
