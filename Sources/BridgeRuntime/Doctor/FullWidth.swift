import Configuration

/// Full-width and typographic characters where only plain ones can be meant: an input method's quotes, commas and dots
/// look right and are others (Air780E guide, example of CONNECT FAIL).
enum FullWidth {
    /// The first such character of `text`.
    static func first(in text: String) -> Character? {
        text.first { character in
            character.unicodeScalars.contains { scalar in
                switch scalar.value {
                // Full-width ASCII, CJK punctuation, typographic quotes and dashes, no-break and zero-width blanks.
                case 0xFF01...0xFF5E, 0xFFE0...0xFFE6, 0x3000...0x303F, 0x2010...0x2015, 0x2018...0x201F, 0x2026,
                    0x00A0, 0x200B...0x200D, 0xFEFF:
                    true
                default: false
                }
            }
        }
    }

    /// What such characters in these values make likely.
    static func causes(_ values: KeyValuePairs<String, String?>) -> [Cause] {
        values.compactMap { key, value in value.flatMap(first).map { .fullWidth(key, $0) } }
    }
}

extension Configuration {
    /// Values of the APN that look right and are not.
    var apnCauses: [Cause] {
        FullWidth.causes(["[module] apn name": module.apn?.name, "[module] apn username": module.apn?.username])
    }

    /// The same of the broker's name.
    var hostCauses: [Cause] { FullWidth.causes(["[remote] host": remote.host]) }

    /// The same of what the broker is told.
    var sessionCauses: [Cause] {
        FullWidth.causes(["[remote] client_id": remote.clientID, "[remote] username": remote.username])
            + (remote.password.flatMap { FullWidth.first(in: String(decoding: $0, as: UTF8.self)) } == nil
                ? []
                : [
                    Cause(
                        "the password has a full-width or typographic character in it",
                        try: "write the file again with plain characters: [remote] password_file")
                ])
    }
}
