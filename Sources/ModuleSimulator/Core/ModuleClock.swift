/// The module's clock: Unix time and the zone it shows.
struct ModuleClock: Equatable {
    /// 2000-01-01 00:00:00 UTC, where a module starts that nobody has told the time.
    static let epoch: Int64 = 946_684_800

    /// Unix seconds at the simulation's time zero.
    private var base: Int64
    /// Quarters of an hour east of UTC.
    private(set) var zone: Int

    /// Shows `unix` at `now`.
    init(unix: Int64, zone: Int, now: Duration) {
        base = unix - now.components.seconds
        self.zone = zone
    }

    func unix(_ now: Duration) -> Int64 { base + now.components.seconds }

    /// As CCLK shows it: local time and the zone.
    func text(_ now: Duration) -> String {
        CivilTime(unix: unix(now) + Int64(zone) * 900).shortText + Self.text(zone: zone)
    }

    /// `+32`, `-08`.
    static func text(zone: Int) -> String { (zone < 0 ? "-" : "+") + CivilTime.two(abs(zone)) }
}

/// What the clock shows when the module boots; a value of `--clock`.
public enum BootClock: Sendable, Equatable {
    /// The host's time, zone +32.
    case host
    /// 2000-01-01 00:00:00, zone +00.
    case wrong
    /// This Unix time, at every boot, zone +00.
    case time(Int64)

    /// From `host`, `wrong`, Unix seconds, or `2026-06-04T09:04:18Z`.
    public init?(_ text: String) {
        switch text {
        case "host": self = .host
        case "wrong": self = .wrong
        default:
            if let seconds = Int64(text) {
                self = .time(seconds)
                return
            }
            let bytes = Array(text.utf8)
            guard bytes.count == 20, bytes.starts(with: ascii("20")), bytes[10] == UInt8(ascii: "T"),
                bytes[19] == UInt8(ascii: "Z"), let seconds = CivilTime.unix(digitsOf: Array(bytes[2..<19]))
            else { return nil }
            self = .time(seconds)
        }
    }
}

extension CivilTime {
    /// Seconds of `yy/MM/dd,hh:mm:ss`, whatever stands between the numbers; nil when it is no time.
    static func unix(digitsOf text: [UInt8]) -> Int64? {
        guard text.count == 17 else { return nil }
        var fields: [Int] = []
        for start in stride(from: 0, to: 18, by: 3) {
            guard let value = ParsedCommand.Argument(bytes: Array(text[start..<start + 2])).number else { return nil }
            fields.append(value)
        }
        guard (1...12).contains(fields[1]), (1...31).contains(fields[2]), fields[3] < 24, fields[4] < 60,
            fields[5] < 60
        else { return nil }
        // The inverse of `init(unix:)`, with years from 2000.
        let year = 2000 + fields[0] - (fields[1] <= 2 ? 1 : 0)
        let yearOfEra = year % 400
        let dayOfYear = (153 * (fields[1] + (fields[1] > 2 ? -3 : 9)) + 2) / 5 + fields[2] - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = year / 400 * 146_097 + dayOfEra - 719_468
        return Int64(days * 86400 + fields[3] * 3600 + fields[4] * 60 + fields[5])
    }
}
