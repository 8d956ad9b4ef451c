public import BridgeRuntime
public import LinuxIO

/// A tiny module behind a port: it brings up an MQTT session, takes publishes and delivers messages, all under virtual
/// time. What it does wrong is up to the script.
public final class ScriptedModulePort: ModulePort {
    /// A publish that the module took.
    public struct Publish: Equatable {
        /// The topic as written.
        public var topic: [UInt8]
        /// The payload as the broker would get it.
        public var payload: [UInt8]
        /// 0...2.
        public var qos: Int
        /// The retain flag.
        public var retain: Bool
    }

    /// As `ModulePort` has it.
    public var onBytes: ([UInt8]) -> Void = { _ in }
    /// As `ModulePort` has it.
    public var onClosed: (String) -> Void = { _ in }
    /// As `ModulePort` has it.
    public var onDrained: () -> Void = {}

    /// Why the port cannot be opened; `nil`: it can.
    public var openFailure: SerialPort.OpenFailure?
    /// Whether `write` takes bytes.
    public var takesWrites = true
    /// The module says nothing at all.
    public var isMute = false
    /// The answer to a command line in place of the usual one; `nil`: the usual one; empty: none.
    public var script: (String) -> [String]? = { _ in nil }
    /// The answer to `ATI`; an Air780EP unless changed.
    public var identity = "AirM2M_780EP_V1007_LTE_AT"
    /// Between a command and its answer.
    public var latency: Duration = .milliseconds(2)
    /// Between the answer and the outcome line.
    public var outcomeDelay: Duration = .milliseconds(5)
    /// Whether publishes with QoS 1 and 2 are acknowledged.
    public var acknowledges = true
    /// Called with each publish that was taken.
    public var onPublish: (Publish) -> Void = { _ in }

    /// Every byte written since the beginning.
    public private(set) var written: [UInt8] = []
    /// Every command line, in order.
    public private(set) var commands: [String] = []
    /// What was published, in order.
    public private(set) var publishes: [Publish] = []
    /// Payloads whose acknowledgement the bridge was given (QoS 0: the `OK`).
    public private(set) var acknowledged: Set<[UInt8]> = []
    /// How often the port was opened.
    public private(set) var openings = 0
    /// Filters subscribed in this session.
    public private(set) var subscriptions: [String] = []
    /// `AT+MQTTSTATU`: 0, 1 or 2.
    public var status = 0
    /// `AT+MQTTMODE`.
    public private(set) var isHex = false

    /// The module's files. They survive a reboot.
    public var files: [String: [UInt8]] = [:]
    /// How often a file was written.
    public private(set) var fileWrites = 0
    private var upload: (left: Int, name: String)?

    private let clock: ManualClock
    private var isOpen = false
    private var input: [UInt8] = []
    private var data: (left: Int, publish: Publish)?
    private var isBehindCR = false
    private var generation = 0

    /// A module that has just been switched on.
    public init(_ clock: ManualClock) { self.clock = clock }

    /// As `ModulePort` has it.
    public var pendingBytes: Int { 0 }

    /// As `ModulePort` has it.
    public func open() throws(SerialPort.OpenFailure) {
        if let openFailure { throw openFailure }
        openings += 1
        isOpen = true
        generation += 1
        input = []
    }

    /// As `ModulePort` has it.
    public func close() {
        isOpen = false
        generation += 1
    }

    /// As `ModulePort` has it.
    public func write(_ bytes: [UInt8]) -> Bool {
        guard isOpen, takesWrites else { return false }
        written += bytes
        for byte in bytes { take(byte) }
        return true
    }

    // MARK: Faults

    /// The port goes away, as with a pulled plug.
    public func unplug(_ reason: String = "hung up") {
        close()
        clock.soon { [weak self] in self?.onClosed(reason) }
    }

    /// The module starts anew: it has forgotten everything.
    public func reboot(banner: [String] = ["RDY"]) {
        forget()
        say(banner, after: .zero)
    }

    /// The module starts anew without a word.
    public func forget() {
        (status, isHex, subscriptions, input, data) = (0, false, [], [], nil)
        upload = nil
    }

    /// The module takes part of a payload that never ends.
    public func openDataMode(bytes: Int) {
        data = (bytes, Publish(topic: Array("open".utf8), payload: [], qos: 0, retain: false))
    }

    /// Lines of the module, after a while; with them the payload in `acknowledged`, if there is one.
    public func say(_ lines: [String], after delay: Duration = .zero, acknowledging payload: [UInt8]? = nil) {
        print(lines.flatMap { Array("\r\n\($0)\r\n".utf8) }, after: delay, acknowledging: payload)
    }

    /// A message for one of the subscriptions, in the form of the mode that is set.
    public func deliver(_ topic: String, _ payload: [UInt8]) {
        let text = isHex ? hex(payload) : payload
        print(Array("\r\n+MSUB: \"\(topic)\",\(payload.count) byte,".utf8) + text + [0x0D, 0x0A], after: .zero)
    }

    // MARK: The module

    private func print(_ bytes: [UInt8], after delay: Duration, acknowledging payload: [UInt8]? = nil) {
        let generation = generation
        _ = clock.schedule(at: clock.now + delay) { [weak self] in
            guard let self, self.generation == generation, self.isOpen else { return }
            if let payload { self.acknowledged.insert(payload) }
            self.onBytes(bytes)
        }
    }

    private func take(_ byte: UInt8) {
        // The LF behind a command's CR is never data.
        let endsLine = byte == 0x0A && isBehindCR
        isBehindCR = data == nil && upload == nil && byte == 0x0D
        if endsLine { return }
        if upload != nil { return uploaded(byte) }
        if var open = data {
            open.publish.payload.append(byte)
            open.left -= 1
            data = open.left > 0 ? open : nil
            if open.left == 0 { finish(open.publish) }
            return
        }
        guard byte == 0x0D || byte == 0x0A else { return input.append(byte) }
        guard !input.isEmpty else { return }
        let line = input
        input = []
        commanded(line)
    }

    private func commanded(_ line: [UInt8]) {
        let text = String(decoding: line, as: UTF8.self)
        commands.append(text)
        if isMute { return }
        if let lines = script(text) { return say(lines, after: latency) }
        if text.hasPrefix("AT+FS") { return file(text) }
        if let publish = publish(line, text) { return started(publish, text) }
        say(answer(text), after: latency)
        if let outcome = outcome(text) { say([outcome], after: latency + outcomeDelay) }
    }

    private func answer(_ line: String) -> [String] {
        switch line {
        case "ATI": [identity, "OK"]
        case "AT+CGMR": ["V1007", "OK"]
        case "AT+CGSN": ["864317000000000", "OK"]
        case "AT+ICCID": ["+ICCID: 89860000000000000000", "OK"]
        case "AT+CIMI": ["460000000000000", "OK"]
        case "AT+CPIN?": ["+CPIN: READY", "OK"]
        case "AT+CEREG?": ["+CEREG: 1,1", "OK"]
        case "AT+CGREG?": ["+CGREG: 1,1", "OK"]
        case "AT+CGATT?": ["+CGATT: 1", "OK"]
        case "AT+CCLK?": ["+CCLK: \"26/11/20,08:00:00+32\"", "OK"]
        case "AT+CSQ": ["+CSQ: 23,0", "OK"]
        case "AT+CMEE?": ["+CMEE: 1", "OK"]
        case "AT+CIPSHUT": ["SHUT OK"]
        case "AT+MQTTSTATU": ["+MQTTSTATU :\(status)", "OK"]
        case _ where line.hasPrefix("AT+CGPADDR"): ["+CGPADDR: 1,\"10.0.0.2\"", "OK"]
        default: effect(line)
        }
    }

    private func effect(_ line: String) -> [String] {
        switch line {
        case "AT+MQTTMODE=1": isHex = true
        case "AT+MQTTMODE=0": isHex = false
        case "AT+MIPCLOSE", "AT+MDISCONNECT": (status, subscriptions) = (0, [])
        case _ where line.hasPrefix("AT+MIPSTART") || line.hasPrefix("AT+SSLMIPSTART"): status = 2
        case _ where line.hasPrefix("AT+MCONNECT"): status = 1
        case _ where line.hasPrefix("AT+MSUB=\""):
            subscriptions.append(String(line.dropFirst(9).prefix { $0 != "\"" }))
        default: break
        }
        return ["OK"]
    }

    private func outcome(_ line: String) -> String? {
        if line.hasPrefix("AT+MIPSTART") || line.hasPrefix("AT+SSLMIPSTART") { return "CONNECT OK" }
        if line.hasPrefix("AT+MCONNECT") { return "CONNACK OK" }
        if line.hasPrefix("AT+MSUB") { return "SUBACK" }
        if line.hasPrefix("AT+MUNSUB") { return "UNSUBACK" }
        return nil
    }

    // MARK: Files

    private func file(_ line: String) {
        let name = String(line.drop { $0 != "\"" }.dropFirst().prefix { $0 != "\"" })
        let verb = String(line.dropFirst(3).prefix { $0.isLetter })
        switch verb {
        case "FSWRITE":
            let fields = line.split(separator: ",")
            guard files[name] != nil, fields.count == 4, let count = Int(fields[2]) else { break }
            files[name] = []
            upload = (count, name)
            return print(Array("\r\n> ".utf8), after: latency)
        case "FSCREATE" where files[name] == nil:
            files[name] = []
            return say(["OK"], after: latency)
        case "FSDEL" where files.removeValue(forKey: name) != nil: return say(["OK"], after: latency)
        case "FSFSIZE":
            if let size = files[name]?.count { return say(["+FSFSIZE: \(size)", "OK"], after: latency) }
        default: break
        }
        say(["ERROR"], after: latency)
    }

    private func uploaded(_ byte: UInt8) {
        guard let (left, name) = upload else { return }
        files[name, default: []].append(byte)
        upload = left > 1 ? (left - 1, name) : nil
        guard left == 1 else { return }
        fileWrites += 1
        say(["OK"], after: latency)
    }

    // MARK: Publishes

    /// `AT+MPUB="topic",qos,retain,"payload"` or `AT+MPUBEX="topic",qos,retain,length` taken apart; the payload is as
    /// written.
    private func publish(_ line: [UInt8], _ text: String) -> Publish? {
        guard text.hasPrefix("AT+MPUB"), let start = line.firstIndex(of: 0x22) else { return nil }
        guard let end = line[(start + 1)...].firstIndex(of: 0x22) else { return nil }
        let fields = line[(end + 1)...].split(separator: 0x2C, maxSplits: 2, omittingEmptySubsequences: true)
        guard fields.count == 3, let qos = fields[0].first else { return nil }
        return Publish(
            topic: Array(line[(start + 1)..<end]), payload: Array(fields[2]), qos: Int(qos) - 0x30,
            retain: fields[1].first == 0x31)
    }

    private func started(_ publish: Publish, _ text: String) {
        var publish = publish
        if text.hasPrefix("AT+MPUBEX") {
            let count = Int(String(decoding: publish.payload, as: UTF8.self)) ?? 0
            publish.payload = []
            data = (count, publish)
            return print(Array("\r\n> ".utf8), after: latency)
        }
        let written = publish.payload.dropFirst().dropLast()
        publish.payload = isHex ? unhex(Array(written)) : unescaped(Array(written))
        finish(publish)
    }

    private func finish(_ publish: Publish) {
        publishes.append(publish)
        onPublish(publish)
        let payload = publish.payload
        say(["OK"], after: latency, acknowledging: publish.qos == 0 ? payload : nil)
        guard acknowledges else { return }
        switch publish.qos {
        case 1: say(["PUBACK"], after: latency + outcomeDelay, acknowledging: payload)
        case 2: say(["PUBREC", "PUBCOMP"], after: latency + outcomeDelay, acknowledging: payload)
        default: break
        }
    }
}
