extension ConfigurationDecoder {
    func module(_ table: TableReader) -> Configuration.Module {
        let profile = table.choice("profile") ?? Configuration.Module.Profile.automatic
        switch profile {
        case .quectelGSM, .bc260y:
            if !context.support.contains(.modulesWithoutMQTT) {
                table.error(
                    "profile", "\"\(profile.rawValue)\": the link for modules without MQTT is not in this release")
            }
        case .automatic, .ec716s, .air780e, .air780ep, .air724ug: break
        }
        return Configuration.Module(
            port: port(table), baud: baud(table), flowControl: table.choice("flow_control") ?? .none,
            profile: profile, pinFile: table.node?["pin_file"].flatMap { pinPath(table, $0) },
            pin: table.secret("pin_file") { pin in
                let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
                return (4...8).contains(pin.count) && pin.allSatisfy(digits.contains)
                    ? nil : "is not a PIN; expected 4 to 8 digits"
            },
            apn: apn(table), reset: reset(table))
    }

    /// Without a second report of what `secret` says about the key.
    private func pinPath(_ table: TableReader, _ node: TOMLNode) -> String? {
        guard case .string(let path) = node.value else { return nil }
        return table.absolute(path)
    }

    private func port(_ table: TableReader) -> Configuration.Module.Port {
        let text = table.string(
            "port", expected: "the path of a serial port, or \"simulator\"", Rules.pathComplaint)
        guard let text else { return .path("/dev/ttyUSB0") }
        return text == "simulator" ? .simulator : .path(table.absolute(text))
    }

    private func baud(_ table: TableReader) -> Int {
        let rates = Configuration.Module.rates
        let expected = "one of " + rates.map { "\($0)" }.joined(separator: ", ")
        let rate: Int64? = table.value("baud", expected: expected) {
            if case .integer(let rate) = $0 { rate } else { nil }
        }
        guard let rate else { return 115_200 }
        guard let known = rates.first(where: { Int64($0) == rate }) else {
            table.error("baud", "\(rate) is not a rate of the module; expected \(expected)")
            return 115_200
        }
        return known
    }

    // MARK: APN

    private func apn(_ table: TableReader) -> Configuration.APN? {
        let expected = "an APN in quotation marks, or a table such as { name = \"cmnet\" }"
        guard let value = table.node?["apn"]?.value else { return nil }
        if case .string = value {
            return table.string("apn", Rules.apnComplaint).map { Configuration.APN(name: $0) }
        }
        guard let apn = table.table("apn", expected: expected) else { return nil }
        if !apn.has("name") { apn.error("name", "is missing; expected the name of the APN") }
        apn.checkPasswordHasUser()
        let authentication = apn.choice("auth", Configuration.APN.Authentication.self)
        if let authentication, authentication != .none, !apn.has("username") {
            apn.error("auth", "is \"\(authentication.rawValue)\" without username; expected both")
        }
        return Configuration.APN(
            name: apn.string("name", Rules.apnComplaint) ?? "",
            username: apn.string("username", Rules.credentialComplaint),
            password: apn.secret("password_file") { Rules.carriableComplaint($0) },
            authentication: authentication ?? (apn.has("username") ? .chap : .none),
            cid: apn.integer("cid", in: 1...15) ?? 1)
    }

    // MARK: Reset

    private func reset(_ table: TableReader) -> Configuration.Module.Reset? {
        let expected =
            "a table such as { command = \"/usr/local/sbin/power-cycle-module\" } or { gpio = \"gpiochip0:17\" }"
        guard let reset = table.table("reset", expected: expected) else { return nil }
        let command = reset.string("command") { text in
            text.isEmpty ? "is empty; expected a command" : Rules.controlComplaint(Array(text.utf8))
        }
        let line = reset.string("gpio") { text in
            gpio(text) == nil ? "\(quoted(text)) is not a line of a chip; expected one such as \"gpiochip0:17\"" : nil
        }
        let active = reset.choice("active", Level.self) ?? .low
        let pulse = reset.duration("pulse", in: .milliseconds(150)...(.seconds(60))) ?? .milliseconds(200)
        switch (reset.has("command"), reset.has("gpio")) {
        case (true, true):
            reset.error("gpio", "is there beside command; expected one of them")
        case (false, false):
            table.error("reset", "has neither command nor gpio; expected one of them")
        case (true, false):
            for key in ["active", "pulse"] where reset.has(key) {
                reset.error(key, "means nothing with command; expected it beside gpio")
            }
            return command.map { .command($0) }
        case (false, true):
            if !context.support.contains(.resetGPIO) { reset.warning("gpio", Self.notActedOn) }
            return line.flatMap(gpio).map {
                .gpio(chip: $0.chip, line: $0.line, activeLow: active == .low, pulse: pulse)
            }
        }
        return nil
    }

    private enum Level: String, CaseIterable {
        case low
        case high
    }

    /// `gpiochip0:17`, or `/dev/gpiochip0:17`.
    private func gpio(_ text: String) -> (chip: String, line: Int)? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count <= 64, !parts[0].isEmpty, (1...4).contains(parts[1].utf8.count),
            let line = UInt16(parts[1]), parts[1].utf8.first != UInt8(ascii: "+"),
            Rules.controlComplaint(Array(parts[0].utf8)) == nil
        else { return nil }
        return (String(parts[0]), Int(line))
    }
}
