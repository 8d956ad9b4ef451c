import BridgeCore
import BridgeRuntime
import Control
import Outbox

/// What `queue show` and `queue export` print of one message.
struct QueueMessageReport {
    private let message: StoreReader.Message
    /// Unix seconds.
    private let now: Int64

    init(_ message: StoreReader.Message, now: Int64) {
        self.message = message
        self.now = now
    }

    var lines: [String] {
        let head = message.head
        var lines = [
            "\(head.direction == .out ? "out" : "in") \(head.id)", row("topic", readable(head.topic, limit: 1024)),
            row("QoS", "\(message.qos)\(message.retain ? ", retained" : "")"),
        ]
        if head.direction == .out {
            lines.append(row("priority", ["high", "normal", "low"][min(max(head.priority, 0), 2)]))
            let route = head.route ?? -1
            lines.append(row("route", route < 0 ? "none: by pub --queue" : "route[\(route &+ 1)]"))
        }
        lines.append(
            row(
                "accepted",
                "\(LocalTime.text(head.acceptedAt)) (\(QueueListReport.span(from: head.acceptedAt, to: now)) ago)"))
        if let end = head.expiresAt {
            lines.append(row("expires", "\(LocalTime.text(end))\(end <= now ? " (it has)" : "")"))
        }
        if let aside = head.aside {
            lines.append(row("set aside", "until \(LocalTime.text(aside.until))"))
            lines.append(row("", readable(Array(aside.reason.utf8), limit: 200)))
        }
        lines.append(row("payload", "\(message.payload.count) bytes\(isText ? "" : ", not printable: in hex")"))
        return lines + (isText ? textLines : hexLines).map { "    " + $0 }
    }

    var json: JSONValue {
        guard case .object(var members) = QueueListReport.json(message.head) else { return .null }
        members += [
            .init(name: "qos", value: .number(message.qos)), .init(name: "retain", value: .bool(message.retain)),
            .init(name: "payload_base64", value: .text(Base64.encode(message.payload))),
        ]
        return .object(members)
    }

    /// Line ends and tabs are text; what is no UTF-8, or moves a terminal, is none.
    private var isText: Bool {
        let text = String(decoding: message.payload, as: UTF8.self)
        guard text.utf8.elementsEqual(message.payload) else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x09, 0x0A, 0x0D: true
            case 0..<0x20, 0x7F..<0xA0: false
            default: true
            }
        }
    }

    private var textLines: [String] {
        message.payload.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            Console.printable(line.filter { $0 != 0x0D })
        }
    }

    /// `00000010  48 65 6C …  |Hel…|`.
    private var hexLines: [String] {
        stride(from: 0, to: message.payload.count, by: 16).map { start in
            let bytes = message.payload[start..<min(start + 16, message.payload.count)]
            let codes = bytes.map { Self.hex(Int($0), 2) }.joined(separator: " ")
            let letters = String(
                decoding: bytes.map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
            let pad = String(repeating: " ", count: 47 - codes.utf8.count)
            return "\(Self.hex(start, 8))  \(codes)\(pad)  |\(letters)|"
        }
    }

    private static func hex(_ value: Int, _ width: Int) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private func row(_ name: String, _ value: String) -> String {
        "  " + name + String(repeating: " ", count: max(1, 10 - name.utf8.count)) + value
    }
}
