package import LinuxIO

/// Why a command could not do its work, with what to do, and its exit status.
package struct CommandFailure: Error, Equatable, Sendable {
    /// The exit status.
    package var code: ExitCode
    /// For people.
    package var text: String

    /// A failure.
    package init(_ code: ExitCode, _ text: String) {
        self.code = code
        self.text = text
    }

    /// Somebody asked the command to stop.
    package static let interrupted = CommandFailure(.temporary, "interrupted; run it again to finish")
}

extension CommandFailure {
    /// A port that could not be opened.
    package init(_ failure: SerialPort.OpenFailure) {
        if case .busy(let path, let holder?) = failure, holder.name == "cellbridge" {
            self.init(
                .temporary,
                """
                \(path) is in use by \(holder): stop the service first (systemctl stop cellbridge), and start it again \
                afterwards
                """)
        } else {
            self.init(ExitCode(failure), "\(failure)")
        }
    }
}

extension ExitCode {
    /// For a port that could not be opened.
    init(_ failure: SerialPort.OpenFailure) {
        switch failure {
        case .missing: self = .noInput
        case .busy: self = .temporary
        case .forbidden: self = .noPermission
        case .notATerminal, .unsupportedBaud, .system: self = .configuration
        }
    }
}
