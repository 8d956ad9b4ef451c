import BridgeRuntime
import Control

/// What `doctor` shows.
enum DoctorReport {
    /// A stage: one line, and below a failure or a warning what is likely and what to try.
    static func lines(_ finding: Finding, colours: Bool) -> [String] {
        let (word, colour) =
            switch finding.outcome {
            case .ok: ("ok", 32)
            case .warning: ("warn", 33)
            case .failed: ("FAIL", 31)
            case .skipped: ("skip", 2)
            }
        let head = padded(word, 6)
        let name = padded(finding.stage.name, 14)
        var lines = [(colours ? "\u{1B}[\(colour)m\(head)\u{1B}[0m" : head) + name + finding.text]
        for cause in finding.causes {
            lines.append("      perhaps  \(cause.text)")
            lines.append("      try      \(cause.next)")
        }
        return lines
    }

    /// The last line.
    static func end(_ findings: [Finding]) -> String {
        if let failed = findings.first(where: { $0.outcome == .failed }) {
            return "stopped at \(failed.stage.name): exit status \(failed.stage.exitStatus.rawValue)"
        }
        let warnings = findings.count { $0.outcome == .warning }
        return warnings == 0 ? "all well" : "it works, with \(warnings) warning\(warnings == 1 ? "" : "s")"
    }

    /// `--json`.
    static func json(_ findings: [Finding], isService: Bool, _ status: ExitCode) -> JSONValue {
        .members([
            "ok": .bool(status == .ok), "exit": .number(Int64(status.rawValue)),
            "through": .text(isService ? "service" : "port"),
            "failed": .text(findings.first { $0.outcome == .failed }?.stage.name),
            "stages": .list(findings.map(\.json)),
        ])
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
