import BridgeRuntime

/// `cellbridge man`.
struct ManCommand: Command {
    /// A manual page.
    enum Page: String, CaseIterable {
        case program = "cellbridge"
        case configuration = "cellbridge.toml"
    }

    static let name = "man"
    static let summary = "prints the manual page of the program or of its configuration"
    static let details = "The source, for man(1); `make install` puts both pages where it looks for them."
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge man | man -l -", "cellbridge(1)"),
        ("cellbridge man cellbridge.toml | man -l -", "cellbridge.toml(5)"),
    ]
    static var operands: [CommandOperand<ManCommand>] {
        [
            .optional(
                "PAGE", "cellbridge or cellbridge.toml (cellbridge)", \.page,
                completes: .words(Page.allCases.map(\.rawValue)))
        ]
    }

    static var options: [CommandOption<ManCommand>] { [.dataOnly(\.isQuiet)] }

    var page: String?
    /// It prints nothing else anyway.
    var isQuiet = false

    mutating func validate() throws(UsageProblem) {
        if let page, Page(rawValue: page) == nil {
            throw UsageProblem("\(page): expected \(Page.allCases.map(\.rawValue).joined(separator: " or "))")
        }
    }

    func run() -> ExitCode {
        switch page.flatMap(Page.init) ?? .program {
        case .program: Console.write(ProgramPage.source(CommandLineTool.sheet))
        case .configuration: Console.write(ConfigurationPage.source)
        }
        return .ok
    }
}
