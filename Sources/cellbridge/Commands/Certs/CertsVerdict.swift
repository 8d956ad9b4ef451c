import BridgeRuntime
import Configuration
import Control

/// What `certs verify` finds: one line for each thing that was looked at.
struct CertsVerdict {
    /// How a thing stands.
    enum Standing: String {
        case ok, note, warning, wrong
    }

    /// One thing.
    struct Line: Equatable {
        var standing: Standing
        var text: String
    }

    private(set) var lines: [Line] = []

    /// `problems`: what the configuration says of the files: rights, readability.
    init(_ inventory: CertificateInventory, problems: [Problem]) {
        for file in inventory.files { judge(file, inventory, problems) }
        for note in inventory.notes { add(.note, note) }
        if !inventory.goesIntoModule {
            add(.note, CertsWork.ownTLS)
            if !inventory.verifies { add(.warning, "verify = false: the broker is not verified") }
        } else if inventory.verifies {
            // Without an answer from the module there are only records, which are no copies to judge.
            for module in inventory.modules where module.model != nil { judge(module) }
        } else {
            add(.warning, "verify = false: the broker is not verified, and the module uses no certificates")
        }
    }

    /// Whether nothing is wrong.
    var isGood: Bool { !lines.contains { $0.standing == .wrong } }

    private mutating func add(_ standing: Standing, _ text: String) {
        lines.append(Line(standing: standing, text: text))
    }

    private mutating func judge(
        _ file: CertificateInventory.File, _ inventory: CertificateInventory, _ problems: [Problem]
    ) {
        let findings = inventory.findings.filter { $0.key == file.kind }
        for finding in findings {
            add(finding.severity == .error ? .wrong : .warning, "\(file.kind): \(finding.message)")
        }
        if !findings.contains(where: { $0.severity == .error }) {
            for problem in problems where problem.key == "remote.tls.\(file.kind)" {
                add(problem.severity == .error ? .wrong : .warning, "\(file.kind): \(problem.message)")
            }
        }
        guard !lines.contains(where: { $0.standing == .wrong && $0.text.hasPrefix("\(file.kind): ") }) else { return }
        if let key = file.key {
            add(.ok, "key: \(file.path): \(key), belongs to the certificate")
        }
        for entry in file.entries {
            add(.ok, "\(file.kind): \(file.path): \(entry.subject), \(entry.key), \(CertsReport.days(entry))")
        }
    }

    private mutating func judge(_ module: CertificateInventory.Module) {
        let name = "module \(module.imei)"
        for slot in module.slots where slot.size != nil {
            let matters = slot.isConfigured || slot.isGood
            let text = "\(name): \(slot.name): \(CertsReport.words(slot))"
            add(slot.isWrong ? matters ? .wrong : .warning : .ok, text)
        }
        if !module.holdsConfigured {
            add(.wrong, "\(name): the configured files are not in it; expected: cellbridge certs push")
        } else if module.slots.contains(where: { $0.isWrong && $0.isConfigured }) {
            add(.note, "\(name): cellbridge certs push writes what is missing, as the service does at its next start")
        }
        if module.failedBefore {
            add(.warning, "\(name): the configured files did not carry a session when they were tried")
        }
    }

    /// For scripts.
    func json(silence: String?) -> JSONValue {
        .members([
            "ok": .bool(isGood), "module_asked": .bool(silence == nil), "module_silence": .text(silence),
            "checks": .list(
                lines.map { .members(["standing": .text($0.standing.rawValue), "text": .text($0.text)]) }),
        ])
    }

    /// For people.
    func text(hasColours: Bool) -> [String] {
        lines.map { line in
            let word = line.standing.rawValue
            let pad = String(repeating: " ", count: 7 - word.count)
            let code =
                switch line.standing {
                case .ok: 32
                case .note: 0
                case .warning: 33
                case .wrong: 31
                }
            return (hasColours ? "\u{1B}[\(code)m\(word)\u{1B}[0m" : word) + "\(pad)  \(line.text)"
        }
    }
}
