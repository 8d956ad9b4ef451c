extension MosquittoClient {
    /// What the broker has said about itself in its CONNACK (MQTT 5 section 3.2.2.3). What it left out has the
    /// protocol's default; a 3.1.1 connection has all defaults.
    public struct Limits: Sendable, Equatable {
        /// How many of our publishes above QoS 0 it takes without having acknowledged them.
        public var receiveMaximum = 65535
        /// The highest QoS it takes: 0, 1 or 2.
        public var maximumQoS = 2
        /// Whether it keeps retained messages; without it the library clears the flag.
        public var retainAvailable = true
        /// The largest packet it takes, in bytes; `nil`: no limit but the protocol's.
        public var maximumPacketSize: Int?
        /// The keep-alive it wants instead of ours, in seconds; the library uses it.
        public var serverKeepalive: Int?
        /// For how many seconds it keeps the session when that is not what was asked for.
        public var sessionExpiry: UInt32?
        /// Whether filters may have wildcards.
        public var wildcardSubscriptions = true
        /// Whether subscriptions may have identifiers.
        public var subscriptionIdentifiers = true
        /// Whether there are shared subscriptions.
        public var sharedSubscriptions = true

        /// The protocol's defaults.
        public init() {}
    }

    /// How many publishes above QoS 0 may be without a `published`: `Options.window`, or fewer when the broker takes
    /// fewer. `Int.max` without a window: nobody counts.
    public var window: Int { options.window.map { min($0, limits.receiveMaximum) } ?? .max }

    /// How many more publishes above QoS 0 are taken now.
    public var freeWindow: Int { isConnected ? max(0, window - unacknowledged.count) : 0 }

    /// Whether the socket has not taken everything yet. QoS 0 has no window: what keeps memory bounded is to publish
    /// only while this is false.
    public var hasUnwritten: Bool { handle?.wantsWrite ?? false }

    /// The words for a reason code of MQTT 5 (section 2.4), with what it means for a bridge where that helps.
    public static func reasonText(_ code: Int32) -> String {
        let name = code < 128 ? "reason \(code)" : libraryReason(code)
        return (names[code] ?? name) + (advice[code].map { " (\($0))" } ?? "")
    }

    private static let names: [Int32: String] = [
        0: "success", 1: "granted QoS 1", 2: "granted QoS 2", 4: "disconnected with will", 16: "no subscribers",
        17: "no such subscription", 24: "authentication goes on", 25: "authenticate again",
    ]

    private static let advice: [Int32: String] = [
        133: "the broker does not take this client_id",
        134: "see username and password_file",
        135: "the broker's access list forbids it",
        137: "it has too many clients now",
        138: "this client is banned",
        141: "nothing of ours arrived in time",
        142: "another client came with the same client_id; each bridge needs its own",
        147: "it takes fewer messages at once; see window",
        149: "the message is larger than the broker takes",
        150: "we send too fast for it",
        151: "a limit of the account or broker is reached",
        152: "somebody at the broker ended it",
        155: "it takes no messages of this QoS",
        156: "it is to be reached elsewhere for now; see host",
        157: "it has moved; see host",
        159: "too many connections in a short time",
    ]
}
