/// The TCP connection and the MQTT session on it.
extension SimulatedModule {
    /// Opens TCP, and TLS on it when it is to be `secure`.
    mutating func openLink(host: String, port: UInt16, secure: Bool, now: Duration) {
        mqtt.link = .connecting
        mqtt.session = .none
        mqtt.disconnected = false
        connections += 1
        mqtt.connection = connections
        mqtt.stream = MQTTStream()
        mqtt.inFlight = [:]
        mqtt.receivedQoS2 = []
        mqtt.isNegotiating = false
        mqtt.isSecure = secure
        mqtt.hasHeard = false
        do throws(TLSProblem) {
            let request = secure ? try tlsRequest(now: now) : nil
            if cell.hasBearer, cell.ip != .deactivated {
                cell.ip = .connecting
                agenda.add(.connectTimeout(generation: mqtt.connection), at: now + .seconds(75))
                let action = request.map { Action.openTLS(mqtt.connection, host: host, port: port, $0) }
                emit(action ?? .openTCP(mqtt.connection, host: host, port: port), now: now)
                return
            }
        } catch {
            note("TLS failed: \(error.reason)")
        }
        if cell.ip != .deactivated { cell.ip = .connecting }
        agenda.add(.connectTimeout(generation: mqtt.connection), at: now + .milliseconds(100))
    }

    mutating func connectTimedOut(generation: Int, now: Duration) {
        guard mqtt.connection == generation, mqtt.link == .connecting else { return }
        if mqtt.isNegotiating { note("TLS failed: the handshake took too long") }
        emit(.closeTCP(mqtt.connection), now: now)
        connectFailed()
    }

    private mutating func connectFailed() {
        mqtt.link = .closed
        // 13.2: a STATE line, then CONNECT FAIL.
        printLine("STATE: " + (cell.ip == .connecting ? CellState.IPState.closed : cell.ip).rawValue)
        if cell.ip == .connecting { cell.ip = .closed }
        printOutcome(ascii("CONNECT FAIL"), isLink: true)
    }

    /// Closes TCP on our side, without a word to the host.
    mutating func closeLink(now: Duration) {
        if mqtt.link == .open || mqtt.link == .connecting { emit(.closeTCP(mqtt.connection), now: now) }
        mqtt.link = .closed
        mqtt.session = .none
        faults.isHalfOpen = false
        faults.missedClose = false
        // What was acknowledged to a session is not told to the next one.
        agenda.removeAll { if case .puback = $0 { true } else { false } }
    }

    /// The bearer went away under the connection: it is dead, and MIPCLOSE still wants to be sent (capture 06).
    mutating func dropLink(now: Duration) {
        dropStream(now: now)
        guard mqtt.link == .open || mqtt.link == .connecting else { return }
        closeLink(now: now)
        mqtt.link = .orphaned
        if phase == .holding { releaseHeld() }
    }

    // MARK: What the network does

    mutating func networkHappened(_ event: NetworkEvent, connection: Int, now: Duration) {
        guard connection == mqtt.connection, mqtt.link == .open || mqtt.link == .connecting else { return }
        switch event {
        case .negotiating:
            mqtt.isNegotiating = true
            let isOurs = { (item: Item) in item == .connectTimeout(generation: connection) }
            agenda.removeAll(where: isOurs)
            agenda.add(.connectTimeout(generation: connection), at: now + negotiationLimit)
        case .refused(let reason):
            note("TLS failed: \(reason)")
            if mqtt.link == .connecting { connectFailed() } else { linkClosed(now: now) }
        case .connected:
            guard mqtt.link == .connecting else { return }
            mqtt.link = .open
            cell.ip = .connected
            printOutcome(ascii("CONNECT OK"), isLink: true)
        case .failed:
            if mqtt.link == .connecting { connectFailed() } else { linkClosed(now: now) }
        case .closed:
            if mqtt.session == .connecting, !mqtt.isSecure, !mqtt.hasHeard, !faults.isHalfOpen {
                secureServerAnswered(now: now)
            } else {
                linkClosed(now: now)
            }
        case .acknowledged: break
        case .bytes(let bytes):
            if mqtt.session == .connecting, !mqtt.isSecure, bytes.starts(with: Self.alert) {
                secureServerAnswered(now: now)
                return
            }
            mqtt.hasHeard = true
            do {
                for packet in try mqtt.stream.append(bytes) where !faults.isHalfOpen { received(packet, now: now) }
            } catch {
                note("the broker's bytes are no MQTT: \(error)")
                closeLink(now: now)
                linkClosed(now: now)
            }
        }
    }

    mutating func linkClosed(now: Duration) {
        if faults.isHalfOpen {
            faults.missedClose = true
            return
        }
        let wasConnecting = mqtt.link == .connecting
        closeLink(now: now)
        if wasConnecting {
            connectFailed()
        } else if mqtt.disconnected, !dialect.has(.closedAfterDisconnect) {
            mqtt.link = .orphaned
        } else {
            cell.ip = .closed
            if phase == .holding { releaseHeld() }
            printOutcome(ascii("CLOSED"), isLink: true)
        }
    }

    /// A refused session is ERROR after the OK (13.3), then the broker closes.
    mutating func sessionRefused(closing: Bool, now: Duration) {
        guard mqtt.session == .connecting else { return }
        mqtt.session = .none
        let wasHolding = phase == .holding
        if wasHolding { phase = .reading }
        printResult("ERROR", code: 4)
        if wasHolding { answered() }
        if closing {
            closeLink(now: now)
            cell.ip = .closed
            printOutcome(ascii("CLOSED"), isLink: true)
        }
    }

    /// How a TLS alert begins.
    private static let alert: [UInt8] = [0x15, 0x03]

    /// A plain session was tried on a TLS port: the broker sends an alert or just closes. Seen as 767 on these modules.
    private mutating func secureServerAnswered(now: Duration) {
        note("the broker closed without a word of MQTT, as TLS ports do")
        mqtt.session = .none
        let wasHolding = phase == .holding
        if wasHolding { phase = .reading }
        printError(.failed)
        if wasHolding { answered() }
        closeLink(now: now)
        cell.ip = .closed
        printOutcome(ascii("CLOSED"), isLink: true)
    }

    // MARK: MQTT

    /// Sends a packet, unless the connection only looks alive.
    mutating func send(_ packet: MQTTPacket, now: Duration) {
        mqtt.lastSent = now
        guard !faults.isHalfOpen else { return }
        emit(.sendToBroker(mqtt.connection, packet.encoded), now: now)
    }

    /// The keep-alive ping is the module's own; one goes out after three quarters of the interval without traffic.
    mutating func pingDue(generation: Int, now: Duration) {
        guard generation == mqtt.connection, mqtt.session == .connected, mqtt.identity.keepAlive > 0 else { return }
        let interval = pingInterval
        if now - mqtt.lastSent >= interval {
            send(.pingreq, now: now)
            agenda.add(.ping(generation: generation), at: now + interval)
        } else {
            agenda.add(.ping(generation: generation), at: mqtt.lastSent + interval)
        }
    }

    private var pingInterval: Duration { .milliseconds(Int(mqtt.identity.keepAlive) * 750) }

    private mutating func received(_ packet: MQTTPacket, now: Duration) {
        switch packet {
        case .connack(_, let code):
            guard mqtt.session == .connecting else { return }
            note("CONNACK code=\(code)")
            if code == 0 {
                mqtt.session = .connected
                agenda.add(.ping(generation: mqtt.connection), at: now + pingInterval)
                printOutcome(ascii("CONNACK OK"))
            } else {
                sessionRefused(closing: false, now: now)
            }
        case .publish(let publish): received(publish, now: now)
        case .puback(let id):
            guard mqtt.inFlight.removeValue(forKey: id) != nil else { return }
            acknowledged("PUBACK", now: now)
        case .pubrec(let id):
            guard mqtt.inFlight[id] != nil else { return }
            printOutcome(ascii("PUBREC"))
            send(.pubrel(id), now: now)
        case .pubcomp(let id):
            guard mqtt.inFlight.removeValue(forKey: id) != nil else { return }
            acknowledged("PUBCOMP", now: now)
        case .pubrel(let id):
            mqtt.receivedQoS2.remove(id)
            send(.pubcomp(id), now: now)
        case .suback: printOutcome(ascii("SUBACK"))
        case .unsuback: printOutcome(ascii("UNSUBACK"))
        case .pingresp: break
        case .connect, .subscribe, .unsubscribe, .pingreq, .disconnect:
            note("the broker sent a packet that only clients send")
        }
    }

    private mutating func acknowledged(_ text: String, now: Duration) {
        if faults.losePuback {
            faults.losePuback = false
            note("\(text) lost")
        } else if let delay = faults.delayPuback {
            faults.delayPuback = nil
            note("\(text) delayed")
            agenda.add(.puback(ascii(text)), at: now + delay)
        } else {
            printOutcome(ascii(text))
        }
    }

    /// Publishes for MPUB and MPUBEX.
    mutating func publish(_ packet: MQTTPacket.Publish, now: Duration) -> Reply {
        if faults.refusedTopic == packet.topic { return .error }
        if let text = faults.nextPublishError {
            faults.nextPublishError = nil
            return text == "ERROR" ? .error : Reply(ending: .raw(text))
        }
        guard mqtt.session == .connected else { return .fails(.failed) }
        var packet = packet
        if packet.qos > 0 { packet.id = mqtt.takeID() }
        if keepsNotes {
            let fate = faults.losePublish ? " lost" : ""
            note(
                "MPUB topic=\(escaped(packet.topic)) bytes=\(packet.payload.count) qos=\(packet.qos)\(fate) "
                    + "payload=\(escaped(packet.payload.prefix(64)))")
        }
        if faults.losePublish {
            faults.losePublish = false
        } else {
            if packet.qos > 0 { mqtt.inFlight[packet.id] = packet.qos }
            send(.publish(packet), now: now)
        }
        return accepted(expectsOutcome: packet.qos > 0, now: now)
    }

    /// OK, or with `outcome-first` nothing until the outcome has come.
    mutating func accepted(expectsOutcome: Bool, now: Duration) -> Reply {
        guard expectsOutcome, dialect.has(.outcomeFirst) else { return .ok }
        agenda.removeAll { $0 == .releaseHeld }
        agenda.add(.releaseHeld, at: now + .seconds(5))
        return Reply(ending: .held)
    }
}
