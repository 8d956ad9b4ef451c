/// A flight recorder's contents as the text of a file: what a record looks like is said in docs/troubleshooting.md.
struct FlightRecord: Sendable {
    /// The first line of every record.
    static let firstLine = "# cellbridge dialogue 1"
    /// What of a line that holds a secret may be shown: the name.
    private static let secretNames = [
        "CPIN=", "MCONFIG=", "CGAUTH=", "CPNETAPN=", "CSTT=", "CLCK=", "CPWD=", "QICSGP=", "SAPBR=",
    ].map { Array($0.utf8) }

    /// `key=value` of the header: what a replay needs.
    var settings: [String]
    /// Whether the module carries bytes of a TCP connection, which are hidden.
    var isSocket = false
    /// The events.
    var pieces: [FlightRecorder.Piece]
    /// Whether earlier events are gone.
    var isCut: Bool
    /// Byte strings that must not appear: passwords and the PIN.
    var secrets: [[UInt8]]

    private struct Event {
        var kind: FlightRecorder.Kind
        var time: UInt64
        var range: Range<Int>
        var piece: Int
    }

    /// The file.
    func text(note: String) -> [UInt8] {
        var text = Array("\(Self.firstLine)\n# \(note)\n".utf8)
        for setting in settings { text += Array("# set \(setting)\n".utf8) }
        let began = isCut ? (pieces.first?.isOnline ?? false ? "online" : "offline") : "start"
        text += Array("# set began=\(began)\n".utf8)
        let events = self.events
        let received = masked(events)
        var place = 0
        let start = events.first?.time ?? 0
        for event in events {
            text += Array(Self.milliseconds(event.time &- start).utf8)
            let bytes = pieces[event.piece].bytes[event.range]
            switch event.kind {
            case .sent:
                text += Array(" -> ".utf8)
                RecordText.append(bytes, to: &text)
            case .received:
                text += Array(" <- ".utf8)
                RecordText.append(received[place..<place + bytes.count], to: &text)
                place += bytes.count
            case .note:
                text += Array(" # ".utf8)
                text += bytes.map { $0 >= 0x20 && $0 != 0x7F ? $0 : 0x3F }
            }
            text.append(0x0A)
        }
        return text
    }

    /// `12.345`: milliseconds with microseconds.
    static func milliseconds(_ microseconds: UInt64) -> String {
        let fraction = String(microseconds % 1000)
        return "\(microseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }

    private var events: [Event] {
        var events: [Event] = []
        for (index, piece) in pieces.enumerated() {
            let bytes = piece.bytes
            var place = 0
            while place + 11 <= bytes.count, let kind = FlightRecorder.Kind(rawValue: bytes[place]) {
                let time = bytes[place + 1..<place + 9].reduce(0) { $0 << 8 | UInt64($1) }
                let length = Int(bytes[place + 9]) << 8 | Int(bytes[place + 10])
                events.append(Event(kind: kind, time: time, range: place + 11..<place + 11 + length, piece: index))
                place += 11 + length
            }
        }
        return events
    }

    /// All that was received, in one, secrets replaced by `*`: a module that restarted echoes commands, and a read ends
    /// anywhere.
    private func masked(_ events: [Event]) -> [UInt8] {
        var all: [UInt8] = []
        var mask = PayloadMask()
        // What is left of a frame whose header is gone ends before the next command.
        var isWhole = !isCut
        for event in events {
            let bytes = pieces[event.piece].bytes[event.range]
            switch event.kind {
            case .sent: isWhole = true
            case .note: break
            case .received where !isSocket: all += bytes
            case .received: all += isWhole ? mask.masked(bytes) : bytes.map { _ in 0x78 }
            }
        }
        for name in Self.secretNames {
            Self.each(name, in: all) { found in
                var place = found + name.count
                // An answer (`+CPIN: READY`) has no `=`; an echo goes to the end of its line.
                while place < all.count, all[place] != 0x0D, all[place] != 0x0A {
                    all[place] = 0x2A
                    place += 1
                }
            }
        }
        // Damaged echoes; short ones would be found in every number.
        for secret in secrets where secret.count >= 5 {
            Self.each(secret, in: all) { found in
                for place in found..<found + secret.count { all[place] = 0x2A }
            }
        }
        return all
    }

    private static func each(_ name: [UInt8], in bytes: [UInt8], _ found: (Int) -> Void) {
        guard let first = name.first, bytes.count >= name.count else { return }
        var place = 0
        while place <= bytes.count - name.count {
            if bytes[place] == first, bytes[place..<place + name.count].elementsEqual(name) {
                found(place)
                place += name.count
            } else {
                place += 1
            }
        }
    }
}
