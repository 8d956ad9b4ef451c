/// Numbers as text, with a fixed number of digits after the point.
func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "?" }
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let whole = Int((abs(value) * Double(scale)).rounded())
    let sign = value < 0 && whole > 0 ? "-" : ""
    guard digits > 0 else { return sign + String(whole) }
    let fraction = String(whole % scale)
    return sign + String(whole / scale) + "." + String(repeating: "0", count: digits - fraction.count) + fraction
}

/// A rate with about three significant digits.
func rate(_ value: Double) -> String { fixed(value, value < 10 ? 2 : value < 1000 ? 1 : 0) }

/// A share in percent.
func percent(_ value: Double) -> String { fixed(value * 100, 1) + " %" }

extension Duration {
    /// As a fraction.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension [Double] {
    /// The value below which `share` of the values lie; 0 without values.
    func percentile(_ share: Double) -> Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        return sorted[Swift.min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.down)))]
    }

    /// The middle value; 0 without values.
    var median: Double { percentile(0.5) }
}
