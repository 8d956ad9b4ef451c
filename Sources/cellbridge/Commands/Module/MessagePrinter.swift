import BridgeCore
import Control

/// How `sub` and `rr` show messages, with the flags and the bytes of mosquitto_sub.
struct MessagePrinter {
    /// `-F`.
    var format: MessageFormat?
    /// `-v`: the topic before the payload.
    var showsTopic = false
    /// `-N`: no line end.
    var omitsLineEnd = false

    /// What a message looks like; nothing for an empty payload alone, as with mosquitto_sub.
    func bytes(_ message: ArrivedMessage, asJSON: Bool = false) -> [UInt8] {
        let end: [UInt8] = omitsLineEnd ? [] : [0x0A]
        if asJSON { return Array(message.json.description.utf8) + [0x0A] }
        if let format {
            let (line, problem) = format.line(message)
            if let problem { Console.error("\(Console.printable(message.topic)): \(problem)") }
            return line + end
        }
        if showsTopic {
            guard message.payload.isEmpty else { return message.topic + [0x20] + message.payload + end }
            return omitsLineEnd ? [] : message.topic + Array(" (null)\n".utf8)
        }
        return message.payload.isEmpty ? [] : message.payload + end
    }
}

extension Array {
    /// `-v`, `-F`, `-N`.
    static func printer<Target>(_ place: WritableKeyPath<Target, MessagePrinter>) -> [Element]
    where Element == CommandOption<Target> {
        [
            .flag("verbose", "v", "show \"TOPIC PAYLOAD\" instead of the payload alone") {
                $0[keyPath: place].showsTopic = true
            },
            CommandOption(
                name: "format", letter: "F", argument: "FORMAT",
                help: "show messages so, with mosquitto_sub's %, @ and \\"
            ) { (target, text) throws(UsageProblem) in target[keyPath: place].format = try MessageFormat(text) },
            .flag("no-line-end", "N", "no line end after a message") { $0[keyPath: place].omitsLineEnd = true },
        ]
    }
}
