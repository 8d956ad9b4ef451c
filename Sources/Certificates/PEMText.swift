/// What the text of a PEM file says about itself.
enum PEMText {
    /// The words between `-----BEGIN ` and `-----`, at most 64 of them.
    static func labels(_ bytes: [UInt8]) -> [String] {
        bytes.split { $0 == 0x0A || $0 == 0x0D }.lazy
            .filter { $0.starts(with: "-----BEGIN ".utf8) }
            .prefix(64)
            .map { String(decoding: $0.dropFirst(11).prefix { $0 != 0x2D }, as: UTF8.self) }
    }

    /// Blocks whose label ends with `word`, all of them: a file of authorities may have hundreds.
    static func count(_ bytes: [UInt8], endingWith word: String) -> Int {
        bytes.split { $0 == 0x0A || $0 == 0x0D }.lazy
            .filter {
                $0.starts(with: "-----BEGIN ".utf8)
                    && $0.prefix(80).dropFirst(11).prefix { $0 != 0x2D }.reversed().starts(with: word.utf8.reversed())
            }
            .count
    }

    /// What a file without the wanted block is instead.
    static func guess(_ bytes: [UInt8]) -> String? {
        if let label = labels(bytes).first { return "a \(label.lowercased())" }
        // DER begins with a sequence of two length bytes.
        return bytes.starts(with: [0x30, 0x82]) ? "DER" : nil
    }

    static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        bytes.split { $0 == 0x0A || $0 == 0x0D }.contains { $0.starts(with: text.utf8) }
    }
}
