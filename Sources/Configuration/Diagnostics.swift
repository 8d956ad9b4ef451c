/// Collects what is wrong with one file. The file may be hostile: what is kept is bounded.
final class Diagnostics {
    let file: String
    private var problems: [Problem] = []
    private var left = 0
    private static let limit = 100

    init(file: String) { self.file = file }

    /// Whether more problems would only be counted.
    var isFull: Bool { problems.count >= Self.limit }

    func report(_ severity: Problem.Severity, _ node: TOMLNode?, _ key: String, _ message: String) {
        // A warning never takes the place of an error.
        guard !isFull else {
            left += 1
            if severity == .error, let place = problems.lastIndex(where: { $0.severity == .warning }) {
                problems.remove(at: place)
            } else {
                return
            }
            add(severity, node, key, message)
            return
        }
        add(severity, node, key, message)
    }

    private func add(_ severity: Problem.Severity, _ node: TOMLNode?, _ key: String, _ message: String) {
        problems.append(
            Problem(
                file: file, line: node?.line ?? 1, column: node?.column ?? 1, key: String(key.prefix(200)),
                message: message, severity: severity))
    }

    /// In the order of the file, errors and warnings apart.
    func finish() -> (errors: [Problem], warnings: [Problem]) {
        problems = problems.enumerated()
            .sorted {
                ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
            }
            .map(\.element)
        if left > 0, let last = problems.last {
            problems.append(
                Problem(
                    file: file, line: last.line, column: last.column, key: "",
                    message: "and \(left) more problems", severity: last.severity))
        }
        return (problems.filter { $0.severity == .error }, problems.filter { $0.severity == .warning })
    }
}
