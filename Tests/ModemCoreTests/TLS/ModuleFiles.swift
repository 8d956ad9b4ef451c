import ATProtocol
import ModemCore

/// The file system of a module, as the manual has it: what commands did to it, and what it answers.
struct ModuleFiles {
    var contents: [String: [UInt8]] = [:]
    var spelling = ATCommand.FileSizeSpelling.fsfsize
    /// Room for all files together.
    var room = 100_000
    /// Every write, by name.
    private(set) var writes: [String] = []

    var used: Int { contents.values.map(\.count).reduce(0, +) }

    /// What it answers; `nil` when it is no command about files.
    func answer(_ command: ATCommand) -> CommandResult? {
        let name = Self.name(command)
        switch Self.verb(command) {
        case "FSDEL": return contents[name] == nil ? CommandResult(final: .error) : GoodModule.ok
        case "FSCREATE": return contents[name] == nil ? GoodModule.ok : CommandResult(final: .error)
        case "FSWRITE":
            let isFull = used + (command.data ?? []).count > room
            return contents[name] == nil || isFull ? CommandResult(final: .error) : GoodModule.ok
        case "FSFSIZE", "FSFLSIZE":
            guard Self.verb(command) == (spelling == .fsfsize ? "FSFSIZE" : "FSFLSIZE"), let file = contents[name]
            else {
                return CommandResult(final: .error)
            }
            return GoodModule.answer("+\(Self.verb(command)): \(file.count)")
        case "FSMEM": return GoodModule.answer("+FSMEM: \(room - used) bytes")
        default: return nil
        }
    }

    /// The effect of a command, when it was answered well.
    mutating func took(_ command: ATCommand, _ result: CommandResult) {
        guard result.isSuccess else { return }
        let name = Self.name(command)
        switch Self.verb(command) {
        case "FSDEL": contents[name] = nil
        case "FSCREATE": contents[name] = contents[name] ?? []
        case "FSWRITE":
            // Mode 0 writes from the beginning and leaves what lies behind.
            let data = command.data ?? []
            contents[name] = data + (contents[name] ?? []).dropFirst(data.count)
            writes.append(name)
        default: break
        }
    }

    static func verb(_ command: ATCommand) -> String {
        String(command.text.dropFirst(3).prefix { $0.isLetter })
    }

    static func name(_ command: ATCommand) -> String {
        String(command.text.split(separator: "\"", omittingEmptySubsequences: false).dropFirst().first ?? "")
    }
}

extension TLSFile {
    /// A file whose contents begin with a word, with a digest to match.
    static func sample(_ word: String, size: Int = 100) -> TLSFile {
        let contents = Array(word.utf8) + [UInt8](repeating: 0x2E, count: max(0, size - word.utf8.count))
        return TLSFile(contents: contents, digest: Array((word + "-digest-of-the-file").utf8))
    }
}
