import ATProtocol

/// Unix seconds to dates and back, in the proleptic Gregorian calendar, without a library.
package enum UnixTime {
    /// 2024-01-01: no module of ours can be older than that; a clock before it was never set.
    static let earliest: Int64 = 1_704_067_200

    /// The UTC seconds of a time whose parts are UTC, as those of `+NITZ` are (module-behaviour 2).
    static func seconds(utc time: NetworkTime) -> Int64 {
        days(time.year, time.month, time.day) * 86400 + Int64(time.hour * 3600 + time.minute * 60 + time.second)
    }

    /// The UTC seconds of a time whose parts are local, as those of `+CCLK` are.
    static func seconds(local time: NetworkTime) -> Int64 { seconds(utc: time) - Int64(time.zoneQuarters) * 900 }

    /// The parts, in UTC and with zone 0.
    static func parts(_ seconds: Int64) -> NetworkTime {
        let bounded = min(max(seconds, -62_000_000_000), 250_000_000_000)
        let (day, rest) = (floorDivide(bounded, 86400), Int(bounded - floorDivide(bounded, 86400) * 86400))
        let (year, month, date) = civil(day)
        return NetworkTime(
            year: year, month: month, day: date, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60,
            zoneQuarters: 0)
    }

    /// `2026-03-07 04:05:09 UTC`.
    package static func text(_ seconds: Int64) -> String {
        let time = parts(seconds)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(time.year)-\(two(time.month))-\(two(time.day)) "
            + "\(two(time.hour)):\(two(time.minute)):\(two(time.second)) UTC"
    }

    /// The seconds of an answer to `AT+CCLK?`, in UTC; `nil` for nonsense.
    static func ofClockAnswer(_ result: CommandResult) -> Int64? {
        guard result.isSuccess, let line = result.lines.first, let colon = line.firstIndex(of: 0x3A) else { return nil }
        let text = line[(colon + 1)...].filter { $0 != 0x22 && $0 != 0x20 }
        let sign = text.lastIndex { $0 == 0x2B || $0 == 0x2D }
        let digits = text[..<(sign ?? text.endIndex)]
        let numbers = digits.split(omittingEmptySubsequences: false) { $0 == 0x2F || $0 == 0x2C || $0 == 0x3A }
            .map(number)
        let quarters = sign.map { number(text[($0 + 1)...]) } ?? 0
        guard numbers.count == 6, let year = numbers[0], let month = numbers[1], let day = numbers[2],
            let hour = numbers[3], let minute = numbers[4], let second = numbers[5], let quarters,
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60, quarters <= 96
        else { return nil }
        let isWest = sign.map { text[$0] == 0x2D } ?? false
        return seconds(
            local: NetworkTime(
                year: year < 100 ? year + 2000 : year, month: month, day: day, hour: hour, minute: minute,
                second: second, zoneQuarters: isWest ? -quarters : quarters))
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...4).contains(digits.count), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// Days since 1970-01-01 of a civil date (H. Hinnant, "chrono-compatible low-level date algorithms").
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let shifted = Int64(month <= 2 ? year - 1 : year)
        let era = floorDivide(shifted, 400)
        let ofEra = shifted - era * 400
        let ofYear = (153 * Int64(month + (month > 2 ? -3 : 9)) + 2) / 5 + Int64(day) - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    private static func civil(_ day: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = floorDivide(shifted, 146_097)
        let ofEra = shifted - era * 146_097
        let year = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        let date = ofYear - (153 * month + 2) / 5 + 1
        let civilMonth = month < 10 ? month + 3 : month - 9
        return (Int(year + era * 400) + (civilMonth <= 2 ? 1 : 0), Int(civilMonth), Int(date))
    }

    private static func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        dividend >= 0 ? dividend / divisor : (dividend - divisor + 1) / divisor
    }
}
