import ATProtocol
import ModemCore

/// What stands for contents that a record does not have.
extension ControllerReplay {
    /// A payload that goes over the line the same way.
    static func payload(
        _ size: Int, _ encoding: PublishStateMachine.Encoding, _ topic: [UInt8], _ driver: ModuleDriver
    ) -> [UInt8] {
        let text = [UInt8](repeating: 0x78, count: size)
        let binary = [UInt8](repeating: 0, count: size)
        // A text full of quotes can be too long as text.
        let quotes = [UInt8](repeating: 0x22, count: size)
        return [text, binary, quotes].first {
            PublishStateMachine.encoding(of: $0, topic: topic, profile: driver.publisher.profile) == encoding
        } ?? text
    }

    static func visit(_ text: String, _ seconds: Int64) -> Visit {
        let line = Array(text.utf8)
        var command = (try? ATCommand.raw(line)) ?? ATCommand(line: line, takesFreeText: true)
        command.redacted = text
        command.timeout = .seconds(seconds)
        return Visit(command: command) { _ in }
    }
}
