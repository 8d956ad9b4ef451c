import ATProtocol
import ModemCore

/// What the driver of the module was told, or has decided, beside the bytes of the line: what a replay needs to tell it
/// again. One line of text each; no contents of messages.
enum DialogueNote: Equatable {
    /// The driver was started; with the record of an open `AT+MPUBEX`, or of an open send of the socket link.
    case start(dataMode: Int?, send: OpenSend? = nil)
    /// It is to end the session.
    case stop
    /// The port could be opened.
    case portOpened
    /// It could not.
    case portFailed
    /// It went away.
    case portClosed
    /// A message was given to the publisher.
    case publish(topic: [UInt8], qos: Int, retain: Bool, size: Int, encoding: PublishStateMachine.Encoding)
    /// The socket link got a turn on the line while so many bytes waited, and something came of it: `size` bytes to send, or
    /// a command without any.
    case stream(waiting: Int, mayReceive: Bool, isHarmless: Bool, size: Int, isRepeatable: Bool = false)
    /// A connection that was closed has been read empty.
    case streamEnded
    /// MQTT is up over the module's connection.
    case sessionUp
    /// It is not, or no longer.
    case sessionFailed(SessionFailure)
    /// It has said farewell.
    case sessionClosed
    /// A message, or the acknowledgement of one, came over it; so many of the connection's bytes the broker has.
    case delivered(through: Int? = nil)
    /// A command of the control socket had its turn; as a log may show it, with its time-out in seconds.
    case guest(String, seconds: Int64)
    /// The record of an open `AT+MPUBEX` is on disk.
    case dataModeRecorded(Int)
    /// What is known of the module's files is on disk.
    case manifestRecorded(Int)
    /// The hardware reset has ended.
    case resetFinished(Bool)
    /// Messages can be published.
    case online
    /// They cannot.
    case offline

    /// Whether it is what the driver decided, not what it was told.
    var isDecision: Bool { self == .online || self == .offline }

    /// The text of a line.
    var text: String {
        switch self {
        case .start(let bytes, let send):
            if let send {
                "start send=\(send.bytes) written=\(send.isWritten ? 1 : 0) harmless=\(send.isHarmless ? 1 : 0)"
            } else {
                "start\(bytes.map { " data=\($0)" } ?? "")"
            }
        case .stream(let waiting, let mayReceive, let isHarmless, let size, let isRepeatable):
            "stream waiting=\(waiting) receive=\(mayReceive ? 1 : 0) harmless=\(isHarmless ? 1 : 0) bytes=\(size)"
                + (isRepeatable ? " again=1" : "")
        case .streamEnded: "stream ended"
        case .sessionUp: "session up"
        case .sessionFailed(let failure):
            "session failed \(failure.word) \(RecordText.escaped(failure.reason.utf8.prefix(400)))"
        case .sessionClosed: "session closed"
        case .delivered(let through): "delivered\(through.map { " through=\($0)" } ?? "")"
        case .stop: "stop"
        case .portOpened: "port opened"
        case .portFailed: "port failed"
        case .portClosed: "port closed"
        case .publish(let topic, let qos, let retain, let size, let encoding):
            "publish qos=\(qos) retain=\(retain ? 1 : 0) bytes=\(size) as=\(Self.word(encoding)) "
                + "topic=\(RecordText.escaped(topic))"
        case .guest(let line, let seconds): "guest seconds=\(seconds) line=\(RecordText.escaped(line.utf8))"
        case .dataModeRecorded(let bytes): "data recorded \(bytes)"
        case .manifestRecorded(let token): "manifest recorded \(token)"
        case .resetFinished(let isGood): "reset \(isGood ? "done" : "failed")"
        case .online: "online"
        case .offline: "offline"
        }
    }

    private static func word(_ encoding: PublishStateMachine.Encoding) -> String {
        switch encoding {
        case .text: "text"
        case .hex: "hex"
        case .data: "data"
        }
    }

    /// Reads the text of a line; nil for what is for people only.
    init?(_ text: String) {
        let words = text.split(separator: " ")
        func number(_ index: Int) -> Int? { index < words.count ? Int(words[index]) : nil }
        switch (words.first ?? "", words.count > 1 ? words[1] : "") {
        case ("start", let data) where data.hasPrefix("send="):
            guard words.count == 4, let bytes = Self.value("send=", data), (1...65536).contains(bytes),
                let written = Self.value("written=", words[2]), let harmless = Self.value("harmless=", words[3])
            else { return nil }
            self = .start(
                dataMode: nil, send: OpenSend(bytes: bytes, isWritten: written == 1, isHarmless: harmless == 1))
        case ("stream", "ended"): self = .streamEnded
        case ("stream", let waiting):
            guard words.count == 5 || words.count == 6 && words[5] == "again=1",
                let bytes = Self.value("waiting=", waiting), (0...1 << 24).contains(bytes),
                let receive = Self.value("receive=", words[2]), let harmless = Self.value("harmless=", words[3]),
                let size = Self.value("bytes=", words[4]), (0...65536).contains(size)
            else { return nil }
            self = .stream(
                waiting: bytes, mayReceive: receive == 1, isHarmless: harmless == 1, size: size,
                isRepeatable: words.count == 6)
        case ("session", "up"): self = .sessionUp
        case ("session", "failed"):
            let parts = text.split(separator: " ", maxSplits: 3)
            guard parts.count >= 3,
                let reason = RecordText.unescaped(Array((parts.count > 3 ? parts[3] : "").utf8)),
                let failure = SessionFailure(String(parts[2]), String(decoding: reason, as: UTF8.self))
            else { return nil }
            self = .sessionFailed(failure)
        case ("session", "closed"): self = .sessionClosed
        case ("delivered", let through): self = .delivered(through: Self.value("through=", through))
        case ("start", let data):
            self = .start(dataMode: Self.value("data=", data))
        case ("stop", ""): self = .stop
        case ("port", "opened"): self = .portOpened
        case ("port", "failed"): self = .portFailed
        case ("port", "closed"): self = .portClosed
        case ("publish", _):
            guard let publish = Self.publish(text) else { return nil }
            self = publish
        case ("guest", let seconds):
            guard let limit = Self.value("seconds=", seconds), (1...600).contains(limit),
                let line = Self.rest(text, after: " line="), !line.isEmpty, line.count <= ATCommand.rawLimit + 8
            else { return nil }
            self = .guest(String(decoding: line, as: UTF8.self), seconds: Int64(limit))
        case ("data", "recorded"):
            guard let bytes = number(2) else { return nil }
            self = .dataModeRecorded(bytes)
        case ("manifest", "recorded"):
            guard let token = number(2) else { return nil }
            self = .manifestRecorded(token)
        case ("reset", "done"): self = .resetFinished(true)
        case ("reset", "failed"): self = .resetFinished(false)
        case ("online", ""): self = .online
        case ("offline", ""): self = .offline
        default: return nil
        }
    }

    private static func publish(_ text: String) -> DialogueNote? {
        let words = text.split(separator: " ", maxSplits: 5)
        guard words.count == 6, let qos = value("qos=", words[1]), (0...2).contains(qos),
            let retain = value("retain=", words[2]), let size = value("bytes=", words[3]), (0...1 << 20).contains(size),
            let topic = rest(text, after: " topic=")
        else { return nil }
        let encoding: PublishStateMachine.Encoding
        switch words[4] {
        case "as=text": encoding = .text
        case "as=hex": encoding = .hex
        case "as=data": encoding = .data
        default: return nil
        }
        return .publish(topic: topic, qos: qos, retain: retain == 1, size: size, encoding: encoding)
    }

    private static func value(_ name: String, _ word: Substring) -> Int? {
        word.hasPrefix(name) ? Int(word.dropFirst(name.count)) : nil
    }

    private static func rest(_ text: String, after name: String) -> [UInt8]? {
        guard let found = text.firstRange(of: name) else { return nil }
        return RecordText.unescaped(Array(text[found.upperBound...].utf8))
    }
}

extension SessionFailure {
    /// Its kind in a record.
    var word: String {
        switch self {
        case .refused: "refused"
        case .tls: "tls"
        case .silent: "silent"
        case .closed: "closed"
        case .broken: "broken"
        }
    }

    /// From a record.
    init?(_ word: String, _ reason: String) {
        switch word {
        case "refused": self = .refused(reason)
        case "tls": self = .tls(reason)
        case "silent": self = .silent(reason)
        case "closed": self = .closed(reason)
        case "broken": self = .broken(reason)
        default: return nil
        }
    }
}
