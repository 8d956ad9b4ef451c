/// The words of `+CME ERROR` that decide something, with their codes (YM310 AT manual 3.13).
///
/// A module prints words instead of numbers after `AT+CMEE=2`, which may have been saved with `AT&W` or be all that a
/// firmware knows.
enum ErrorWords {
    private static let codes: [(words: String, code: Int)] = [
        ("operation not allowed", 3), ("operation not supported", 4), ("sim not inserted", 10),
        ("sim pin required", 11), ("sim puk required", 12), ("sim failure", 13), ("sim busy", 14), ("sim wrong", 15),
        ("incorrect password", 16), ("invalid input value", 765), ("operation failed", 767),
        ("multi cmd too long", 818),
    ]

    /// The code that stands for these words, in whatever case they come.
    static func code(_ text: some Collection<UInt8>) -> Int? {
        codes.first { entry in
            text.count == entry.words.utf8.count
                && zip(text, entry.words.utf8).allSatisfy { ($0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0) == $1 }
        }?.code
    }
}
