/// Final results that any command may end with. Only whole lines count: `SEND OK` is none.
enum FinalParser {
    static func parse(_ line: [UInt8]) -> CommandResult.Final? {
        switch line.first {
        case 0x4F: return line.equals("OK") ? .ok : nil
        case 0x45: return line.equals("ERROR") ? .error : nil
        case 0x2B: break
        default: return nil
        }
        // `+CME ERROR: 3`, and `+CME: ERROR 3` as one vendor article has it.
        if let text = errorText(line, "+CME") {
            return .cmeError(code: text.decimal ?? ErrorWords.code(text.trimmed), text: Array(text))
        }
        if let text = errorText(line, "+CMS") {
            return .cmsError(code: text.decimal, text: Array(text))
        }
        return nil
    }

    private static func errorText(_ line: [UInt8], _ prefix: String) -> ArraySlice<UInt8>? {
        guard let rest = line.dropping(prefix)?.drop(while: isSeparator), let text = rest.dropping("ERROR"),
            text.isEmpty || text.first.map(isSeparator) == true
        else { return nil }
        return text.drop(while: isSeparator)
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x3A
    }
}
