import Control

extension MessageFormat {
    /// The line for a message, no line end added. `problem`: what could not be shown, for people.
    func line(_ message: ArrivedMessage) -> (bytes: [UInt8], problem: String?) {
        var line: [UInt8] = []
        var problem: String?
        for part in parts {
            switch part {
            case .bytes(let bytes): line += bytes
            case .time(let letter): line += Array(message.time("%\(letter)").utf8)
            case .nanoseconds: line += Self.nine(message.nanoseconds)
            case .field(.parsedJSON, _):
                do throws(JSONProblem) {
                    line += try json(
                        message, payload: message.payload.isEmpty ? .null : JSONValue(parsing: message.payload))
                } catch {
                    problem = "the payload is no JSON: \(error.text)"
                }
            case .field(let field, let layout): line += bytes(field, layout, message)
            }
        }
        return (line, problem)
    }

    private func bytes(_ field: Field, _ layout: Layout, _ message: ArrivedMessage) -> [UInt8] {
        switch field {
        case .topic: layout.text(message.topic)
        case .payload: layout.payload(message.payload) { [$0] }
        case .lowerHex: layout.payload(message.payload, digits: 2) { Self.hexadecimal($0, "0123456789abcdef") }
        case .upperHex: layout.payload(message.payload, digits: 2) { Self.hexadecimal($0, "0123456789ABCDEF") }
        case .length: layout.number(message.payload.count)
        case .isoTime: layout.text(Array(message.time("%FT%T%z").utf8))
        case .unixTime: Array("\(message.seconds).".utf8) + Self.nine(message.nanoseconds)
        case .json: json(message, payload: Self.value(message.payload))
        case .parsedJSON, .correlation, .userProperties, .responseTopic: []
        case .contentType: Array(repeating: 0x20, count: layout.width)
        case .topicAlias, .expiry, .payloadFormat, .subscriptionID: layout.padding(layout.width)
        }
    }

    private func json(_ message: ArrivedMessage, payload: JSONValue) -> [UInt8] {
        let fraction = String(message.nanoseconds / 1000 + 1_000_000).dropFirst()
        let time = "\(message.time("%FT%T")).\(fraction)Z\(message.time("%z"))"
        let value = JSONValue.members([
            "tst": .text(time), "topic": .text(String(decoding: message.topic, as: UTF8.self)),
            "payloadlen": .number(message.payload.count), "payload": payload,
        ])
        return Array(value.description.utf8)
    }

    /// A text, or the numbers of the bytes, as newer mosquitto_sub does.
    private static func value(_ payload: [UInt8]) -> JSONValue {
        if payload.isEmpty { return .null }
        if let text = ArrivedMessage.text(payload) { return .text(text) }
        return .list(payload.map { .number(Int64($0)) })
    }

    private static func nine(_ nanoseconds: Int) -> [UInt8] {
        Array(String(nanoseconds + 1_000_000_000).utf8.dropFirst())
    }

    private static func hexadecimal(_ byte: UInt8, _ digits: StaticString) -> [UInt8] {
        let all = Array(digits.description.utf8)
        return [all[Int(byte >> 4)], all[Int(byte & 15)]]
    }
}

extension MessageFormat.Layout {
    fileprivate func padding(_ count: Int) -> [UInt8] {
        Array(repeating: isZeroPadded ? UInt8(ascii: "0") : 0x20, count: max(0, count))
    }

    fileprivate func text(_ value: [UInt8]) -> [UInt8] {
        let shown = Array(value.prefix(precision ?? value.count))
        let blanks = [UInt8](repeating: 0x20, count: max(0, width - shown.count))
        return isLeft ? shown + blanks : blanks + shown
    }

    fileprivate func number(_ value: Int) -> [UInt8] {
        let shown = Array(String(value).utf8)
        if isLeft { return shown + Array(repeating: 0x20, count: max(0, width - shown.count)) }
        return padding(width - shown.count) + shown
    }

    /// The payload, cut to the width where there is one. The number of bytes that fit is reckoned as mosquitto_sub does,
    /// which shows only half of what would fit where two digits stand for a byte.
    fileprivate func payload(_ bytes: [UInt8], digits: Int = 1, _ show: (UInt8) -> [UInt8]) -> [UInt8] {
        let count = width > 0 ? min(bytes.count, width) / digits : bytes.count
        let shown = bytes.prefix(count).flatMap(show)
        let missing = width > 0 ? width - shown.count : 0
        if isLeft { return shown + Array(repeating: 0x20, count: max(0, missing)) }
        return padding(missing) + shown
    }
}
