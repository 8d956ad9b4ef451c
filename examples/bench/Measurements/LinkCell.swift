/// One combination of link, line, QoS and payload, and the most that it allows.
struct LinkCell: Hashable {
    /// Which link, and how what comes in is read.
    enum Link: String, CaseIterable {
        /// The module's MQTT client.
        case mqtt
        /// Its socket, read on request.
        case socket
        /// Its socket, printing what comes in.
        case pushed = "socket, direct"

        /// One letter, part of the topics and client ids.
        var letter: String {
            switch self {
            case .mqtt: "m"
            case .socket: "s"
            case .pushed: "p"
            }
        }

        /// Lines of `[remote]`.
        var configuration: [String] {
            switch self {
            case .mqtt: ["link = \"mqtt\""]
            case .socket: ["link = \"socket\"", "receive = \"cached\""]
            case .pushed: ["link = \"socket\"", "receive = \"direct\""]
            }
        }
    }

    /// What the line and the network are like.
    struct Line: Hashable {
        /// Milliseconds from the last byte of a command to its answer.
        var latency: Int
        /// Milliseconds to the broker and back.
        var roundTrip: Int
        /// Short name, part of the topics.
        var name: String
    }

    static let baud = 115_200
    /// Publishes without their acknowledgement.
    static let window = 20
    /// Bytes of a send.
    static let sendLimit = 1460

    var link: Link
    var line: Line
    var qos: Int
    /// Payload bytes, text.
    var size: Int

    /// The topic the bridge publishes to; of the same length for each link.
    var topic: String { "bench/\(link.letter)\(line.name)/\(qos)" }

    // MARK: Bounds

    /// Seconds a message takes at least.
    var bound: Double {
        switch link {
        case .mqtt: mqttBound
        case .socket, .pushed: socketBound
        }
    }

    /// Stop-and-wait: the command, `OK` and at QoS 1 `PUBACK`, the latency, and at QoS 1 the round trip.
    private var mqttBound: Double {
        let command = StopAndWait.command(topic: topic, qos: qos, payload: Payload.text(number: 0, size: size))
        let bytes = command.count + 6 + (qos == 0 ? 0 : 10)
        return seconds(bytes) + latency + (qos == 0 ? 0 : roundTrip)
    }

    /// Sends of 1460 bytes, one latency each; at QoS 1 a window of 20 that cannot be used again before a round trip. What
    /// comes back counts for nothing.
    private var socketBound: Double {
        let perByte = sendTime(Self.sendLimit) / Double(Self.sendLimit)
        let line = perByte * Double(packet)
        guard qos > 0 else { return line }
        let burst = min(Self.sendLimit, Self.window * packet)
        return max(line, (sendTime(burst) + roundTrip) / Double(Self.window))
    }

    /// `AT+CIPSEND=n`, its prompt, the bytes and `DATA ACCEPT:n`.
    private func sendTime(_ bytes: Int) -> Double {
        let digits = String(bytes).count
        return seconds(14 + digits + 4 + bytes + 14 + digits + 4) + latency
    }

    private func seconds(_ bytes: Int) -> Double { Double(bytes * 10) / Double(Self.baud) }
    private var latency: Double { Double(line.latency) / 1000 }
    private var roundTrip: Double { Double(line.roundTrip) / 1000 }

    // MARK: On the air

    /// Bytes of a PUBLISH of MQTT 5 without properties (3.1.1: one fewer).
    var packet: Int {
        let body = 2 + topic.utf8.count + (qos == 0 ? 0 : 2) + (link == .mqtt ? 0 : 1) + size
        return 1 + (body < 128 ? 1 : 2) + body
    }

    /// Bytes on the air for each message, estimated: 40 bytes of TCP and IP headers for each segment and for its
    /// acknowledgement, and the PUBACK. A publish of the module's client is a segment; a send of a socket carries
    /// `perSend` messages.
    func air(perSend: Double) -> Double {
        let headers = link == .mqtt ? 80 : 80 / max(perSend, 1)
        let answer = qos == 0 ? 0 : 4 + headers
        return Double(packet) + headers + answer
    }

    /// What is asked for of the socket link, as a share of its bound.
    var goal: Double? { link == .mqtt ? nil : 0.8 }

    /// Messages to measure and, before them, to warm up with.
    func counts(seconds: Double) -> (warmUp: Int, measured: Int) {
        let measured = min(max(Int(seconds / bound), 4), 3000)
        return (max(link == .mqtt ? 1 : 2 * Self.window, measured / 10), measured)
    }
}
