@testable import ATProtocol
@testable import ModuleSimulator

/// A simulated module under virtual time that is given one command at a time, with everything that comes out of it.
final class ModuleAtWork {
    private var module: SimulatedModule
    private var now: Duration
    private(set) var packets: [MQTTPacket] = []
    private(set) var opened: [(host: String, port: Int, isSecure: Bool)] = []
    private var printed: [UInt8] = []
    private var lines: [String] = []

    private init(_ module: SimulatedModule, now: Duration) {
        self.module = module
        self.now = now
    }

    // MARK: In these states, each made once

    nonisolated(unsafe) private static let bootedModule = made()
    nonisolated(unsafe) private static let onlineModule = made(isOnline: true)
    nonisolated(unsafe) private static let lockedModule = made(pin: "1234")

    static func booted() -> ModuleAtWork { unsafe copy(of: bootedModule) }
    static func locked() -> ModuleAtWork { unsafe copy(of: lockedModule) }
    static func online(isHex: Bool) -> ModuleAtWork {
        let copy = unsafe copy(of: onlineModule)
        copy.module.mqtt.isHex = isHex
        return copy
    }

    private static func copy(of base: ModuleAtWork) -> ModuleAtWork { ModuleAtWork(base.module, now: base.now) }

    private static func made(isOnline: Bool = false, pin: String? = nil) -> ModuleAtWork {
        var options = SimulatorOptions()
        options.pin = pin
        let made = ModuleAtWork(SimulatedModule(options, wallSeconds: 1_780_563_858), now: .zero)
        made.handle(made.module.powerOn(now: .zero))
        made.wait(.seconds(5))
        made.send("ATE0\r\n")
        if isOnline {
            for line in ["AT+MCONFIG=\"id\"", "AT+MIPSTART=\"h\",1883", "AT+MCONNECT=1,60"] { made.send(line + "\r\n") }
            require(made.module.mqtt.session == .connected, "the module is not online: \(shown(made.printed))")
        }
        return made
    }

    // MARK: What it knows

    var identity: MQTTPacket.Connect { module.mqtt.identity }
    var cell: CellState { module.cell }
    var flash: FlashFiles { module.flash }
    var hostName: String { module.contexts[TLSContext.mqtt]?.value(.hostname) ?? "" }
    var isUnlocked: Bool { module.sim.lock == .ready }
    var publishLimit: Int { module.profile.publishLimit }
    var publishDataLimit: Int { module.profile.publishDataLimit }
    func isTooLong(_ command: ATCommand) -> Bool { command.line.count > module.profile.lineLimit }

    // MARK: At work

    /// Gives it the command, its data at the prompt, and checks that this was one command and nothing else; afterwards
    /// the module is ready for the next.
    func run(_ command: ATCommand, mayRefuse: Bool) {
        let settings = module.settings
        (printed, packets, opened, lines) = ([], [], [], [])
        give(command.line + [0x0D, 0x0A])
        if let data = command.data, printed == Array("\r\n>".utf8) {
            printed = []
            give(data)
        }
        let finals = finalResults(printed)
        require(finals.count == 1, "printed \(shown(printed)) for \(shown(command.line))")
        let isDone = finals.first == Array("OK".utf8)
        require(isDone != mayRefuse, "printed \(shown(printed)) for \(shown(command.line))")
        require(lines.count == (isDone && command.data != nil ? 2 : 1), "read as \(lines): \(shown(command.line))")
        require(module.settings == settings && module.power == .running, "changed by \(shown(command.line))")
        require(module.phase == .reading && module.line.isEmpty, "left behind by \(shown(command.line))")

        let outcome = (packets, opened)
        printed = []
        give(Array("AT\r\n".utf8))
        require(printed == Array("\r\nOK\r\n".utf8), "then AT gives \(shown(printed)) after \(shown(command.line))")
        (packets, opened) = outcome
        isRefused = !isDone
    }

    private var isRefused = false

    /// Exactly this went to the broker; nothing when the module refused the command.
    func expect(publish wanted: MQTTPacket.Publish) {
        let publishes = packets.compactMap { packet -> MQTTPacket.Publish? in
            if case .publish(let publish) = packet { publish } else { nil }
        }
        guard !isRefused else { return require(packets.isEmpty, "published all the same: \(packets)") }
        require(publishes.count == 1 && packets.count == publishes.count, "\(packets.count) packets")
        guard var seen = publishes.first else { return }
        seen.id = 0
        require(seen == wanted, "published \(shown(seen.topic)): \(shown(seen.payload))")
    }

    private func send(_ text: String) { give(Array(text.utf8)); wait(.seconds(1)) }

    private func give(_ bytes: [UInt8]) { handle(module.received(bytes, now: now)) }

    private func wait(_ time: Duration) {
        let end = now + time
        while let deadline = module.deadline, deadline <= end {
            now = max(now, deadline)
            handle(module.deadlineReached(now: now))
        }
        now = end
    }

    private func handle(_ actions: [SimulatedModule.Action]) {
        // Answers come after what the module did in the same step.
        var answers: [(SimulatedModule.NetworkEvent, connection: Int)] = []
        for action in actions {
            switch action {
            case .print(let bytes, _): printed += bytes
            case .note(let text): if text.starts(with: "-> ") { lines.append(text) }
            case .openTCP(let number, let host, let port):
                opened.append((host, Int(port), false))
                answers.append((.connected, number))
            case .openTLS(let number, let host, let port, _):
                opened.append((host, Int(port), true))
                answers.append((.connected, number))
            case .sendToBroker(let number, let bytes):
                var stream = MQTTStream()
                let new = try? stream.append(bytes)
                require(new != nil, "the module writes bytes that are no MQTT")
                packets += new ?? []
                if case .connect? = new?.first {
                    let accepted = MQTTPacket.connack(sessionPresent: false, code: 0)
                    answers.append((.bytes(accepted.encoded), number))
                }
            case .closeTCP, .storeFlash, .losePort, .answered: break
            }
        }
        for (event, connection) in answers { handle(module.network(event, connection: connection, now: now)) }
    }
}

private func finalResults(_ printed: [UInt8]) -> [[UInt8]] {
    printed.split { $0 == 0x0D || $0 == 0x0A }.map(Array.init)
        .filter { $0.starts(with: "OK".utf8) || $0.starts(with: "ERROR".utf8) || $0.starts(with: "+CME ERROR".utf8) }
}
