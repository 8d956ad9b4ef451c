import Control
import LinuxIO
import ModemCore

/// The line: port, rate, echo, identity.
enum PortChecks {
    /// A port that could not be opened.
    static func port(_ failure: SerialPort.OpenFailure) -> Finding {
        var causes: [Cause]
        var facts: [JSONValue.Member] = []
        switch failure {
        case .missing:
            causes = [
                Cause(
                    "the cable is out, the module is off, or it has another name after a restart",
                    try: "cellbridge probe; in the configuration a name of /dev/serial/by-id"),
                .noPower,
            ]
        case .forbidden(_, let group):
            let group = group ?? "dialout"
            causes = [
                Cause(
                    "this user is not in group \(group)",
                    try: "usermod -aG \(group) USER, then log in again; or run it as root")
            ]
        case .busy(_, let holder):
            facts = [.text("holder", holder?.name), .number("pid", (holder?.pid).map(Int.init))]
            causes =
                switch holder?.name {
                case "ModemManager":
                    [
                        Cause(
                            "ModemManager has taken the module for itself",
                            try:
                                "systemctl stop ModemManager, or the udev rule that sets ENV{ID_MM_DEVICE_IGNORE}=\"1\""
                        )
                    ]
                case "cellbridge":
                    [
                        Cause(
                            "the service runs, and its control socket was not found or not permitted",
                            try:
                                "[control] socket of the service; or systemctl stop cellbridge for as long as this takes"
                        )
                    ]
                default:
                    [Cause("another program has the port", try: "end that program; as root: fuser -v PORT")]
                }
        case .notATerminal, .unsupportedBaud, .system:
            causes = [.wrongPort]
        }
        return .failed(.port, "\(failure)".components(before: ": "), causes, facts: facts)
    }

    /// No answer at the configured rate: what others rates gave. `answering`: the one at which the module answers.
    static func rate(configured: Int, answering: Int?, heard: Bool) -> Finding {
        let facts: [JSONValue.Member] = [.number("configured", configured), .number("answering", answering)]
        if let answering {
            return .failed(
                .rate, "no answer at \(configured) baud; the module answers at \(answering)",
                [
                    Cause(
                        "the module's rate is \(answering)",
                        try:
                            "[module] baud = \(answering); or, with that in place, cellbridge at 'AT+IPR=\(configured);&W' --force"
                    )
                ], facts: facts)
        }
        return heard
            ? .failed(
                .rate, "bytes come, but no answer to AT at any rate",
                [.wrongPort, Cause("another device than a module", try: "cellbridge probe"), .supply], facts: facts)
            : .failed(.rate, "no answer to AT at any rate", [.noPower, .wrongPort, .wiring, .supply], facts: facts)
    }

    /// The module stopped to answer, or restarted, in the middle of a stage.
    static func lost(_ stage: DoctorStage, _ text: String) -> Finding {
        .failed(stage, text, [.supply, .noPower])
    }

    /// The answer to `ATE0` (YM310 AT manual 1.3.1).
    static func echo(_ answer: Answer) -> Finding {
        answer.isSuccess
            ? .ok(.echo, "off")
            : Finding(
                .echo, .warning, "ATE0 was answered \(answer.final): what is sent comes back, and the line is busier",
                causes: [
                    Cause("another firmware than those known", try: "cellbridge at ATI; the service copes with an echo")
                ])
    }

    /// A module without an MQTT client where the configuration wants one.
    static func noClient(_ found: Finding, _ profile: ModuleProfile) -> Finding {
        var finding = found
        finding.outcome = .failed
        finding.text += ", and [remote] link is \"mqtt\": this module has no MQTT client"
        finding.causes = [
            Cause(
                "\(profile.name) is used through its TCP socket only",
                try: "[remote] link = \"socket\", or leave it out")
        ]
        return finding
    }

    /// Who it is: ATI, CGMR, CGSN (YM310 AT manual 2.7, 2.3, 2.4), and its supply in millivolt (4.17).
    static func identity(
        model: Answer, revision: Answer, imei: Answer, supply: Answer, configured: String?
    ) -> Finding {
        let name = model.lines.isEmpty ? nil : readable(Array(model.lines.joined(separator: [0x20])), limit: 80)
        let number = imei.isSuccess ? imei.value : nil
        let profile = ModuleProfile.identified(by: Array(model.lines.joined(separator: [0x20])))
        let volts = supply.fields("+CBC")?.looseNumber(0)
        let facts: [JSONValue.Member] = [
            .text("model", name), .text("revision", revision.isSuccess ? revision.value : nil), .text("imei", number),
            .text("profile", configured ?? profile?.name), .number("millivolts", volts),
        ]
        guard let name, model.isSuccess else {
            return .failed(
                .identity, "ATI was answered \(model.final)", [.wrongPort, .supply], facts: facts)
        }
        let words = [name, number.map { "IMEI \($0)" }, "profile \(configured ?? profile?.name ?? "not known")"]
        var finding = Finding.ok(.identity, words.compactMap(\.self).joined(separator: ", "), facts)
        if let volts, volts > 1000, volts < 3300 {
            finding.outcome = .warning
            finding.text += ", supply \(volts) mV"
            finding.causes = [.supply]
        } else if let profile, let configured, configured != profile.name {
            finding.outcome = .warning
            finding.text += ", though it is \(profile.name)"
            finding.causes = [
                Cause("[module] profile names another module", try: "profile = \"auto\" or \"\(profile.name)\"")
            ]
        } else if profile == nil, configured == nil {
            finding.outcome = .warning
            finding.causes = [
                Cause(
                    "a module that no profile knows: it is used with the smallest limits",
                    try: "[module] profile, if you know which it is like")
            ]
        }
        return finding
    }
}

extension String {
    /// What stands before the first `separator`; all of it without one.
    fileprivate func components(before separator: String) -> String {
        let parts = Array(unicodeScalars)
        let mark = Array(separator.unicodeScalars)
        guard parts.count > mark.count else { return self }
        for place in 0...(parts.count - mark.count) where parts[place..<(place + mark.count)].elementsEqual(mark) {
            return String(String.UnicodeScalarView(parts[..<place]))
        }
        return self
    }
}
