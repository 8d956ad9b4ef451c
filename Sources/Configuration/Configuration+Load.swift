extension Configuration {
    /// What came of reading a configuration.
    public enum Loaded: Sendable, Equatable {
        /// It can be used; the warnings are in the order of the file.
        case valid(Configuration, warnings: [Problem])
        /// It cannot: all errors and warnings found, errors first, each in the order of the file. At most 101.
        case invalid([Problem])
    }

    /// The default of `--config`.
    public static let defaultPath = "/etc/cellbridge/cellbridge.toml"
    /// A file over this many bytes is refused.
    public static let maximumFileSize = 1 << 20

    /// Reads and checks the file at `path`. Blocks; any thread.
    ///
    /// With `readSecrets` the files it names are looked at too: passwords, PIN and pre-shared key become part of the
    /// value, certificates and keys must be readable, and what is secret must not be open to others.
    public static func load(path: String, readSecrets: Bool = true, support: Support = .current) -> Loaded {
        let text: [UInt8]
        do {
            text = try Files.read(path, limit: maximumFileSize)
        } catch {
            let message: String
            switch error {
            case .missing: message = "the file is missing; expected a configuration"
            case .tooLong: message = "the file is over 1 MiB; expected a configuration"
            case .notAFile: message = "this is a folder; expected a configuration file"
            case .forbidden, .exposed, .system:
                message = Files.complaint("the file", error, limit: maximumFileSize)
            }
            return .invalid([
                Problem(file: path, line: 0, column: 0, key: "", message: message, severity: .error)
            ])
        }
        return parse(
            text: text, file: path, directory: Files.directory(of: path), readSecrets: readSecrets, support: support)
    }

    /// Checks a configuration that is at hand.
    /// - Parameters:
    ///   - text: UTF-8, with or without byte order mark; line ends LF or CRLF.
    ///   - file: Names it in problems.
    ///   - directory: What relative paths in it are relative to.
    ///   - readSecrets: As with `load`.
    ///   - support: What counts as acted on; other than `.current` in tests only.
    ///   - hostName: Default for names; nil asks the system.
    public static func parse(
        text: [UInt8], file: String, directory: String, readSecrets: Bool = true, support: Support = .current,
        hostName: String? = nil
    ) -> Loaded {
        let root: TOMLNode
        do {
            root = try TOMLDocument.parse(text)
        } catch {
            return .invalid([
                Problem(
                    file: file, line: error.line, column: error.column, key: "",
                    message: quotedPart(of: error.message), severity: .error)
            ])
        }
        let diagnostics = Diagnostics(file: file)
        let context = TableReader.Context(
            diagnostics: diagnostics, directory: directory, readSecrets: readSecrets, support: support)
        let configuration = ConfigurationDecoder(root: root, context: context)
            .decode(hostName: hostName ?? Files.hostName())
        let (errors, warnings) = diagnostics.finish()
        return errors.isEmpty ? .valid(configuration, warnings: warnings) : .invalid(errors + warnings)
    }

    /// The same for text.
    public static func parse(
        text: String, file: String, directory: String, readSecrets: Bool = true, support: Support = .current,
        hostName: String? = nil
    ) -> Loaded {
        parse(
            text: Array(text.utf8), file: file, directory: directory, readSecrets: readSecrets, support: support,
            hostName: hostName)
    }

    /// The parser's messages may quote as much of the document as they like.
    private static func quotedPart(of message: String) -> String {
        let start = String(message.prefix(300))
        return printable(start.utf8.count < message.utf8.count ? start + "…" : start)
    }
}
