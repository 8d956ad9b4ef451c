/// How a command ended, and what it answered.
public struct CommandResult: Equatable, Sendable {
    /// The lines that belong to the command, without line ends and outer blanks.
    public var lines: [[UInt8]]
    /// How it ended.
    public var final: Final

    /// A result.
    public init(lines: [[UInt8]] = [], final: Final) {
        self.lines = lines
        self.final = final
    }

    /// How a command ended.
    public enum Final: Equatable, Sendable {
        /// `OK`; also the bare address of CIFSR.
        case ok
        /// A line that the command declared as its good end, `SHUT OK`.
        case text([UInt8])
        /// Bare `ERROR`, or a line that the command declared as its bad end.
        case error
        /// `+CME ERROR: …`; the code when it was a number or words that stand for one. 767 is the catch-all "operation failed".
        case cmeError(code: Int?, text: [UInt8])
        /// `+CMS ERROR: …`.
        case cmsError(code: Int?, text: [UInt8])
        /// No final within the command's time. The session resynchronises by itself; nothing is known about the effect.
        case timedOut
        /// The port went away under it.
        case portLost
        /// Data mode was asked for and no prompt came in time. None of the data was written.
        case noPrompt
    }

    /// Whether the module accepted the command.
    public var isSuccess: Bool { final.isGood }

    /// How many bytes the module took, by `DATA ACCEPT:n`, or `DATA ACCEPT:0,n` of a connection with a number; `nil` for
    /// any other end, also for `SEND OK`. YM310 AT manual 9.11.
    public var acceptedBytes: Int? {
        guard case .text(let line) = final, line.starts(with: "DATA".utf8),
            let colon = line.firstIndex(of: 0x3A)
        else { return nil }
        return line[(colon + 1)...].split(separator: 0x2C, omittingEmptySubsequences: false).last?.trimmed.decimal
    }

    /// The code of a `+CME ERROR`.
    public var cmeCode: Int? {
        if case .cmeError(let code, _) = final { code } else { nil }
    }
}

extension CommandResult.Final {
    /// Whether it is a good end.
    var isGood: Bool {
        switch self {
        case .ok, .text: true
        case .error, .cmeError, .cmsError, .timedOut, .portLost, .noPrompt: false
        }
    }
}

extension CommandResult.Final: CustomStringConvertible {
    /// What a log calls it: the words of the module, printable ASCII only, at most 80 bytes.
    public var description: String {
        switch self {
        case .ok: "OK"
        case .text(let text): Self.readable(text)
        case .error: "ERROR"
        case .cmeError(_, let text): "+CME ERROR: \(Self.readable(text))"
        case .cmsError(_, let text): "+CMS ERROR: \(Self.readable(text))"
        case .timedOut: "nothing in time"
        case .portLost: "nothing: the port went away"
        case .noPrompt: "nothing: no prompt came"
        }
    }

    private static func readable(_ text: [UInt8]) -> String {
        String(decoding: text.prefix(80).map { $0 >= 0x20 && $0 < 0x7F ? $0 : 0x3F }, as: UTF8.self)
    }
}
