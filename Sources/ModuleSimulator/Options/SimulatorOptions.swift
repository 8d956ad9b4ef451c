/// Everything a simulated module is started with; one field for each option of `cellbridge simulate`.
public struct SimulatorOptions: Sendable, Equatable {
    /// `--profile NAME`: which module.
    public var profile: ModuleProfile
    /// `--dialect NAME[,NAME]` or `all`.
    public var dialect: Dialect
    /// `--seed N`: what chance there is comes from here.
    public var seed: UInt64
    /// `--baud N`: paces both directions, ten bits a byte; 0 is unpaced.
    public var baud: Int
    /// `--latency D`: from the last byte of a command to the first byte of its answer.
    public var latency: Duration
    /// `--network-latency D`: a round trip to the broker, on top of the real one; half of it each way.
    public var networkLatency: Duration
    /// `--boot-delay D`: from power-on or reset to RDY.
    public var bootDelay: Duration
    /// `--service-delay D`: from RDY (or CFUN=1) to being registered with an address.
    public var serviceDelay: Duration
    /// `--deactivation D`: what QIDEACT takes on a Quectel GSM module; 2 to 5 s usually, up to 150 s.
    public var deactivation: Duration
    /// `--link PATH`: a symbolic link kept pointing at the PTY.
    public var link: String?
    /// `--pin PIN`: the SIM asks for this PIN at boot.
    public var pin: String?
    /// `--transcript FILE`: one line an event.
    public var transcript: String?
    /// `--redirect HOST:PORT`: where TCP goes, whatever MIPSTART names.
    public var redirect: Endpoint?
    /// The APN the network gives the default bearer.
    public var apn: String
    /// `--flash BYTES`: the room for files.
    public var flash: Int
    /// `--flash-file PATH`: where the files are kept while no simulator runs; nil keeps them as long as it runs.
    public var flashFile: String?
    /// `--clock host|wrong|TIME`: what the module's clock shows at each boot.
    public var clock: BootClock
    /// `--nitz on|off`: whether the network tells the time, which sets the clock; nil does so with the host's clock.
    public var networkTime: Bool?
    /// `--ntp on|off`: whether the time server of CNTP answers.
    public var hasTimeServer: Bool
    /// `--any-suite`: TLS offers all that OpenSSL has, not only the manual's suites.
    public var offersAnySuite: Bool

    /// `--check-rate`: what the host sends or reads at another rate than `baud` is garbage, as on a real line.
    public var checksRate: Bool

    /// Whether the network tells the time.
    var tellsTime: Bool { networkTime ?? (clock == .host) }

    /// A host and a port.
    public struct Endpoint: Sendable, Equatable {
        /// Name or address.
        public var host: String
        /// TCP port.
        public var port: UInt16

        /// Where to connect to.
        public init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }

        /// From `HOST:PORT`; nil when it is not that. The last colon parts the two, so `::1:1883` works.
        public init?(_ text: String) {
            guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
                let port = UInt16(text[text.index(after: colon)...]), port > 0
            else { return nil }
            self.init(host: String(text[..<colon]), port: port)
        }
    }

    /// A module that answers at once, boots in half a second and registers a second later.
    public init(profile: ModuleProfile = .ec716s, dialect: Dialect = Dialect(), seed: UInt64 = 1) {
        self.profile = profile
        self.dialect = dialect
        self.seed = seed
        baud = 0
        latency = .zero
        networkLatency = .zero
        bootDelay = .milliseconds(500)
        serviceDelay = .seconds(1)
        deactivation = .seconds(2)
        apn = "cmiot"
        flash = 1_304_000
        clock = .host
        hasTimeServer = true
        offersAnySuite = false
        checksRate = false
    }
}
