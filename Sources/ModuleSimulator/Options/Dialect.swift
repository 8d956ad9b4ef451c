/// The spellings and habits in which firmwares of one command set differ; each one was seen or is documented.
public struct Dialect: Sendable, Equatable {
    /// One deviation from what the profile prints by default.
    public enum Trait: String, Sendable, CaseIterable {
        /// `+MSUB: "t",3,abc`: the length without its unit (the syntax table of YM310 AT manual 13.6).
        case noUnit = "no-unit"
        /// Direct `+MSUB: t,3 byte,abc`: the topic without quotes.
        case bareTopic = "bare-topic"
        /// Cached reads with the topic unquoted (YM310 AT manual 13.14).
        case bareCached = "bare-cached"
        /// Cached reads as `+MSUB:topic`, no blank and no quotes.
        case tightCached = "tight-cached"
        /// `+MQTTSTATU: 1` instead of `+MQTTSTATU :1`.
        case plainStatus = "plain-status"
        /// `PUBACK ` and `OK ` with a blank after them.
        case trailingBlank = "trailing-blank"
        /// The outcome is printed before the OK of its command.
        case outcomeFirst = "outcome-first"
        /// ALREADY CONNECT comes alone, without an OK before it.
        case alreadyAlone = "already-alone"
        /// RDY twice, 0.74 s apart; what is sent between the two is lost (capture 09).
        case readyTwice = "ready-twice"
        /// A line with bytes that are no text comes before RDY.
        case bootLine = "boot-line"
        /// The SIM answers 14 (busy) for two seconds after boot.
        case simBusy = "sim-busy"
        /// The first CEREG? is answered with a +CGREG line before its own (capture 09).
        case mixedRegistration = "mixed-registration"
        /// With CIPMUX=1 every outcome carries `7,`, not only those of MIPSTART.
        case prefixAll = "prefix-all"
        /// `+PDP:DEACT`.
        case deactTight = "deact-tight"
        /// `+PDP: DEACT`.
        case deactBlank = "deact-blank"
        /// The broker closing after MDISCONNECT is told as CLOSED; MIPCLOSE then answers 767.
        case closedAfterDisconnect = "closed-after-disconnect"
        /// The data prompt is followed by a blank (YM310 AT manual 9.14).
        case promptBlank = "prompt-blank"
        /// `+CGEV: ME PDN ACT 1` without `,0`.
        case shortActivation = "short-activation"
        /// `+NITZ` with a four-digit year.
        case longYear = "long-year"
        /// Five quiet seconds also end an MPUBEX that declared its length.
        case dataTimeout = "data-timeout"
        /// The echo of a line ends with the LF the host sent, too.
        case echoLineFeed = "echo-lf"
        /// The size of a file is asked with FSFLSIZE (the manual's table of contents, other firmwares), not FSFSIZE.
        case longFileSize = "fsflsize"
        /// An FSWRITE from the start leaves what lies beyond its data.
        case keepsTail = "keeps-tail"

        // The socket commands (YM310 AT manual chapter 9 and what was seen of it).

        /// `+CIPRXGET:1` instead of `+CIPRXGET: 1`; `+QIRDI:0,1,0` (manual 003 5.2).
        case noticeTight = "notice-tight"
        /// `+CIPRXGET:2,10,0` instead of `+CIPRXGET: 2,10,0`; `+QIRD:` without a blank (manual 003 5.2).
        case getTight = "get-tight"
        /// No line end between the data of a read and the line end of its OK.
        case readTight = "read-tight"
        /// CIFSR ends with OK (the table of contents of other firmwares).
        case addressThenOK = "cifsr-ok"
        /// `010.076.001.035` (YM310 AT manual 9.42).
        case paddedAddress = "cifsr-padded"
        /// SHUT OK is followed by OK.
        case shutThenOK = "shut-then-ok"
        /// CIPSHUT is answered OK (YM310 AT manual 9.42, third example).
        case shutPlainOK = "shut-plain-ok"
        /// `DATA ACCEPT: 10`.
        case acceptBlank = "accept-blank"
        /// The prompt of CIPSEND without its blank (vendor's log), and that of QISEND (manual 003 4.2).
        case promptTight = "prompt-tight"
        /// `+CIPACK: 10, 10, 0` (the syntax table of YM310 AT manual 9.18); `+QISACK: 4, 4, 0` (manual 003 4.1).
        case ackBlanks = "ack-blanks"
        /// `STATE:CONNECT OK`.
        case stateTight = "state-tight"
        /// `+IPD,` without a line end before it.
        case pushTight = "push-tight"
        /// A refused connection is told as TCP ERROR:11, too (YM310 AT manual 9.39).
        case tcpErrors = "tcp-errors"
        /// SEND OK of CIPQSEND=0 waits for the far side, as the table of YM310 AT manual 9.11 says.
        case sendOKAcknowledged = "send-ok-acknowledged"
        /// A send that finds the send buffer full fails at once instead of waiting.
        case failsWhenFull = "fails-when-full"
        /// What was not read when the far side closes is gone.
        case forgetsUnread = "forgets-unread"

        // The Quectel modules.

        /// quectel-gsm: three lines are lost while the rate is found, not one.
        case slowSync = "slow-sync"
        /// quectel-gsm: `+QIRDI: 0,1,0,1,1332,1332`, the MC60's three numbers more.
        case longNotice = "long-notice"
        /// quectel-gsm: a +QIRDI stands before the +QIRD in its answer.
        case noticeInRead = "notice-in-read"
        /// quectel-gsm: only a QIRD that finds nothing makes the next +QIRDI possible.
        case rearmsOnEmpty = "rearm-on-empty"
        /// bc260y: `+QIURC: "recv",0,3,"313233"`.
        case quotedData = "quoted-data"
        /// bc260y: the same, with the closing quote on the next line.
        case lateQuote = "late-quote"
        /// bc260y: `QISEND=0,0` ends with SEND OK (manual 004 4.2).
        case sendOKState = "state-send-ok"
        /// bc260y: SEND OK comes some time after the OK.
        case lateSendOK = "late-send-ok"
        /// bc260y: `QISEND=0,<len>` without data asks for them with a prompt and takes them up to 0x1A.
        case promptedSend = "prompted-send"

        /// Whether it is about the socket commands.
        public var concernsSockets: Bool {
            switch self {
            case .noticeTight, .getTight, .readTight, .addressThenOK, .paddedAddress, .shutThenOK, .shutPlainOK,
                .acceptBlank, .promptTight, .ackBlanks, .stateTight, .pushTight, .tcpErrors, .sendOKAcknowledged,
                .failsWhenFull, .forgetsUnread, .slowSync, .longNotice, .noticeInRead, .rearmsOnEmpty, .quotedData,
                .lateQuote, .sendOKState, .lateSendOK, .promptedSend:
                true
            default: false
            }
        }
    }

    /// The traits in force.
    public var traits: Set<Trait>

    /// A dialect with exactly these traits.
    public init(_ traits: Set<Trait> = []) { self.traits = traits }

    /// The dialect `--dialect` names: `all` lets the seed pick, otherwise trait names with commas between them.
    /// Nil when a name is unknown.
    public init?(names: String, seed: UInt64) {
        traits = []
        guard names != "all" else {
            var random = SeededRandom(seed: seed)
            traits = Set(Trait.allCases.filter { _ in random.next() & 1 == 1 })
            return
        }
        for name in names.split(separator: ",") where name != "none" {
            guard let trait = Trait(rawValue: String(name)) else { return nil }
            traits.insert(trait)
        }
    }

    func has(_ trait: Trait) -> Bool { traits.contains(trait) }
}

/// A small generator (SplitMix64): the same seed gives the same run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
