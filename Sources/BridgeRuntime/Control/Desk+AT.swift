import ATProtocol
import Control
import LinuxIO

extension Desk {
    /// Bytes of a raw command.
    static let commandLimit = 1024

    /// `at`: one raw command, `line`; with `force` also one that may change the session. For root and the service's user.
    func at(_ call: ControlCall, _ owner: any DeskOwner) {
        guard call.peer.user == 0 || call.peer.user == ownUser else {
            return call.fail(.noPermission, "raw AT commands are for root and the service's own user")
        }
        guard let line = bytes(call, "line") else { return call.fail(.usage, "at needs a line") }
        let command: ATCommand
        do throws(RawCommandProblem) {
            command = try .raw(line, timeout: call.arguments["timeout"]?.integer.map { .seconds(min(max($0, 1), 600)) })
        } catch {
            return call.fail(.usage, error.text)
        }
        guard call.arguments["force"]?.boolean == true || command.onlyLooks else {
            return call.fail(
                .temporary,
                "\(readable(line.prefix(40) + [])) could change the session while the service runs: stop the service, or --force"
            )
        }
        let begin = owner.driver.clock.now
        let driver = owner.driver
        driver.visit(
            Visit(command: command) { outcome in
                switch outcome {
                case .answered(let result): call.finish(result.json(after: driver.clock.now - begin))
                case .late: call.fail(.temporary, "the module gave no answer")
                case .failed(let reason): call.fail(.temporary, reason)
                }
            })
    }

    /// `dialogue`: tells what goes over the line until it is cancelled: `sent` (redacted) and `received` (base64).
    func watch(_ call: ControlCall, _ owner: any DeskOwner) {
        guard call.peer.user == 0 || call.peer.user == ownUser else {
            return call.fail(.noPermission, "the AT dialogue is for root and the service's own user")
        }
        let number = takeNumber()
        watchers[number] = call
        call.onCancel = { [weak self] in self?.watchers[number] = nil }
    }

    /// Something went over the line.
    func overheard(_ dialogue: Dialogue) {
        guard !watchers.isEmpty else { return }
        guard let event = dialogue.json else { return }
        for call in watchers.values { call.tell(event) }
    }
}

extension CommandResult {
    /// The answer to `at` (docs/control.md).
    func json(after time: Duration) -> JSONValue {
        .members([
            "lines": .list(lines.map { .text(String(decoding: $0, as: UTF8.self)) }), "final": .text(shown(final)),
            "ok": .bool(isSuccess), "milliseconds": .number(Int64(time / .milliseconds(1))),
        ])
    }
}

extension Dialogue {
    /// The event of `dialogue`; nil for what does not go over the line.
    var json: JSONValue? {
        switch self {
        case .sent(let text, let bytes): .members(["sent": .text(text), "bytes": .number(bytes)])
        case .received(let bytes): .members(["received": .text(Base64.encode(bytes))])
        case .note, .recovers: nil
        }
    }
}
