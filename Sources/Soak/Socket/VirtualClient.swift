import BridgeRuntime
import ModemCore
import ModuleSimulator
import MosquittoClient

/// The MQTT client of a socket link, with the rules of `MosquittoClient`: one connection over a `VirtualStream`.
///
/// It speaks 3.1.1 packets; of MQTT 5 it has the options byte of SUBSCRIBE, which the remote broker of the run reads. What
/// was read is acknowledged by the first write after the end of its batch; while `mayWrite` is false nothing leaves.
/// Nothing is called back from inside a call.
final class VirtualClient: BrokerConnection {
    private enum Phase { case idle, greeting, connected, closing, over }

    /// Something to write.
    private enum Outgoing {
        case packet(MQTTPacket)
        /// A publish at QoS 0, done when it is written.
        case loose(MQTTPacket.Publish, mid: Int32)
        /// The acknowledgement of this message.
        case acknowledgement(MQTTPacket.Publish)
    }

    private static let batchMessages = 20
    private static let connectTimeout: Duration = .seconds(75)
    private static let closingTime: Duration = .seconds(2)

    private let clock: any BridgeClock
    private let stream: VirtualStream
    private let settings: LinkSettings
    private let version: MosquittoClient.ProtocolVersion
    private let watch: SocketWatch
    private let onEvent: (MosquittoClient.Event) -> Void
    private var phase = Phase.idle
    private var parser = MQTTStream()
    private var packets: [MQTTPacket] = []
    private var outgoing: [Outgoing] = []
    private var events: [MosquittoClient.Event] = []
    private var nextID: UInt16 = 0
    /// Publishes above QoS 0 without their end.
    private var open: Set<UInt16> = []
    private var isTurnDue = false
    private var isInBatch = false
    private var lastWritten: Duration = .zero
    private var lastRead: Duration = .zero
    private var pingedAt: Duration?
    private var timer: ScheduledCall?

    var onBatchEnd: () -> Void = {}
    var mayWrite = true { didSet { if mayWrite, !oldValue { wake() } } }
    var mayRead = true { didSet { if mayRead, !oldValue { wake() } } }
    var limits: MosquittoClient.Limits {
        var limits = MosquittoClient.Limits()
        limits.receiveMaximum = SocketWatch.receiveMaximum
        return limits
    }
    var isConnected: Bool { phase == .connected }

    init(
        _ settings: LinkSettings, _ version: MosquittoClient.ProtocolVersion, stream: VirtualStream,
        clock: any BridgeClock, watch: SocketWatch, onEvent: @escaping (MosquittoClient.Event) -> Void
    ) {
        self.settings = settings
        self.version = version
        self.stream = stream
        self.clock = clock
        self.watch = watch
        self.onEvent = onEvent
        stream.wakeClient = { [weak self] in self?.wake() }
    }

    deinit { timer?.cancel() }

    // MARK: Requests

    func connect() {
        guard phase == .idle else { return }
        phase = .greeting
        lastRead = clock.now
        outgoing.append(
            .packet(
                .connect(
                    MQTTPacket.Connect(
                        clientID: settings.clientID, username: settings.username, password: settings.password,
                        cleanSession: settings.cleanSession, keepAlive: UInt16(clamping: settings.keepalive)))))
        timer = clock.schedule(at: clock.now + Self.connectTimeout) { [weak self] in
            self?.end("no answer from the broker")
        }
        wake()
    }

    func subscribe(_ filter: String, qos: Int, options: MosquittoClient.SubscribeOptions) throws(MosquittoError)
        -> Int32
    {
        let id = try takeID("subscribe")
        let bits = version == .v5 ? (options.noLocal ? 4 : 0) | options.retainHandling << 4 : 0
        outgoing.append(.packet(.subscribe(id: id, filter: Array(filter.utf8), qos: UInt8(qos | bits))))
        return Int32(id)
    }

    func unsubscribe(_ filter: String) throws(MosquittoError) -> Int32 {
        let id = try takeID("unsubscribe")
        outgoing.append(.packet(.unsubscribe(id: id, filter: Array(filter.utf8))))
        return Int32(id)
    }

    func publish(topic: [UInt8], payload: [UInt8], qos: Int, retain: Bool, expiry: UInt32?) throws(MosquittoError)
        -> Int32
    {
        let id = try takeID("publish")
        var publish = MQTTPacket.Publish(topic: topic, payload: payload, qos: UInt8(qos), retain: retain)
        if qos == 0 {
            outgoing.append(.loose(publish, mid: Int32(id)))
        } else {
            publish.id = id
            open.insert(id)
            watch.underWay(open.count)
            outgoing.append(.packet(.publish(publish)))
        }
        return Int32(id)
    }

    func disconnect() {
        switch phase {
        case .idle, .closing, .over: return
        case .greeting: endSoon("closed on request")
        case .connected:
            guard mayWrite, !isInBatch else { return endSoon("dropped on request") }
            phase = .closing
            outgoing.append(.packet(.disconnect))
            write()
            stream.leave()
            endSoon("closed on request")
        }
    }

    private func takeID(_ operation: String) throws(MosquittoError) -> UInt16 {
        guard isConnected else { throw MosquittoError(operation, .notConnected, "not connected to the broker") }
        repeat { nextID = nextID == .max ? 1 : nextID + 1 } while open.contains(nextID)
        wake()
        return nextID
    }

    // MARK: Turns

    private func wake() {
        guard !isTurnDue, phase != .idle, phase != .over else { return }
        isTurnDue = true
        _ = clock.schedule(at: clock.now) { [weak self] in self?.turn() }
    }

    /// First what the owner has released, then a bounded batch of reads, its end, and what may be written then.
    private func turn() {
        isTurnDue = false
        guard phase != .over else { return }
        if stream.isCut { return end("the connection was lost") }
        write()
        var messages = 0
        isInBatch = true
        while mayRead, phase != .closing, phase != .over, messages < Self.batchMessages, let packet = nextPacket() {
            if case .publish = packet { messages += 1 }
            handle(packet)
            deliver()
        }
        deliver()
        isInBatch = false
        guard phase != .over else { return }
        if messages > 0, phase != .closing { onBatchEnd() }
        write()
        deliver()
        if mayRead, !packets.isEmpty || stream.pendingBytes > 0 { return wake() }
        if stream.isInputOver { end("the connection was lost") }
    }

    private func nextPacket() -> MQTTPacket? {
        if packets.isEmpty {
            let bytes = stream.take()
            guard !bytes.isEmpty else { return nil }
            lastRead = clock.now
            do {
                packets = try parser.append(bytes)
            } catch {
                watch.malformed("the broker's packets at our client: \(error)")
                end("the broker sends what is no MQTT")
                return nil
            }
        }
        return packets.isEmpty ? nil : packets.removeFirst()
    }

    private func deliver() {
        while !events.isEmpty, phase != .over { onEvent(events.removeFirst()) }
    }

    private func write() {
        guard mayWrite, phase != .over, !outgoing.isEmpty else { return }
        let all = outgoing
        outgoing = []
        for next in all {
            switch next {
            case .packet(let packet): stream.clientWrote(packet.encoded)
            case .loose(let publish, let mid):
                stream.clientWrote(MQTTPacket.publish(publish).encoded)
                watch.wroteLoose(publish.payload, end: stream.written)
                events.append(.published(mid: mid, reasonCode: 0))
            case .acknowledgement(let publish):
                watch.acknowledges(publish.payload)
                stream.clientWrote(MQTTPacket.puback(publish.id).encoded)
            }
        }
        lastWritten = clock.now
        if !events.isEmpty { wake() }
    }

    // MARK: Packets

    private func handle(_ packet: MQTTPacket) {
        switch packet {
        case .connack(let isPresent, let code) where phase == .greeting: greeted(isPresent, code)
        case .publish(let publish) where phase == .connected:
            if publish.qos > 0 { outgoing.append(.acknowledgement(publish)) }
            watch.received(publish.payload)
            events.append(
                .message(
                    MosquittoClient.Message(
                        topic: publish.topic, payload: publish.payload, qos: Int(publish.qos), retain: publish.retain)))
        case .puback(let id), .pubcomp(let id):
            guard open.remove(id) != nil else { return watch.malformed("an acknowledgement of nothing") }
            events.append(.published(mid: Int32(id), reasonCode: 0))
        case .pubrec(let id): outgoing.append(.packet(.pubrel(id)))
        case .suback(let id, let codes): events.append(.subscribed(mid: Int32(id), granted: codes.map { Int32($0) }))
        case .unsuback(let id): events.append(.unsubscribed(mid: Int32(id)))
        case .pingresp: pingedAt = nil
        case .connack, .publish, .connect, .pubrel, .subscribe, .unsubscribe, .pingreq, .disconnect:
            watch.malformed("a packet out of place at our client")
            end("the broker sends what does not belong here")
        }
    }

    private func greeted(_ isPresent: Bool, _ code: UInt8) {
        guard code == 0 else {
            // MQTT 5 has other numbers for the same.
            let codes: [UInt8: Int32] = [1: 132, 2: 133, 3: 136, 4: 134, 5: 135]
            let reason = version == .v5 ? codes[code] ?? 128 : Int32(code)
            phase = .over
            timer?.cancel()
            stream.leave()
            return onEvent(.refused(reasonCode: reason, text: "code \(code)"))
        }
        phase = .connected
        timer?.cancel()
        pingedAt = nil
        events.append(.connected(sessionPresent: isPresent))
        keepAlive()
    }

    /// As libmosquitto does it, looked at every so often.
    private func keepAlive() {
        let interval = settings.keepalive
        guard interval > 0 else { return }
        timer = clock.schedule(at: clock.now + .seconds(min(max(interval / 8, 1), 10))) { [weak self] in
            guard let self, phase == .connected else { return }
            let limit = Duration.seconds(interval)
            if let pingedAt, clock.now - pingedAt >= limit { return end("no answer to a keep-alive") }
            if pingedAt == nil, clock.now - min(lastWritten, lastRead) >= limit {
                pingedAt = clock.now
                outgoing.append(.packet(.pingreq))
                wake()
            }
            keepAlive()
        }
    }

    // MARK: The end

    private func endSoon(_ text: String) {
        if phase != .closing { phase = .closing }
        _ = clock.schedule(at: clock.now) { [weak self] in self?.end(text) }
    }

    private func end(_ text: String) {
        guard phase != .over else { return }
        phase = .over
        timer?.cancel()
        stream.leave()
        onEvent(.disconnected(text: text))
    }
}
