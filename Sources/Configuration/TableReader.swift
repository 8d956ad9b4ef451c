/// Reads typed values out of one table. What is wrong is reported and read as nil, so that the caller goes on with
/// the default and every problem of a file is found at once.
struct TableReader {
    /// nil when the table is not in the file.
    let node: TOMLNode?
    /// For messages: `remote.tls`, `route[2]`.
    let path: String
    let context: Context

    /// What all tables of one file share.
    struct Context {
        let diagnostics: Diagnostics
        /// What relative paths are relative to.
        let directory: String
        /// Whether files that are named are looked at.
        let readSecrets: Bool
        let support: Configuration.Support
    }

    private var diagnostics: Diagnostics { context.diagnostics }

    /// Reports the keys that `table` of the known keys does not have.
    init(_ node: TOMLNode?, path: String, table: String, context: Context) {
        self.node = node
        self.path = path
        self.context = context
        let diagnostics = context.diagnostics
        guard let node, case .table(let entries) = node.value else { return }
        let known = KnownKeys.keys(of: table)
        for (key, value) in entries where !known.contains(key) {
            guard !diagnostics.isFull else {
                diagnostics.report(.error, value, "", "unknown key")
                continue
            }
            let nearest = KnownKeys.nearest(to: key, in: table)
            diagnostics.report(
                .error, value, name(key),
                nearest.isClose
                    ? "unknown key; did you mean \(nearest.path)?"
                    : "unknown key; the nearest known key is \(nearest.path)")
        }
    }

    // MARK: Reporting

    /// The key with its table.
    func name(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

    /// An error at a key, or at the table when the key is not there.
    func error(_ key: String, _ message: String) {
        diagnostics.report(.error, node?[key] ?? node, name(key), message)
    }

    /// A warning, likewise.
    func warning(_ key: String, _ message: String) {
        diagnostics.report(.warning, node?[key] ?? node, name(key), message)
    }

    // MARK: Values

    func has(_ key: String) -> Bool { node?[key] != nil }

    /// A value of whatever kind `convert` takes.
    func value<Result>(_ key: String, expected: String, _ convert: (TOMLNode.Value) -> Result?) -> Result? {
        guard let found = node?[key] else { return nil }
        if let result = convert(found.value) { return result }
        error(key, "is \(found.kind); expected \(expected)")
        return nil
    }

    /// A text that `complaint` has nothing against.
    func string(
        _ key: String, expected: String = "a text in quotation marks", _ complaint: (String) -> String? = { _ in nil }
    )
        -> String?
    {
        let text: String? = value(key, expected: expected) {
            if case .string(let text) = $0 { text } else { nil }
        }
        guard let text else { return nil }
        guard let wrong = complaint(text) else { return text }
        error(key, wrong)
        return nil
    }

    func boolean(_ key: String) -> Bool? {
        value(key, expected: "true or false") { if case .boolean(let value) = $0 { value } else { nil } }
    }

    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        let expected = "a number from \(range.lowerBound) to \(range.upperBound)"
        let number: Int64? = value(key, expected: expected) { if case .integer(let value) = $0 { value } else { nil } }
        guard let number else { return nil }
        if let result = Int(exactly: number), range.contains(result) { return result }
        error(key, "\(number) is out of range; expected \(expected)")
        return nil
    }

    /// One of a few words.
    func choice<Choice: CaseIterable & RawRepresentable<String>>(_ key: String, _ type: Choice.Type = Choice.self)
        -> Choice?
    {
        let words = Choice.allCases.map { "\"\($0.rawValue)\"" }
        let expected = words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        guard let word = string(key, expected: expected) else { return nil }
        if let result = Choice(rawValue: word) { return result }
        error(key, "\(quoted(word)) is not known; expected \(expected)")
        return nil
    }

    func duration(_ key: String, in range: ClosedRange<Duration>) -> Duration? {
        guard let text = string(key, expected: Quantities.durationExpectation) else { return nil }
        guard let duration = Quantities.duration(text) else {
            error(key, "\(quoted(text)) is not a duration; expected \(Quantities.durationExpectation)")
            return nil
        }
        guard range.contains(duration) else {
            error(
                key,
                "\(quoted(text)) is out of range; expected \(range.lowerBound.text) to \(range.upperBound.text)")
            return nil
        }
        return duration
    }

    /// A path, made absolute.
    func path(_ key: String) -> String? {
        string(key, expected: "a path in quotation marks", Rules.pathComplaint).map(absolute)
    }

    func absolute(_ path: String) -> String {
        path.utf8.first == UInt8(ascii: "/") ? path : Files.join(context.directory, path)
    }

    // MARK: Tables

    /// The reader of a table inside this one; nil when it is not there or is something else, which is reported.
    func table(_ key: String, expected: String) -> TableReader? {
        let inner: TOMLNode? = value(key, expected: expected) { value in
            if case .table = value { node?[key] } else { nil }
        }
        return inner.map { inside($0, key) }
    }

    /// The reader of a node that is known to be a table.
    func inside(_ inner: TOMLNode?, _ key: String) -> TableReader {
        TableReader(inner, path: name(key), table: name(key), context: context)
    }
}
