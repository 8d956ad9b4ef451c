/// Comparisons of wire bytes with text of our own, without making strings of what a module sent.
extension Sequence<UInt8> {
    /// Whether the bytes are exactly this text.
    func equals(_ text: String) -> Bool {
        elementsEqual(text.utf8)
    }
}

extension Collection<UInt8> {
    /// What follows `text` when the bytes begin with it.
    func dropping(_ text: String) -> SubSequence? {
        starts(with: text.utf8) ? dropFirst(text.utf8.count) : nil
    }
}

extension Collection<UInt8> where SubSequence == Self {
    /// Without leading blanks.
    var withoutLeadingBlanks: Self {
        drop { $0 == 0x20 || $0 == 0x09 }
    }
}

extension BidirectionalCollection<UInt8> {
    /// Without leading and trailing blanks.
    var trimmed: SubSequence {
        var slice = drop { $0 == 0x20 || $0 == 0x09 }
        while let last = slice.last, last == 0x20 || last == 0x09 { slice = slice.dropLast() }
        return slice
    }
}

extension Collection<UInt8> {
    /// The value when all bytes are decimal digits, one to nine of them.
    var decimal: Int? {
        guard !isEmpty, count <= 9 else { return nil }
        var value = 0
        for byte in self {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }
}

extension [UInt8] {
    /// Without the number of a connection in front: `1,SEND OK`, `1, SEND OK` (module-behaviour 11).
    var withoutLink: ArraySlice<UInt8> {
        guard count > 2, self[0] >= 0x30, self[0] <= 0x39, self[1] == 0x2C else { return self[...] }
        return dropFirst(2).withoutLeadingBlanks
    }

    /// Whether this is the text, blanks, a colon and anything.
    func begins(_ text: String) -> Bool {
        guard let rest = dropping(text) else { return false }
        return rest.withoutLeadingBlanks.first == 0x3A
    }

    /// Whether this may be shown as text: no control bytes besides the tab, sound UTF-8.
    var isPlainText: Bool {
        var validator = UTF8Validator()
        for byte in self {
            guard byte >= 0x20 || byte == 0x09, byte != 0x7F, validator.accepts(byte) else { return false }
        }
        return validator.isAtBoundary
    }
}
