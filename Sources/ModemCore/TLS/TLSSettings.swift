/// What the link machine must know to make a TLS connection (YM310 AT manual 9.7).
public struct TLSSettings: Sendable, Equatable {
    /// The files the module needs; checked by the owner before they come here.
    public var files: [TLSFileKind: TLSFile] = [:]
    /// False is security level 0: encrypted, and anybody can pose as the broker.
    public var verify = true
    /// The name the broker's certificate must have.
    public var hostName: String
    /// 0 SSL 3.0, 1 TLS 1.0, 2 TLS 1.1, 3 TLS 1.2, 4 all of them.
    public var version = 3
    /// The suite, 0xFFFF for all; `nil`: all, which the module must be told because a value of an earlier life may stand.
    public var cipherSuite: UInt16?
    /// True: the module accepts expired certificates.
    public var ignoreLocalTime = false
    /// Seconds, 10 to 300; `nil`: as the module has it.
    public var negotiateTimeout: Int?
    /// 0 root certificate, 1 other certificates; `nil`: as the module has it.
    public var verifyMode: Int?
    /// How many seconds an upload of 10,240 bytes may take; the line's rate decides.
    public var uploadSeconds = 15
    /// The NTP server that is asked when neither the network nor the host tells the time.
    public var ntpServer = "pool.ntp.org"
    /// Whether an older set of files goes back into use when the configured ones carry no session; false: for trials.
    package var fallsBack = true
    /// What the owner found out about the files.
    public var facts = TLSFacts()
    /// What is known of the modules' files, from disk.
    public var manifests = TLSManifests()

    /// Settings with the safest defaults: TLS 1.2, broker verified, clock checked.
    public init(hostName: String) { self.hostName = hostName }

    /// The files that go into the module: none without verification, for nothing uses them then.
    var wanted: [TLSFileKind: TLSFile] { verify ? files : [:] }

    /// Whether certificates' dates are checked, so that the clock matters.
    var needsClock: Bool { verify && !ignoreLocalTime }
}

/// What the host could find out about the files, for reports: the module never tells why a handshake failed.
public struct TLSFacts: Sendable, Equatable {
    /// A span of time, Unix seconds.
    public struct Validity: Sendable, Equatable {
        /// First second.
        public var from: Int64
        /// Last second.
        public var until: Int64
        /// A span.
        public init(from: Int64, until: Int64) {
            self.from = from
            self.until = until
        }
    }

    /// When the CA certificate is valid.
    public var caValidity: Validity?
    /// When our certificate is valid.
    public var certificateValidity: Validity?
    /// What was found in order, each a short clause: "the key matches the certificate".
    public var ruledOut: [String] = []
    /// What was found odd, each with what to do.
    public var suspicions: [String] = []

    /// Nothing is known.
    public init() {}

    /// Which certificate is not valid at this time, in words; `nil`: both are.
    func problem(at time: Int64) -> String? {
        for (name, validity) in [("the CA certificate", caValidity), ("the client certificate", certificateValidity)] {
            guard let validity else { continue }
            if time < validity.from { return "\(name) is valid only from \(UnixTime.text(validity.from))" }
            if time > validity.until { return "\(name) has expired on \(UnixTime.text(validity.until))" }
        }
        return nil
    }
}

/// The host's clock at one moment.
public struct HostClock: Sendable, Equatable {
    /// Unix seconds.
    public var time: Int64
    /// Monotonic time at which that was so.
    public var at: Duration
    /// Whether something keeps it right.
    public var isSynchronised: Bool

    /// A reading.
    public init(time: Int64, at: Duration, isSynchronised: Bool) {
        self.time = time
        self.at = at
        self.isSynchronised = isSynchronised
    }

    /// What it shows later.
    func time(now: Duration) -> Int64 { time &+ (now - at).components.seconds }
}

/// Why the module could not be set up for TLS, with what to do.
public enum TLSFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The module's clock is wrong and nothing could set it right.
    case clock(String)
    /// By a clock that can be trusted a certificate is out of date.
    case outOfDate(String)
    /// The file system has no room.
    case fileSystemFull(file: String, size: Int, free: Int)
    /// `TimeOut`: the contents came short.
    case uploadCutShort(file: String)
    /// The module refused to create or write a file though there is room.
    case fileRefused(file: String, answer: String)
    /// A file has another size than was written.
    case wrongSize(file: String, expected: Int, found: Int?)
    /// `AT+SSLCFG` was refused for a parameter without which the connection would be less safe than asked for.
    case parameterRefused(key: String, answer: String)
    /// The files that carried the last session are not there any more.
    case goodFilesGone
    /// A configured value cannot be written in an AT command.
    case unusable(String)

    /// One line for people.
    public var description: String {
        switch self {
        case .clock(let detail): "the module's clock is wrong, so that no certificate can be checked: \(detail)"
        case .outOfDate(let detail): "\(detail): put a certificate that is in date into [remote] tls"
        case .fileSystemFull(let file, let size, let free):
            """
            the module's file system is full: \(file) needs \(size) bytes, \(free) are left; remove files of others \
            with AT+FSLS and AT+FSDEL
            """
        case .uploadCutShort(let file):
            "the upload of \(file) was cut short (TimeOut): check the serial line and its flow control"
        case .fileRefused(let file, let answer): "the module refused to write \(file) (\(answer))"
        case .wrongSize(let file, let expected, let found):
            "\(file) was written and has \(found.map { "\($0)" } ?? "no known") bytes, not \(expected)"
        case .parameterRefused(let key, let answer):
            """
            AT+SSLCFG="\(key)" was answered \(answer): this firmware cannot do what [remote] tls asks for, and nothing \
            less safe is tried
            """
        case .goodFilesGone: "the files of the last session are not in the module any more"
        case .unusable(let detail): "\(detail); mend [remote] tls (`cellbridge check`)"
        }
    }
}
