/// A recorded dialogue with a module: a flight record, one of `console --record`, the simulator's transcript, or a
/// posting of what went over a line.
package struct DialogueRecord: Equatable, Sendable {
    /// Bytes of a file.
    package static let limit = 16 << 20
    /// Events of a file.
    static let eventLimit = 1 << 20
    /// What one time may be at most: 30 days.
    static let timeLimit: Duration = .seconds(30 * 86400)

    /// What happened.
    package enum Event: Equatable, Sendable {
        /// A command of ours, perhaps redacted.
        case sent([UInt8])
        /// Bytes of the module.
        case received([UInt8])
        /// Anything else.
        case note(String)
    }

    /// One event.
    package struct Entry: Equatable, Sendable {
        /// Since the record began.
        package var at: Duration
        /// The line of the file.
        package var line: Int
        /// What happened.
        package var event: Event
    }

    /// Where a file is wrong.
    package struct Problem: Error, Equatable {
        /// Counted from 1.
        package var line: Int
        /// What is wrong.
        package var text: String
    }

    /// `key=value` of the header.
    package private(set) var settings: [String: String] = [:]
    /// What happened, in order.
    package private(set) var entries: [Entry] = []
    /// Whether times are those of the record; a posting has none.
    package private(set) var hasTimes = true

    private enum Form { case own, transcript, posting }

    /// Reads a file.
    package init(_ bytes: [UInt8]) throws(Problem) {
        guard bytes.count <= Self.limit else { throw Problem(line: 1, text: "the file is over \(Self.limit) bytes") }
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        let form = try Self.form(lines)
        hasTimes = form != .posting
        for (index, raw) in lines.enumerated() {
            let line = raw.last == 0x0D ? raw.dropLast() : raw
            switch form {
            case .own, .transcript: try timed(line, number: index + 1, form)
            case .posting: posted(line, number: index + 1)
            }
            guard entries.count <= Self.eventLimit else {
                throw Problem(line: index + 1, text: "over \(Self.eventLimit) events")
            }
        }
        guard let first = entries.first else { throw Problem(line: 1, text: "nothing is recorded in it") }
        for index in entries.indices { entries[index].at -= first.at }
    }

    private static func form(_ lines: [ArraySlice<UInt8>]) throws(Problem) -> Form {
        let start = Array("# cellbridge dialogue ".utf8)
        if let first = lines.first, first.starts(with: start) {
            guard first.elementsEqual(FlightRecord.firstLine.utf8) else {
                throw Problem(line: 1, text: "a record of another release: this one reads version 1")
            }
            return .own
        }
        guard let first = lines.first(where: { !$0.isEmpty && $0.first != 0x23 }) else {
            throw Problem(line: 1, text: "no record: it is empty")
        }
        if time(first) != nil { return .transcript }
        if first.starts(with: "AT".utf8) || first.first == 0x2B || first.first == 0x5E { return .posting }
        throw Problem(line: 1, text: "no record: the first line is `\(FlightRecord.firstLine)`")
    }

    /// `12.345 rest`.
    private static func time(_ line: ArraySlice<UInt8>) -> (at: Duration, rest: ArraySlice<UInt8>)? {
        guard let blank = line.prefix(24).firstIndex(of: 0x20) else { return nil }
        let parts = line[..<blank].split(separator: 0x2E, maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = Self.number(parts[0]), whole < 1 << 50 else { return nil }
        var fraction: Int64 = 0
        if parts.count > 1 {
            guard parts[1].count <= 3, let digits = Self.number(parts[1]) else { return nil }
            fraction = digits * [1000, 100, 10, 1][parts[1].count]
        }
        return (.microseconds(whole * 1000 + fraction), line[(blank + 1)...])
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard !digits.isEmpty, digits.count <= 18 else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            value = value * 10 + Int64(digit - 0x30)
        }
        return value
    }

    private mutating func timed(_ line: ArraySlice<UInt8>, number: Int, _ form: Form) throws(Problem) {
        guard !line.isEmpty else { return }
        if line.first == 0x23 {
            if line.starts(with: "# set ".utf8), let equal = line.firstIndex(of: 0x3D) {
                let key = String(decoding: line[(line.startIndex + 6)..<equal], as: UTF8.self)
                settings[key] = String(decoding: line[(equal + 1)...], as: UTF8.self)
            }
            return
        }
        guard let (at, rest) = Self.time(line) else {
            throw Problem(line: number, text: "expected milliseconds, then `->`, `<-` or `#`")
        }
        if let first = entries.first, at - first.at > Self.timeLimit || at < first.at {
            throw Problem(line: number, text: "the time is before the first one, or 30 days later")
        }
        if let last = entries.last, at < last.at {
            throw Problem(line: number, text: "the time is before that of the line above")
        }
        let text = rest.dropFirst(3)
        let event: Event
        if rest.starts(with: "-> ".utf8) {
            guard let bytes = RecordText.unescaped(text) else { throw Self.badEscape(number) }
            let isData = form == .transcript && text.suffix(11).elementsEqual(" data bytes".utf8)
            event = isData ? .note(String(decoding: rest, as: UTF8.self)) : .sent(bytes)
        } else if rest.starts(with: "<- ".utf8) {
            if form == .transcript, text.last == 0x29, String(decoding: text, as: UTF8.self).hasSuffix("no reader)") {
                return
            }
            guard let bytes = RecordText.unescaped(text) else { throw Self.badEscape(number) }
            event = .received(bytes)
        } else if form == .transcript {
            event = .note(String(decoding: rest, as: UTF8.self))
        } else if rest.starts(with: "# ".utf8) {
            event = .note(String(decoding: rest.dropFirst(2), as: UTF8.self))
        } else {
            throw Problem(line: number, text: "expected `->`, `<-` or `#` after the time")
        }
        entries.append(Entry(at: at, line: number, event: event))
    }

    private static func badEscape(_ line: Int) -> Problem {
        Problem(line: line, text: "`\\` must be followed by two hexadecimal digits")
    }

    /// A posting has neither times nor ends of lines: what begins with AT was sent.
    private mutating func posted(_ line: ArraySlice<UInt8>, number: Int) {
        guard line.first != 0x23, !line.isEmpty else { return }
        let at = (entries.last?.at ?? .zero) + .milliseconds(20)
        if line.starts(with: "AT".utf8) {
            entries.append(Entry(at: at, line: number, event: .sent(Array(line))))
        } else {
            entries.append(Entry(at: at, line: number, event: .received(Array(line) + [0x0D, 0x0A])))
        }
    }
}
