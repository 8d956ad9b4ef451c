import ATProtocol
import ModemCore

/// Where tests begin.
extension LinkHarness {
    static func settings(_ change: (inout LinkSettings) -> Void = { _ in }) -> LinkSettings {
        var settings = LinkSettings(host: "broker.example", port: 1883, clientID: Array("box".utf8))
        settings.subscriptions = [.init(filter: Array("site/cmd/#".utf8), qos: 1)]
        change(&settings)
        return settings
    }

    /// Started, the port open, everything before this command behaved well; the command is with the session.
    static func at(_ line: String, _ change: (inout LinkSettings) -> Void = { _ in }) -> LinkHarness {
        let harness = LinkHarness(settings(change))
        harness.start()
        harness.go(to: line)
        _ = harness.take()
        return harness
    }

    static func online(_ change: (inout LinkSettings) -> Void = { _ in }) -> LinkHarness {
        let harness = LinkHarness(settings(change))
        harness.start()
        _ = harness.behave(until: { $0.isOnline })
        _ = harness.take()
        return harness
    }

    /// Behaves until this command is with the session.
    func go(to line: String) {
        if !behave(until: { $0.outstanding?.hasPrefix(line) == true }) { fail("never came to \(line): \(summary)") }
    }

    var lastReport: String { reports.last?.text ?? "" }
    func reported(_ text: String) -> Bool { reports.contains { $0.text.contains(text) } }
}
