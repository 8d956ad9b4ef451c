/// Durations and sizes as people write them: a number, an optional blank, a unit.
package enum Quantities {
    static let durationExpectation = "a duration such as \"10 s\", \"200 ms\", \"5 min\", \"6 h\" or \"1 d\""
    static let sizeExpectation = "a size such as \"64 MiB\", \"500 kB\" or a number of bytes"

    /// nil when it is no duration, or over 100 years.
    package static func duration(_ text: String) -> Duration? {
        guard let (thousandths, unit) = split(text) else { return nil }
        let milliseconds: Int64
        switch unit {
        case "ms": milliseconds = 1
        case "s": milliseconds = 1000
        case "m", "min": milliseconds = 60_000
        case "h": milliseconds = 3_600_000
        case "d": milliseconds = 86_400_000
        default: return nil
        }
        let (microseconds, overflow) = thousandths.multipliedReportingOverflow(by: milliseconds)
        guard !overflow, microseconds <= 3_155_760_000_000_000 else { return nil }
        return .microseconds(microseconds)
    }

    /// In bytes; nil when it is no size, not a whole number of bytes, or over 8 EiB.
    static func size(_ text: String) -> Int64? {
        guard let (thousandths, unit) = split(text) else { return nil }
        let factor: Int64
        switch unit {
        case "B": factor = 1
        case "kB", "KB": factor = 1000
        case "KiB": factor = 1 << 10
        case "MB": factor = 1_000_000
        case "MiB": factor = 1 << 20
        case "GB": factor = 1_000_000_000
        case "GiB": factor = 1 << 30
        default: return nil
        }
        let (product, overflow) = thousandths.multipliedReportingOverflow(by: factor)
        guard !overflow, product % 1000 == 0 else { return nil }
        return product / 1000
    }

    /// The number in thousandths (up to three decimals) and the unit. No sign, no exponent.
    private static func split(_ text: String) -> (Int64, String)? {
        let bytes = Array(text.utf8)
        let digit = UInt8(ascii: "0")...UInt8(ascii: "9")
        var index = 0
        var value: Int64 = 0
        func take(_ byte: UInt8) -> Bool {
            let (tenfold, over) = value.multipliedReportingOverflow(by: 10)
            let (sum, overAgain) = tenfold.addingReportingOverflow(Int64(byte - digit.lowerBound))
            value = sum
            return !over && !overAgain
        }
        while index < bytes.count, digit.contains(bytes[index]) {
            guard take(bytes[index]) else { return nil }
            index += 1
        }
        guard index > 0 else { return nil }
        var decimals = 0
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            while index < bytes.count, digit.contains(bytes[index]) {
                decimals += 1
                guard decimals <= 3, take(bytes[index]) else { return nil }
                index += 1
            }
            guard decimals > 0 else { return nil }
        }
        while decimals < 3 {
            guard take(digit.lowerBound) else { return nil }
            decimals += 1
        }
        while index < bytes.count, bytes[index] == UInt8(ascii: " ") { index += 1 }
        return (value, String(decoding: bytes[index...], as: UTF8.self))
    }
}

extension Duration {
    /// Shortest exact form in the units of the configuration file: "200 ms", "10 s", "6 h".
    package var text: String {
        let (seconds, attoseconds) = components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        if milliseconds != 0 { return "\(seconds * 1000 + milliseconds) ms" }
        if seconds == 0 { return "0 s" }
        if seconds % 86_400 == 0 { return "\(seconds / 86_400) d" }
        if seconds % 3600 == 0 { return "\(seconds / 3600) h" }
        if seconds % 60 == 0 { return "\(seconds / 60) min" }
        return "\(seconds) s"
    }
}
