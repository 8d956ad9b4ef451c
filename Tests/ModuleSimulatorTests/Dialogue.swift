@testable import ModuleSimulator

/// A module under virtual time with a broker that answers at once; what it prints is collected as text.
struct Dialogue {
    var module: SimulatedModule
    var now = Duration.zero
    var printed: [UInt8] = []
    var tags: [PrintTag] = []
    var notes: [String] = []
    /// What the broker was sent.
    var packets: [MQTTPacket] = []
    var opened: [String] = []
    /// What TLS was asked for.
    var requests: [TLSRequest] = []
    /// The files as last given away for keeping.
    var stored: [UInt8]?
    var lostPorts = 0
    var closed = 0
    /// The numbers of the connections that the module closed.
    var closedConnections: [Int] = []
    var broker = Broker()
    /// The far side of the socket commands' connection.
    var peer = Peer()

    /// How the far side of a byte stream behaves.
    struct Peer {
        var accepts = true
        /// Never answers a connection attempt.
        var isSilent = false
        /// Its TCP acknowledges what comes.
        var acknowledges = true
        var received: [UInt8] = []
        var connection = 0
    }

    /// How the broker behaves.
    struct Broker {
        var accepts = true
        var connackCode: UInt8 = 0
        var acknowledges = true
        /// Sends every publish back, as if the module subscribed to everything.
        var echoes = false
        /// Does not answer packets.
        var isSilent = false
        /// What comes of a TLS handshake.
        var handshake: [SimulatedModule.NetworkEvent] = [.connected]
        var connection = 0
    }

    /// A module that has booted and registered, echo off.
    init(
        _ profile: ModuleProfile = .ec716s, _ traits: Set<Dialect.Trait> = [],
        flash: FlashFiles? = nil, adjust: (inout SimulatorOptions) -> Void = { _ in }
    ) {
        var options = SimulatorOptions(profile: profile, dialect: Dialect(traits), seed: 7)
        adjust(&options)
        module = SimulatedModule(options, wallSeconds: 1_780_563_858, flash: flash)
        handle(module.powerOn(now: now))
    }

    /// A booted one; `online` also brings the MQTT session up.
    static func ready(
        _ profile: ModuleProfile = .ec716s, _ traits: Set<Dialect.Trait> = [], online: Bool = false,
        adjust: (inout SimulatorOptions) -> Void = { _ in }
    ) -> Dialogue {
        var dialogue = Dialogue(profile, traits, adjust: adjust)
        dialogue.wait(.seconds(5))
        _ = dialogue.say("ATE0")
        if online { dialogue.connect() }
        return dialogue
    }

    /// A booted one with a TCP connection of the socket commands, as YM310 AT manual 9.42 opens it.
    static func connected(
        _ profile: ModuleProfile = .ec716s, _ traits: Set<Dialect.Trait> = [], settings: [String] = [],
        adjust: (inout SimulatorOptions) -> Void = { _ in }
    ) -> Dialogue {
        var dialogue = Dialogue.ready(profile, traits, adjust: adjust)
        let opening = ["AT+CSTT", "AT+CIICR", "AT+CIFSR", "AT+CIPSTART=\"TCP\",\"60.166.18.9\",7500"]
        for line in ["AT+CIPMUX=0", "AT+CIPQSEND=1"] + settings + opening { _ = dialogue.say(line) }
        return dialogue
    }

    mutating func connect() {
        for line in ["AT+MCONFIG=\"id\",\"u\",\"p\"", "AT+MIPSTART=\"127.0.0.1\",1883", "AT+MCONNECT=1,60"] {
            _ = say(line)
        }
        _ = text()
    }

    /// Sends a line with CR LF and returns what was printed since the last call, CR LF shown as `|`.
    mutating func say(_ line: String) -> String {
        _ = text()
        write(ascii(line) + [0x0D, 0x0A])
        wait(.seconds(1))
        return text()
    }

    /// A line and, as soon as it is run, data behind it; what was printed since the last call.
    mutating func say(_ line: String, data: [UInt8]) -> String {
        let answer = say(line)
        write(data)
        wait(.milliseconds(1))
        return answer + text()
    }

    /// Creates a file and writes it.
    mutating func upload(_ name: String, _ content: String) -> String {
        let created = say("AT+FSCREATE=\"\(name)\"")
        let prompt = say("AT+FSWRITE=\"\(name)\",0,\(content.utf8.count),15")
        write(ascii(content))
        return created + prompt + text()
    }

    mutating func write(_ bytes: [UInt8]) { handle(module.received(bytes, now: now)) }

    mutating func fault(_ line: String) throws {
        guard case .module(let fault) = try FaultLine.parse(line) else { return }
        handle(module.inject(fault, now: now))
    }

    mutating func wait(_ time: Duration) {
        let end = now + time
        while let deadline = module.deadline, deadline <= end {
            now = max(now, deadline)
            handle(module.deadlineReached(now: deadline))
        }
        now = end
    }

    /// What was printed since the last call.
    mutating func text() -> String {
        defer { printed.removeAll() }
        return Self.shown(printed)
    }

    static func shown(_ bytes: [UInt8]) -> String {
        var shown = ""
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            if byte == 0x0D, rest.first == 0x0A {
                rest.removeFirst()
                shown += "|"
            } else {
                shown += escaped([byte])
            }
        }
        return shown
    }

    mutating func network(_ event: SimulatedModule.NetworkEvent) {
        handle(module.network(event, connection: broker.connection, now: now))
    }

    mutating func arrives(
        _ topic: String, _ payload: [UInt8], qos: UInt8 = 0, id: UInt16 = 0
    ) {
        let publish = MQTTPacket.Publish(topic: ascii(topic), payload: payload, qos: qos, id: id)
        network(.bytes(MQTTPacket.publish(publish).encoded))
    }

    /// The far side of the byte stream sends, or does something else.
    mutating func peer(_ event: SimulatedModule.NetworkEvent) {
        handle(module.network(event, connection: peer.connection, now: now))
    }

    mutating func peerSends(_ text: String) { peer(.bytes(ascii(text))) }

    private mutating func handle(_ actions: [SimulatedModule.Action]) {
        var replies: [SimulatedModule.NetworkEvent] = []
        var streamReplies: [SimulatedModule.NetworkEvent] = []
        for action in actions {
            switch action {
            case .print(let bytes, let tag):
                printed += bytes
                if let tag { tags.append(tag) }
            case .note(let text): notes.append(text)
            case .openTCP(let number, let host, let port) where module.isStream(number):
                opened.append("\(host):\(port)")
                peer.connection = number
                peer.received = []
                guard !peer.isSilent else { continue }
                streamReplies.append(peer.accepts ? .connected : .failed)
            case .sendToBroker(let number, let bytes) where module.isStream(number):
                peer.received += bytes
                if peer.acknowledges { streamReplies.append(.acknowledged(peer.received.count)) }
            case .openTCP(let number, let host, let port):
                opened.append("\(host):\(port)")
                broker.connection = number
                replies.append(broker.accepts ? .connected : .failed)
            case .openTLS(let number, let host, let port, let request):
                opened.append("\(host):\(port)")
                requests.append(request)
                broker.connection = number
                replies += broker.accepts ? [.negotiating] + broker.handshake : [.failed]
            case .storeFlash(let bytes): stored = bytes
            case .losePort: lostPorts += 1
            case .answered: break
            case .closeTCP(let number):
                closed += 1
                closedConnections.append(number)
            case .sendToBroker(_, let bytes):
                var stream = MQTTStream()
                let new = (try? stream.append(bytes)) ?? []
                packets += new
                for packet in new { replies += answers(packet).map { .bytes($0.encoded) } }
                if case .connect? = new.first, broker.connackCode != 0 { replies.append(.closed) }
            }
        }
        for reply in replies { network(reply) }
        for reply in streamReplies { peer(reply) }
    }

    private func answers(_ packet: MQTTPacket) -> [MQTTPacket] {
        if broker.isSilent { return [] }
        switch packet {
        case .connect: return [.connack(sessionPresent: false, code: broker.connackCode)]
        case .subscribe(let id, _, let qos): return [.suback(id: id, codes: [qos])]
        case .unsubscribe(let id, _): return [.unsuback(id)]
        case .pingreq: return [.pingresp]
        case .pubrel(let id): return broker.acknowledges ? [.pubcomp(id)] : []
        case .publish(let publish):
            var answers: [MQTTPacket] = []
            if broker.acknowledges, publish.qos == 1 { answers.append(.puback(publish.id)) }
            if broker.acknowledges, publish.qos == 2 { answers.append(.pubrec(publish.id)) }
            if broker.echoes { answers.append(.publish(.init(topic: publish.topic, payload: publish.payload))) }
            return answers
        default: return []
        }
    }
}
