import BridgeRuntime

/// `cellbridge completion`.
struct CompletionCommand: Command {
    /// A shell that completes.
    enum Shell: String, CaseIterable {
        case bash
        case zsh
        case fish
    }

    static let name = "completion"
    static let summary = "prints the completion for bash, zsh or fish"
    static let details = "`make install` puts all three where the shells look for them."
    static let examples: [(line: String, meaning: String)] = [
        ("source <(cellbridge completion bash)", "in this shell; zsh the same way"),
        ("cellbridge completion fish | source", "in this fish"),
    ]
    static var operands: [CommandOperand<CompletionCommand>] {
        [
            .value(
                "SHELL", "bash, zsh or fish", \.shell, expected: "bash, zsh or fish",
                completes: .words(Shell.allCases.map(\.rawValue)), Shell.init)
        ]
    }

    static var options: [CommandOption<CompletionCommand>] { [.dataOnly(\.isQuiet)] }

    var shell = Shell.bash
    /// It prints nothing else anyway.
    var isQuiet = false

    func run() -> ExitCode {
        switch shell {
        case .bash: Console.write(BashCompletion.script(CommandLineTool.sheet))
        case .zsh: Console.write(ZshCompletion.script(CommandLineTool.sheet))
        case .fish: Console.write(FishCompletion.script(CommandLineTool.sheet))
        }
        return .ok
    }
}
