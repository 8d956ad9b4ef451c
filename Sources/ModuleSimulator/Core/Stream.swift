/// The byte-stream connection of the socket commands, the same for every family.
extension SimulatedModule {
    /// Begins to connect; `opened` or `failed` follows. What was there before is closed.
    mutating func openStream(host: String, port: UInt16, now: Duration) {
        closeStream(now: now)
        connections += 1
        stream = StreamState(link: .connecting, connection: connections)
        let canConnect = cell.hasBearer && cell.ip != .deactivated
        let wait = canConnect ? profile.streamConnectTimeout : .milliseconds(100)
        agenda.add(.streamTimeout(connection: stream.connection), at: now + wait)
        guard canConnect else { return }
        emit(.openTCP(stream.connection, host: host, port: port), now: now)
    }

    /// How many bytes the module can take from the host now.
    var streamRoom: Int { max(0, profile.sendBuffer - stream.unacknowledged) }

    /// Takes bytes from the host to the far side; the caller has looked at `streamRoom`.
    mutating func sendStream(_ bytes: [UInt8], now: Duration) {
        guard stream.link == .open, !bytes.isEmpty else { return }
        passNAT(now: now)
        stream.sent += bytes.count
        if stream.isBlackHole {
            stream.withheld += bytes
        } else {
            emit(.sendToBroker(stream.connection, bytes), now: now)
        }
    }

    /// Takes up to `limit` bytes from the receive buffer.
    mutating func takeStream(_ limit: Int) -> [UInt8] {
        let bytes = Array(stream.received.prefix(limit))
        stream.received.removeFirst(bytes.count)
        return bytes
    }

    /// Closes TCP on our side; the family hears nothing. What was received stays readable.
    mutating func closeStream(now: Duration) {
        agenda.removeAll { $0 == .streamTimeout(connection: stream.connection) }
        guard stream.link != .closed else { return }
        emit(.closeTCP(stream.connection), now: now)
        stream.link = .closed
        stream.isBlackHole = false
        stream.withheld = []
        stream.missed = []
    }

    /// The bearer went away under it.
    mutating func dropStream(now: Duration) {
        guard stream.link != .closed else { return }
        closeStream(now: now)
        streamHappened(.bearerLost, now: now)
    }

    /// The far side closes, as a fault.
    mutating func breakStream(now: Duration) {
        guard stream.link != .closed else { return }
        let wasConnecting = stream.link == .connecting
        closeStream(now: now)
        streamHappened(wasConnecting ? .failed : .closed, now: now)
    }

    mutating func streamTimedOut(connection: Int, now: Duration) {
        guard stream.connection == connection, stream.link == .connecting else { return }
        closeStream(now: now)
        streamHappened(.failed, now: now)
    }

    // MARK: What the network does

    mutating func streamNetworkHappened(_ event: NetworkEvent, now: Duration) {
        if case .bytes(let bytes) = event { stream.underWay = max(0, stream.underWay - bytes.count) }
        guard stream.link != .closed else { return }
        passNAT(now: now)
        if stream.isBlackHole {
            stream.missed.append(event)
            return
        }
        switch event {
        case .connected:
            guard stream.link == .connecting else { return }
            agenda.removeAll { $0 == .streamTimeout(connection: stream.connection) }
            stream.link = .open
            streamHappened(.opened, now: now)
        case .failed, .refused: breakStream(now: now)
        case .closed: breakStream(now: now)
        case .bytes(let bytes):
            guard stream.link == .open else { return }
            stream.received += bytes
            stream.arrived += bytes.count
            streamHappened(.received, now: now)
        case .acknowledged(let count):
            guard count > stream.acknowledged else { return }
            stream.acknowledged = min(count, stream.sent)
            streamHappened(.acknowledged, now: now)
        case .negotiating: break
        }
    }

    private mutating func streamHappened(_ event: StreamEvent, now: Duration) {
        guard power == .running || power == .hung else { return }
        switch profile.family {
        case .luat: cipStreamHappened(event, now: now)
        case .quectelGSM: quectelStreamHappened(event, now: now)
        case .bc260y: bc260yStreamHappened(event, now: now)
        }
    }

    /// A NAT on the way that has forgotten an idle connection lets nothing through any more; keep-alive probes (CIPTKA)
    /// more often than that keep it awake.
    private mutating func passNAT(now: Duration) {
        defer { stream.lastTraffic = now }
        guard let limit = faults.socket.natIdle, stream.link == .open, now - stream.lastTraffic >= limit else { return }
        if cip.keepAlive[0] == 1, Duration.seconds(cip.keepAlive[1]) < limit { return }
        blackHoleStream()
    }

    /// Nothing of the connection gets through any more, and nobody is told.
    mutating func blackHoleStream() { stream.isBlackHole = stream.link == .open }

    /// TCP repeats what was lost.
    mutating func healStream(now: Duration) {
        guard stream.isBlackHole else { return }
        stream.isBlackHole = false
        let (bytes, events) = (stream.withheld, stream.missed)
        (stream.withheld, stream.missed) = ([], [])
        if !bytes.isEmpty { emit(.sendToBroker(stream.connection, bytes), now: now) }
        for event in events {
            if case .bytes(let bytes) = event { stream.underWay += bytes.count }
            streamNetworkHappened(event, now: now)
        }
    }

    // MARK: Flow control

    /// Whether `connection` is the socket commands', whose far side is to be told of acknowledgements.
    package func isStream(_ connection: Int) -> Bool { connection == stream.connection }

    /// Whether bytes that came on `connection` are to be handed in. While the module's receive buffer is full, no:
    /// they stay in the network, and the far side feels it.
    package func wantsBytes(connection: Int) -> Bool {
        guard isStream(connection) else { return true }
        return !stream.isBlackHole && stream.received.count + stream.underWay < profile.receiveBuffer
    }
}
