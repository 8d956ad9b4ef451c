import ATProtocol
import Control

/// What the module answered, whoever asked it.
struct Answer: Equatable {
    /// The lines before the end.
    var lines: [[UInt8]] = []
    /// Whether it ended with `OK` or the like.
    var isSuccess = true
    /// How it ended.
    var final = "OK"

    init(_ lines: [String], _ final: String = "OK") {
        self.lines = lines.map { Array($0.utf8) }
        self.final = final
        isSuccess = final == "OK"
    }

    init(_ result: CommandResult) {
        lines = result.lines
        isSuccess = result.isSuccess
        final = shown(result.final)
    }

    /// The answer to `at` of the control socket.
    init(_ value: JSONValue) {
        lines = value["lines"]?.elements?.compactMap { $0.string.map { Array($0.utf8) } } ?? []
        isSuccess = value["ok"]?.boolean ?? false
        final = value["final"]?.string ?? "ERROR"
    }

    /// The number of a `+CME ERROR`.
    var code: Int? {
        guard final.hasPrefix("+CME ERROR: ") else { return nil }
        return Int(final.dropFirst(12))
    }

    /// The fields of the first line with this prefix.
    func fields(_ prefix: String) -> ResponseFields? {
        lines.lazy.compactMap { ResponseFields(line: $0, prefix: prefix) }.first
    }

    /// What the first line says, without a prefix and quotes; bounded and printable.
    var value: String? {
        guard let line = lines.first else { return nil }
        var text = line[...]
        let letter = text.first.map { $0 == 0x2B || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) } ?? false
        if letter, let colon = text.firstIndex(of: 0x3A) { text = text[(colon + 1)...] }
        while let first = text.first, first == 0x20 || first == 0x22 { text = text.dropFirst() }
        while let last = text.last, last == 0x20 || last == 0x22 { text = text.dropLast() }
        return text.isEmpty ? nil : readable(text)
    }
}

extension ResponseFields {
    /// A field as text; nil when there is none or it is empty.
    func text(_ index: Int) -> String? {
        guard let bytes = bytes(index), !bytes.isEmpty else { return nil }
        return readable(bytes)
    }

    /// A number that may stand in quotes.
    func looseNumber(_ index: Int) -> Int? { number(index) ?? text(index).flatMap { $0.count < 10 ? Int($0) : nil } }
}
