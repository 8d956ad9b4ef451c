import ATProtocol
import ModemCore

/// What the driver tells those who watch, beside what is read.
extension ModuleDriver {
    /// For a record: what happened beside the line.
    func note(_ note: @autoclosure () -> DialogueNote) {
        if let onDialogue { onDialogue(.note(note())) }
    }

    /// For a record: a message goes to the publisher.
    func note(_ message: PublishStateMachine.Message) {
        note(
            .publish(
                topic: message.topic, qos: message.qos, retain: message.retain, size: message.payload.count,
                encoding: PublishStateMachine.encoding(
                    of: message.payload, topic: message.topic, profile: publisher.profile) ?? .data))
    }

    /// Bytes that no command of `submit` stands for.
    func tellSent(_ bytes: [UInt8]) {
        onDialogue?(.sent(readable(bytes.filter { $0 >= 0x20 }), bytes: bytes.count))
    }
}
