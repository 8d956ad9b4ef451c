import CMosquitto

/// A call into libmosquitto that was refused before anything was sent: which one, why, and the library's code.
public struct MosquittoError: Error, Equatable, Sendable, CustomStringConvertible {
    /// libmosquitto's `MOSQ_ERR_` values, an open set.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The C value.
        public let rawValue: Int32
        /// Wraps a C value.
        public init(rawValue: Int32) { self.rawValue = rawValue }
        /// There is no connection that could carry this now; nothing was queued.
        public static let notConnected = Code(rawValue: 4)
        /// An argument that cannot be sent: an empty topic, a wildcard in a topic name, a byte that is not UTF-8.
        public static let invalid = Code(rawValue: 3)
        /// Memory ran out.
        public static let outOfMemory = Code(rawValue: 1)
        /// The broker takes no message of this QoS.
        public static let qosNotSupported = Code(rawValue: 24)
        /// The window is full (`MosquittoClient.window`); ours, not the library's. Nothing was queued.
        public static let windowFull = Code(rawValue: 1000)
        /// The broker takes no packet as large as this.
        public static let tooLarge = Code(rawValue: 25)
    }

    /// The library's code.
    public var code: Code
    /// What was attempted, e.g. `publish`.
    public var operation: String
    /// Why it was refused.
    public var reason: String

    /// An error with the library's own words for `code` unless `reason` says it better.
    public init(_ operation: String, _ code: Code, _ reason: String? = nil) {
        self.operation = operation
        self.code = code
        self.reason = reason ?? libraryText(code.rawValue)
    }

    /// Operation and reason, for a log line.
    public var description: String { "\(operation): \(reason)" }
}

/// libmosquitto's words for one of its own return codes.
func libraryText(_ code: Int32) -> String {
    guard let text = unsafe mosquitto_strerror(code) else { return "error \(code)" }
    let words = unsafe String(cString: text)
    return words.hasSuffix(".") ? String(words.dropLast()) : words
}

/// The words for a reason code of MQTT 5 (128 and above) or a CONNACK return code of MQTT 3.1.1 (1 to 5).
func libraryReason(_ code: Int32) -> String {
    let text = code >= 128 ? unsafe mosquitto_reason_string(code) : unsafe mosquitto_connack_string(code)
    guard let text = unsafe text else { return "reason \(code)" }
    let words = unsafe String(cString: text)
    return words.hasSuffix(".") ? String(words.dropLast()) : words
}
