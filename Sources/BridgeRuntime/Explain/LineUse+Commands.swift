import ATProtocol
import BridgeCore
import ModemCore

extension LineUse {
    private static let lineEnd = 2
    /// `OK` between line ends.
    private static let ok = 6
    /// `PUBACK` and `PUBREC` likewise; `PUBCOMP` has one more.
    private static let acknowledgement = 10
    /// Line end and `>`.
    private static let prompt = 3
    /// `AT+MQTTMODE=1`, its line end and `OK`.
    private static let modeSwitch = ATCommand.mqttMode(1).line.count + lineEnd + ok

    /// A publish with the commands that the link uses (YM310 AT manual 13.4, 13.5).
    init(
        publishing payload: [UInt8], _ forward: OutboundForward, _ encoding: PublishStateMachine.Encoding,
        profile: ModuleProfile, baud: Int
    ) throws(ATEncodingError) {
        let command =
            switch encoding {
            case .text:
                try ATCommand.mpubText(
                    topic: forward.topic, qos: forward.qos, retain: forward.retain, payload: payload)
            case .hex:
                try ATCommand.mpubHex(
                    topic: forward.topic, qos: forward.qos, retain: forward.retain, payload: payload)
            case .data:
                try ATCommand.mpubex(topic: forward.topic, qos: forward.qos, retain: forward.retain, data: payload)
            }
        let outcomes = [0, Self.acknowledgement, 2 * Self.acknowledgement + 1]
        self.init(
            encoding: encoding, profile: profile.name,
            sent: command.line.count + Self.lineEnd + (command.data?.count ?? 0),
            received: Self.ok + outcomes[min(max(forward.qos, 0), 2)] + (command.data == nil ? 0 : Self.prompt),
            modeSwitch: payload.isEmpty ? 0 : Self.modeSwitch, baud: baud)
    }

    /// A `+MSUB` as the modules spell it (YM310 AT manual 13.6, 13.8); `count` bytes of payload, `topic` of topic.
    init(receiving count: Int, topic: Int, isCached: Bool, profile: ModuleProfile, baud: Int) {
        let message = "+MSUB: \"\",\(count) byte,".utf8.count + topic + count + 2 * Self.lineEnd
        let notice = "+MSUB: 0".utf8.count + 2 * Self.lineEnd
        self.init(
            encoding: nil, profile: profile.name,
            sent: isCached ? ATCommand.mqttMessageGet.line.count + Self.lineEnd : 0,
            received: message + (isCached ? notice + Self.ok : 0), modeSwitch: 0, baud: baud)
    }
}
