/// What a shell offers for an argument or an operand.
enum Completion: Equatable {
    /// Nothing.
    case nothing
    /// Names of files and folders.
    case files
    /// One of these.
    case words([String])

    /// What the name in help tells: `FILE` and `PATH` are files, `on|off` is one of two words.
    init(_ argument: String) {
        switch argument {
        case "FILE", "PATH", "DIR", "PORT": self = .files
        default:
            let words = argument.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            let areWords = words.count > 1 && words.allSatisfy { !$0.isEmpty && $0 == $0.lowercased() }
            self = areWords ? .words(words) : .nothing
        }
    }
}
