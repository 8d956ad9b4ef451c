extension Configuration {
    /// `[module]`: the hardware.
    public struct Module: Sendable, Equatable {
        /// Where the module is.
        public enum Port: Sendable, Equatable {
            /// A serial device; default `/dev/ttyUSB0`.
            case path(String)
            /// `"simulator"`: the built-in one.
            case simulator
        }

        /// `flow_control`.
        public enum FlowControl: String, Sendable, Equatable, CaseIterable {
            /// Neither side holds the other.
            case none
            /// RTS and CTS (`AT+IFC`).
            case rtsCts = "rts-cts"
        }

        /// `profile`: which firmware the module has.
        public enum Profile: String, Sendable, Equatable, CaseIterable {
            /// Told by `ATI`.
            case automatic = "auto"
            /// EC716S, as in the YM310.
            case ec716s
            /// Air780E.
            case air780e
            /// Air780EP.
            case air780ep
            /// Air724UG.
            case air724ug
            /// Quectel Mxx.
            case quectelGSM = "quectel-gsm"
            /// Quectel BC260Y.
            case bc260y
        }

        /// `reset`: the hardware rung of the recovery ladder.
        public enum Reset: Sendable, Equatable {
            /// A command for the shell.
            case command(String)
            /// A line of a GPIO chip, pulled for a while.
            case gpio(chip: String, line: Int, activeLow: Bool, pulse: Duration)
        }

        /// Where the module is.
        public var port: Port
        /// One of `Module.rates`; default 115200.
        public var baud: Int
        /// Default `none`.
        public var flowControl: FlowControl
        /// Default `auto`.
        public var profile: Profile
        /// Path of the file with the SIM's PIN; nil when not configured.
        public var pinFile: String?
        /// The PIN, 4 to 8 digits; nil when not configured or when secrets were not read.
        public var pin: [UInt8]? {
            get { secret?.bytes }
            set { secret = Secret(newValue) }
        }
        /// nil: the network's default.
        public var apn: APN?
        /// nil: there is no hardware rung.
        public var reset: Reset?

        private var secret: Secret?

        /// The rates the modules have (YM310 AT manual 4.6).
        public static let rates = [
            600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115_200, 230_400, 460_800, 921_600,
        ]

        /// Takes the values as they are.
        public init(
            port: Port = .path("/dev/ttyUSB0"), baud: Int = 115_200, flowControl: FlowControl = .none,
            profile: Profile = .automatic, pinFile: String? = nil, pin: [UInt8]? = nil, apn: APN? = nil,
            reset: Reset? = nil
        ) {
            self.port = port
            self.baud = baud
            self.flowControl = flowControl
            self.profile = profile
            self.pinFile = pinFile
            self.apn = apn
            self.reset = reset
            secret = Secret(pin)
        }
    }

    /// `[module] apn`: the PDP context (YM310 AT manual 6.3 and 6.4).
    public struct APN: Sendable, Equatable {
        /// `auth`.
        public enum Authentication: String, Sendable, Equatable, CaseIterable {
            /// Nothing is sent.
            case none
            /// The password as it is.
            case pap
            /// A digest of it.
            case chap
        }

        /// 1 ... 100 bytes: letters, digits, `.`, `-`, `_`.
        public var name: String
        /// nil when not configured.
        public var username: String?
        /// From `password_file`; nil when not configured or when secrets were not read.
        public var password: [UInt8]? {
            get { secret?.bytes }
            set { secret = Secret(newValue) }
        }
        /// Default `chap` with a user name, else `none`.
        public var authentication: Authentication
        /// 1 ... 15; default 1.
        public var cid: Int

        private var secret: Secret?

        /// Takes the values as they are.
        public init(
            name: String, username: String? = nil, password: [UInt8]? = nil, authentication: Authentication = .none,
            cid: Int = 1
        ) {
            self.name = name
            self.username = username
            self.authentication = authentication
            self.cid = cid
            secret = Secret(password)
        }
    }
}
