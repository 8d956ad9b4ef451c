import LinuxIO

/// The bare writer that the bridge is compared with: a command, its answer, the next command. No disk, no local broker,
/// nothing else to do; it knows the module's answers and expects no others.
final class StopAndWait {
    private let port: SerialPort
    private let loop: EventLoop
    private var line: [UInt8] = []
    private var lines: [String] = []
    private var commands: ArraySlice<[UInt8]> = []
    private var answers = 0
    private var answersWanted = 0
    private var wanted = 0
    private var isBusy = false
    private(set) var isOnline = false
    /// Why it gave up, if it did.
    private(set) var failure: String?

    /// Opens the port and brings the module's MQTT session up, to the broker on `brokerPort`; `isOnline` says when.
    init(path: String, baud: Int, name: String, brokerPort: Int, loop: EventLoop) throws {
        self.loop = loop
        port = try SerialPort(SerialPort.Settings(path: path, baud: baud), loop: loop)
        port.onBytes = { [weak self] in self?.received($0) }
        port.onClosed = { [weak self] _ in self?.failure = "the module's port is gone" }
        steps = [
            ("AT", "OK"), ("ATE0", "OK"), ("AT+CMEE=1", "OK"), ("AT+CGREG?", "+CGREG: 0,1"),
            ("AT+MCONFIG=\"bench-bare-\(name)\",\"\",\"\"", "OK"),
            ("AT+MIPSTART=\"127.0.0.1\",\"\(brokerPort)\"", "CONNECT OK"), ("AT+MCONNECT=1,120", "CONNACK OK"),
        ]
        begin()
    }

    // MARK: Bringing up

    private var steps: [(command: String, wanted: String)] = []
    private var isRepeated = false

    private func begin() {
        guard let step = steps.first else {
            isOnline = true
            return
        }
        lines = []
        port.write(Array((step.command + "\r\n").utf8))
        // The module boots and registers in its own time.
        loop.schedule(after: .seconds(2)) { [weak self] in
            guard let self, !self.isOnline, self.steps.first?.command == step.command else { return }
            self.isRepeated = true
            self.begin()
        }
    }

    private func stepAnswered(_ text: String) {
        lines.append(text)
        // An outcome comes after the OK, what a query asks for before it.
        guard let step = steps.first, lines.contains("OK"), lines.contains(step.wanted) else { return }
        steps.removeFirst()
        // What was asked twice may be answered twice, and the second answer is not the next command's.
        loop.schedule(after: isRepeated ? .milliseconds(300) : .zero) { [weak self] in self?.begin() }
        isRepeated = false
    }

    // MARK: Publishing

    /// Publishes numbered messages as the bridge would, one after the other.
    func publish(_ count: Int, topic: String, qos: Int, size: Int) {
        commands =
            (0..<count).map { Self.command(topic: topic, qos: qos, payload: Payload.text(number: $0, size: size)) }[...]
        wanted = qos == 0 ? 1 : 2
        // The last message of an earlier run may have arrived before its answer has.
        if !isBusy { next() }
    }

    /// The command line of one text publish, its end included.
    static func command(topic: String, qos: Int, payload: [UInt8]) -> [UInt8] {
        Array("AT+MPUB=\"\(topic)\",\(qos),0,\"".utf8) + payload + Array("\"\r\n".utf8)
    }

    private func next() {
        answers = 0
        answersWanted = wanted
        isBusy = !commands.isEmpty
        guard let command = commands.popFirst() else { return }
        port.write(command)
    }

    private func received(_ bytes: [UInt8]) {
        for byte in bytes {
            guard byte == 0x0A || byte == 0x0D else {
                line.append(byte)
                continue
            }
            guard !line.isEmpty else { continue }
            if isOnline { answered() } else { stepAnswered(String(decoding: line, as: UTF8.self)) }
            line.removeAll(keepingCapacity: true)
        }
    }

    private func answered() {
        if line.elementsEqual("OK".utf8) || line.elementsEqual("PUBACK".utf8) {
            answers += 1
            // Both ends with CR LF; the CR has come, and the LF is a byte time away at most.
            if answers == answersWanted { next() }
        } else {
            failure = "the module answered \(String(decoding: line, as: UTF8.self))"
        }
    }
}
