import ModuleSimulator

/// The ways to the remote broker that a run can be of.
public enum SoakLink: String, CaseIterable, Sendable {
    /// The module's own MQTT client.
    case mqtt
    /// The socket commands of YM310 AT manual chapter 9; what comes in is pushed.
    case cip
    /// The same, read on request.
    case read
    /// Quectel's GSM modules.
    case qi
    /// Quectel BC260Y-CN.
    case bc260y

    /// What a seed stands for when nobody says otherwise.
    static func of(_ seed: UInt64) -> SoakLink {
        var random = Chance(seed: seed ^ 0x11AC)
        return random.pick(allCases)
    }

    /// Whether it is MQTT of ours over the module's TCP connection.
    var isSocket: Bool { self != .mqtt }

    /// The modules that have it.
    var profiles: [ModuleSimulator.ModuleProfile] {
        switch self {
        case .mqtt, .cip, .read: ModuleSimulator.ModuleProfile.all.filter(\.hasMQTT)
        case .qi: [.quectelGSM]
        case .bc260y: [.bc260y]
        }
    }
}
