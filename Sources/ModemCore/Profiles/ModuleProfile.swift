public import ATProtocol

/// What is known of one module's firmware, as data: differences between modules live here and nowhere else.
public struct ModuleProfile: Sendable, Equatable {
    /// The name used in the configuration (`[module] profile`).
    public var name: String
    /// Texts one of which the answer to `ATI` contains.
    public var identification: [String]
    /// Largest payload of `AT+MPUB` in bytes, before escaping or hex (YM310 AT manual 13.4; module-behaviour 5).
    public var publishLimit: Int
    /// Largest payload of `AT+MPUBEX` in bytes (YM310 AT manual 13.5).
    public var dataPublishLimit: Int
    /// Largest downlink the module prints whole, in bytes; longer ones are cut (YM310 AT manual 13.6).
    public var receiveLimit: Int
    /// Longest command line in bytes, where one is known; `nil`: none is known.
    public var lineLimit: Int?
    /// Whether `AT+CPNETAPN` sets the APN of a private SIM (YM310 AT manual 9.3).
    public var hasPrivateAPN: Bool
    /// Whether it has an MQTT client of its own (YM310 AT manual 13).
    public var hasMQTT = true
    /// Its TCP sockets.
    public var socket = SocketProfile.cip
    /// What asks for the card's number (YM310 AT manual 2.5); a refusal is harmless.
    public var cardNumber = ATCommand.iccid
    /// What restarts the module (YM310 AT manual 2.9).
    public var restart = ATCommand.reset

    /// The largest payload that can be published at all.
    public var payloadLimit: Int { max(publishLimit, dataPublishLimit) }
}

extension ModuleProfile {
    /// EC716S platform: Yuge YM310 (limits: YM310 AT manual 13.4, 13.5, 13.6). Checked against the manual only.
    public static let ec716s = ModuleProfile(
        name: "ec716s", identification: ["YM310", "EC716S"], publishLimit: 2384, dataPublishLimit: 2384,
        receiveLimit: 1360, lineLimit: nil, hasPrivateAPN: true)

    /// EC618 platform: Air780E and EG (limits: vendor guide for V1169, module-behaviour 5; captures 01, 02, 07).
    public static let air780e = ModuleProfile(
        name: "air780e", identification: ["780E_", "780EG", "780EX", "780E"], publishLimit: 2384,
        dataPublishLimit: 4100, receiveLimit: 1360, lineLimit: nil, hasPrivateAPN: true)

    /// EC718P platform: Air780EP and EPV (limits: vendor guide for V1007; captures 03, 05, 06, 09).
    public static let air780ep = ModuleProfile(
        name: "air780ep", identification: ["780EP"], publishLimit: 4100, dataPublishLimit: 4100, receiveLimit: 4100,
        lineLimit: nil, hasPrivateAPN: true)

    /// RDA8910 platform: Air724UG (limits: vendor list for V1007 names it; tutorial for V409).
    public static let air724ug = ModuleProfile(
        name: "air724ug", identification: ["Air724UG", "724UG"], publishLimit: 4100, dataPublishLimit: 4100,
        receiveLimit: 4100, lineLimit: nil, hasPrivateAPN: false)

    /// Quectel's GSM modules, M26 to MC60: no MQTT client that the bridge could use, sockets as in the Quectel GSM TCP/IP
    /// guide, which holds for all of them. Checked against the guide only. Payloads are those of a socket link: the limit is
    /// the bridge's own.
    public static let quectelGSM = ModuleProfile(
        name: "quectel-gsm", identification: ["Quectel_M", "M26", "M35", "M66", "M95", "MC20", "MC60"],
        publishLimit: 4100, dataPublishLimit: 4100, receiveLimit: 4100, lineLimit: nil, hasPrivateAPN: false,
        hasMQTT: false, socket: .qi, cardNumber: .qccid, restart: .resetByFunction)

    /// Quectel BC260Y-CN, NB-IoT: sockets as in the BC260Y-CN TCP/IP guide. Checked against the guide only.
    public static let bc260y = ModuleProfile(
        name: "bc260y", identification: ["BC260Y"], publishLimit: 4100, dataPublishLimit: 4100, receiveLimit: 4100,
        lineLimit: nil, hasPrivateAPN: false, hasMQTT: false, socket: .bc260y, cardNumber: .qccid,
        restart: .resetByFunction)

    /// All profiles; longer names first, so that `780EP` is not taken for `780E`.
    public static let all: [ModuleProfile] = [.ec716s, .air780ep, .air780e, .air724ug, .bc260y, .quectelGSM]

    /// The profile with the configuration's name.
    public static func named(_ name: String) -> ModuleProfile? { all.first { $0.name == name } }

    /// The profile whose identification text occurs in the answer to `ATI`; `nil` when the module is not known.
    public static func identified(by answer: [UInt8]) -> ModuleProfile? {
        all.first { profile in
            profile.identification.contains { contains(answer, Array($0.utf8)) }
        }
    }

    private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard part.count <= text.count else { return false }
        return (0...(text.count - part.count)).contains { start in
            text[start..<(start + part.count)].elementsEqual(part)
        }
    }
}

extension ATCommand {
    /// `AT+QCCID`: the card's number at Quectel's modules.
    static var qccid: ATCommand { ATCommand(line: Array("AT+QCCID".utf8), prefixes: ["+QCCID"], takesFreeText: true) }

    /// `AT+CFUN=1,1`: a restart as 3GPP TS 27.007 (8.2) has it.
    static var resetByFunction: ATCommand { ATCommand(line: Array("AT+CFUN=1,1".utf8), timeout: .seconds(15)) }
}
