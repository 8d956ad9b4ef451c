/// What the module's MQTT client can carry, as far as single messages go (YM310 AT manual chapter 13).
public struct RemoteLimits: Sendable, Equatable {
    /// The longest topic in bytes.
    public var maximumTopic: Int
    /// The longest payload in bytes.
    public var maximumPayload: Int

    /// Limits; 256 bytes of topic is what all known manuals give.
    public init(maximumTopic: Int = 256, maximumPayload: Int) {
        self.maximumTopic = maximumTopic
        self.maximumPayload = maximumPayload
    }

    /// Why the message cannot be carried: a code for `Refusal.code` and a reason for people; `nil` when it can.
    public func problem(topic: [UInt8], payloadCount: Int) -> (code: String, reason: String)? {
        if let reason = Self.topicProblem(topic, maximum: maximumTopic) { return ("topic", reason) }
        if payloadCount > maximumPayload {
            return ("too-long", "\(payloadCount) bytes is over the module's limit of \(maximumPayload)")
        }
        return nil
    }

    /// Why a remote topic or filter cannot stand in a quoted string of an AT command; `nil` when it can.
    ///
    /// Escapes inside topics are documented nowhere, so the characters that would need one are refused.
    public static func topicProblem(_ topic: [UInt8], maximum: Int = 256) -> String? {
        if topic.count > maximum {
            return "a remote topic of \(topic.count) bytes is over the module's limit of \(maximum)"
        }
        guard let byte = topic.first(where: { $0 < 0x20 || $0 == 0x7F || $0 == quote || $0 == backslash }) else {
            return nil
        }
        switch byte {
        case quote: return "the module cannot carry a \" in a topic"
        case backslash: return "the module cannot carry a \\ in a topic"
        default: return "the module cannot carry the control byte \(byte) in a topic"
        }
    }

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
}
