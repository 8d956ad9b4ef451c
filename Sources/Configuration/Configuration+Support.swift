extension Configuration {
    /// What a release acts on of the keys that every release accepts.
    public struct Support: OptionSet, Sendable {
        /// The bits.
        public let rawValue: Int
        /// Wraps the bits.
        public init(rawValue: Int) { self.rawValue = rawValue }

        /// `remote.tls`; without it the key is an error: a plain connection in its place is never made.
        public static let remoteTLS = Support(rawValue: 1)
        /// The profiles `quectel-gsm` and `bc260y`; without it they are an error.
        public static let modulesWithoutMQTT = Support(rawValue: 2)
        /// `remote.heartbeat`; without it a warning when written.
        public static let heartbeat = Support(rawValue: 4)
        /// `control.socket`; without it a warning when written.
        public static let controlSocket = Support(rawValue: 8)
        /// `module.reset.gpio`; without it a warning when written.
        public static let resetGPIO = Support(rawValue: 16)

        /// What this release does.
        public static let current: Support = [remoteTLS, modulesWithoutMQTT, heartbeat, controlSocket, resetGPIO]
        /// Everything product and files know.
        public static let all: Support = [remoteTLS, modulesWithoutMQTT, heartbeat, controlSocket, resetGPIO]

        fileprivate static let keys: [(support: Support, key: String)] = [
            (.resetGPIO, "module.reset.gpio"), (.modulesWithoutMQTT, "module.profile = \"quectel-gsm\""),
            (.modulesWithoutMQTT, "module.profile = \"bc260y\""), (.remoteTLS, "remote.tls"),
            (.heartbeat, "remote.heartbeat"), (.controlSocket, "control.socket"),
        ]
    }

    /// The keys that are accepted but that this release does not act on.
    public static var keysNotActedOn: [String] {
        Support.keys.filter { !Support.current.contains($0.support) }.map(\.key)
    }
}
