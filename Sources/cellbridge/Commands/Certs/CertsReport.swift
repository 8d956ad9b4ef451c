import BridgeRuntime
import Configuration
import Control

/// What `certs list` prints.
struct CertsReport {
    let inventory: CertificateInventory
    /// Why the module was not asked; nil: it was.
    let silence: String?

    init(_ inventory: CertificateInventory, silence: String?) {
        self.inventory = inventory
        self.silence = silence
    }

    // MARK: For people

    /// `isQuiet`: files and modules, no word about them.
    func lines(hasColours: Bool, isQuiet: Bool = false) -> [String] {
        func paint(_ text: String, _ code: Int) -> String { hasColours ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
        var lines: [String] = []
        for file in inventory.files {
            lines.append(paint("\(file.kind)  \(file.path)", 1))
            for entry in file.entries {
                let days = Self.days(entry)
                let coloured =
                    switch entry.standing {
                    case .valid: days
                    case .ending: paint(days, 33)
                    case .expired, .notYet: paint(days, 31)
                    }
                lines += [
                    "  subject      \(entry.subject)", "  issuer       \(entry.issuer)", "  key          \(entry.key)",
                    "  valid until  \(CertificateInventory.date(entry.notAfter)), \(coloured)",
                ]
            }
            if file.kind == "key", let key = file.key {
                lines.append("  key          \(key), belongs to the certificate")
            }
        }
        if isQuiet { return lines + inventory.modules.flatMap(self.lines) }
        for finding in inventory.findings {
            lines.append(
                finding.severity == .error
                    ? paint("wrong: \(finding.key): \(finding.message)", 31)
                    : paint("warning: \(finding.key): \(finding.message)", 33))
        }
        for note in inventory.notes { lines.append("note: \(note)") }
        for module in inventory.modules { lines += self.lines(module) }
        if !inventory.goesIntoModule {
            lines.append(CertsWork.ownTLS)
        } else if inventory.modules.isEmpty {
            lines.append("no module is known to hold certificates yet")
        }
        if let silence {
            let verb = silence == "--offline" ? "was not" : "could not be"
            lines.append("the module \(verb) asked: \(silence)")
        }
        return lines
    }

    private func lines(_ module: CertificateInventory.Module) -> [String] {
        var lines = [
            "module  IMEI \(module.imei.isEmpty ? "not known" : module.imei)" + (module.model.map { ", \($0)" } ?? "")
        ]
        let width = module.slots.map(\.name.count).max() ?? 0
        for slot in module.slots {
            let pad = String(repeating: " ", count: width - slot.name.count)
            lines.append("  \(slot.name)\(pad)  \(Self.words(slot))")
        }
        if module.slots.isEmpty { lines.append("  holds no file of ours") }
        if inventory.verifies, !module.holdsConfigured {
            lines.append("  the configured files are not in it yet: cellbridge certs push")
        }
        if module.failedBefore { lines.append("  the configured files did not carry a session when they were tried") }
        if let room = module.room { lines.append("  \(room) bytes are free") }
        return lines
    }

    /// What there is to say of a slot.
    static func words(_ slot: CertificateInventory.Slot) -> String {
        var words: [String] = []
        switch (slot.size, slot.found) {
        case (let size?, .notAsked): words.append("\(size) bytes by this host's record")
        case (let size?, .missing): words.append("missing in the module (\(size) bytes by this host's record)")
        case (let size?, .bytes(let found)) where found == size: words.append("\(size) bytes")
        case (let size?, .bytes(let found)):
            words.append("\(found) bytes in the module (\(size) by this host's record)")
        case (nil, .bytes(let found)): words.append("\(found) bytes, of which this host knows nothing")
        case (nil, .missing), (nil, .notAsked): words.append("empty")
        }
        if slot.isConfigured { words.append("the configured file") }
        if slot.isGood { words.append("carried the last session") }
        if slot.size != nil, !slot.isConfigured, !slot.isGood { words.append("not in use") }
        return words.joined(separator: ", ")
    }

    /// `364 days left`, `expired 3 days ago`.
    static func days(_ entry: CertificateInventory.Entry) -> String {
        func count(_ days: Int) -> String { days == 1 ? "1 day" : "\(days) days" }
        return switch entry.standing {
        case .valid, .ending: "\(count(entry.daysLeft)) left"
        case .expired: "expired \(count(-entry.daysLeft)) ago"
        case .notYet: "not valid before \(CertificateInventory.date(entry.notBefore))"
        }
    }

    // MARK: For scripts

    var json: JSONValue {
        .members([
            "verify": .bool(inventory.verifies),
            "files": .list(inventory.files.map(Self.json)),
            "findings": .list(
                inventory.findings.map { finding in
                    .members([
                        "key": .text(finding.key), "severity": .text(finding.severity == .error ? "error" : "warning"),
                        "message": .text(finding.message),
                    ])
                }),
            "notes": .list(inventory.notes.map { .text($0) }),
            "made_by": .text(inventory.goesIntoModule ? "module" : "host"),
            "module_asked": .bool(silence == nil && inventory.goesIntoModule),
            "module_silence": .text(silence),
            "modules": .list(inventory.modules.map(Self.json)),
        ])
    }

    private static func json(_ file: CertificateInventory.File) -> JSONValue {
        .members([
            "kind": .text(file.kind), "path": .text(file.path), "size": .number(file.size),
            "sha256": .text(file.digest), "key_type": .text(file.key),
            "certificates": .list(
                file.entries.map { entry in
                    .members([
                        "subject": .text(entry.subject), "issuer": .text(entry.issuer), "key_type": .text(entry.key),
                        "not_before": .number(entry.notBefore), "not_after": .number(entry.notAfter),
                        "days_left": .number(entry.daysLeft), "standing": .text(entry.standing.rawValue),
                    ])
                }),
        ])
    }

    private static func json(_ module: CertificateInventory.Module) -> JSONValue {
        .members([
            "imei": .text(module.imei), "model": .text(module.model), "free_bytes": .number(module.room),
            "holds_configured": .bool(module.holdsConfigured), "failed_before": .bool(module.failedBefore),
            "files": .list(
                module.slots.map { slot in
                    let found: (state: String, size: Int?) =
                        switch slot.found {
                        case .notAsked: ("not-asked", nil)
                        case .missing: ("missing", nil)
                        case .bytes(let size): ("present", size)
                        }
                    return .members([
                        "kind": .text(slot.kind), "name": .text(slot.name), "recorded_size": .number(slot.size),
                        "sha256": .text(slot.digest), "configured": .bool(slot.isConfigured),
                        "good": .bool(slot.isGood),
                        "state": .text(found.state), "size": .number(found.size),
                    ])
                }),
        ])
    }
}
