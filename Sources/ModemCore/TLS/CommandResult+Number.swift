import ATProtocol

extension CommandResult {
    /// The number after the colon of the first line: `+FSFSIZE: 10`, `+FSMEM: 1304000 bytes`.
    var firstNumber: Int? {
        guard let line = lines.first, let colon = line.firstIndex(of: 0x3A) else { return nil }
        let digits = line[(colon + 1)...].drop { $0 == 0x20 }.prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard (1...12).contains(digits.count) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
