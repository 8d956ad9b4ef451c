@testable import Configuration

/// Any file as a configuration: accepted with routes, or refused with errors that can be printed.
@Sendable func fuzzTOML(_ input: FuzzInput) {
    let text = input.rest
    let loaded = Configuration.parse(
        text: text, file: "c.toml", directory: "/nowhere", readSecrets: false, support: .all, hostName: "box")
    let problems: [Problem]
    switch loaded {
    case .valid(let configuration, let warnings):
        require((1...256).contains(configuration.routes.count), "\(configuration.routes.count) routes")
        require(!configuration.remote.host.isEmpty, "no host")
        require(warnings.allSatisfy { $0.severity == .warning }, "an error in what is valid")
        problems = warnings
    case .invalid(let errors):
        require(errors.contains { $0.severity == .error }, "refused without an error")
        problems = errors
    }
    require(problems.count <= 101, "\(problems.count) problems")
    let lines = 1 + text.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
    for problem in problems {
        require((0...lines).contains(problem.line), "line \(problem.line) of \(lines): \(problem)")
        require(problem.description.utf8.count < 4000, "a message of \(problem.description.utf8.count) bytes")
        let isPlain = problem.description.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        require(isPlain, "a control character in \(problem.description)")
    }
}
