/// What differs between the simulated modules, as data.
public struct ModuleProfile: Sendable, Equatable {
    /// The command sets there are; what is in each is in `Commands/CommandTable.swift`.
    public enum Family: String, Sendable, Equatable {
        /// YM310, Air724UG, Air780E: CIP socket commands and an MQTT client.
        case luat
        /// Quectel Mxx: QI socket commands on one connection.
        case quectelGSM = "quectel-gsm"
        /// Quectel BC260Y-CN: QI socket commands with contexts.
        case bc260y
    }

    /// How the network's release of the bearer is announced.
    public enum BearerLoss: String, Sendable, Equatable {
        /// `+PDP DEACT` in one of its spellings (YM310 AT manual 9.40).
        case pdpDeact
        /// `+CGEV: NW PDN DEACT 1` (capture 06).
        case cgev
        /// No words of its own: its connections are told closed, and a new address is told when it is back.
        case untold
    }

    /// The name `--profile` takes.
    public var name: String
    /// The text of `ATI`.
    public var identity: String
    /// The text of `AT+CGMI`, without quotes.
    public var manufacturer: String
    /// The text of `AT+CGMM`, without quotes.
    public var model: String
    /// Most payload bytes of `AT+MPUB`.
    public var publishLimit: Int
    /// Most payload bytes of `AT+MPUBEX`.
    public var publishDataLimit: Int
    /// Most payload bytes of a message handed to the host; longer ones are cut there.
    public var receiveLimit: Int
    /// Most bytes of a command line, its CR not counted.
    public var lineLimit: Int
    /// Whether `AT+MCONFIG` with an empty user and password is refused with 765.
    public var refusesEmptyCredentials: Bool
    /// Whether `AT+CGEREP` can be set; where it cannot, it is answered ERROR and +CGEV is always on.
    public var eventReportingSettable: Bool
    /// How a lost bearer is announced.
    public var bearerLoss: BearerLoss
    /// Whether the module reports the SIM's state by itself at boot (YM310 AT manual 4.3).
    public var reportsSIMAtBoot: Bool
    /// Whether `+CFUN: 1` follows RDY.
    public var reportsFunctionAtBoot = false
    /// Which commands it has.
    public var family = Family.luat
    /// Most bytes of the socket connection that are handed over and not acknowledged by the far side.
    public var sendBuffer = 8192
    /// Most bytes of the socket connection kept for the host; beyond it TCP's window closes.
    public var receiveBuffer = 8192
    /// How long the socket commands wait for TCP to come up.
    public var streamConnectTimeout = Duration.seconds(75)

    /// Whether it has an MQTT client of its own.
    public var hasMQTT: Bool { family == .luat }

    /// Yuge YM310 on EC716S, from the manual alone.
    public static let ec716s = ModuleProfile(
        name: "ec716s", identity: "YM310.X09_AT.U60_R2.0.0.240820", manufacturer: "Yuga Co.,Ltd.", model: "YM310 X09",
        publishLimit: 2384, publishDataLimit: 2384, receiveLimit: 1360, lineLimit: 8192,
        refusesEmptyCredentials: false, eventReportingSettable: true, bearerLoss: .pdpDeact, reportsSIMAtBoot: true)
    /// Air780E on EC618, firmware V1169.
    public static let air780e = ModuleProfile(
        name: "air780e", identity: "AirM2M_780E_V1169_LTE_AT", manufacturer: "AirM2M", model: "Air780E",
        publishLimit: 2384, publishDataLimit: 4100, receiveLimit: 1360, lineLimit: 8192,
        refusesEmptyCredentials: true, eventReportingSettable: true, bearerLoss: .cgev, reportsSIMAtBoot: false)
    /// Air780EP on EC718P, firmware V1010.
    public static let air780ep = ModuleProfile(
        name: "air780ep", identity: "AirM2M_780EP_V1010_LTE_AT", manufacturer: "AirM2M", model: "Air780EP",
        publishLimit: 4100, publishDataLimit: 4100, receiveLimit: 4100, lineLimit: 16384,
        refusesEmptyCredentials: false, eventReportingSettable: false, bearerLoss: .cgev, reportsSIMAtBoot: false)
    /// Air724UG on RDA8910, firmware V409.
    public static let air724ug = ModuleProfile(
        name: "air724ug", identity: "AirM2M_Air724UG_V409_LTE_AT", manufacturer: "AirM2M", model: "Air724UG",
        publishLimit: 4100, publishDataLimit: 4100, receiveLimit: 4100, lineLimit: 16384,
        refusesEmptyCredentials: false, eventReportingSettable: true, bearerLoss: .pdpDeact, reportsSIMAtBoot: false)

    /// Quectel M26, one of the GSM modules of manual 003 (Quectel GSM TCP/IP guide V1.2).
    public static let quectelGSM = sockets(
        "quectel-gsm", identity: "Quectel_Ltd\nQuectel_M26\nRevision: M26FAR03A08", manufacturer: "Quectel_Ltd",
        model: "Quectel_M26", family: .quectelGSM, bearerLoss: .pdpDeact, connectTimeout: .seconds(75))
    /// Quectel BC260Y-CN, NB-IoT (BC260Y-CN TCP/IP guide V1.0).
    public static let bc260y = sockets(
        "bc260y", identity: "Quectel_Ltd\nQuectel_BC260Y-CN\nRevision: BC260YCNAAR01A01", manufacturer: "Quectel_Ltd",
        model: "Quectel_BC260Y-CN", family: .bc260y, bearerLoss: .untold, connectTimeout: .seconds(60))

    /// A module that has nothing but sockets.
    private static func sockets(
        _ name: String, identity: String, manufacturer: String, model: String, family: Family, bearerLoss: BearerLoss,
        connectTimeout: Duration
    ) -> ModuleProfile {
        var profile = ModuleProfile(
            name: name, identity: identity, manufacturer: manufacturer, model: model, publishLimit: 0,
            publishDataLimit: 0, receiveLimit: 0, lineLimit: 2200, refusesEmptyCredentials: false,
            eventReportingSettable: true, bearerLoss: bearerLoss, reportsSIMAtBoot: true)
        profile.family = family
        // The send window of 4.1.
        profile.sendBuffer = 7300
        profile.receiveBuffer = 7300
        profile.streamConnectTimeout = connectTimeout
        profile.reportsFunctionAtBoot = true
        return profile
    }

    /// Every profile there is.
    public static let all = [ec716s, air780e, air780ep, air724ug, quectelGSM, bc260y]

    /// The profile called `name` (letter case ignored), or nil; `ym310` is another name of `ec716s`.
    public static func named(_ name: String) -> ModuleProfile? {
        let wanted = name.lowercased()
        return wanted == "ym310" ? ec716s : all.first { $0.name == wanted }
    }
}
