import ModemCore

/// The bytes: from the client through TLS to the module, and back.
extension SocketCarrier {
    /// Bytes that wait for the module.
    var waitingBytes: Int { outgoing.count }

    /// The first of them, at most so many; they stay until `accepted`. A plain stream is cut at the end of a packet where
    /// that costs little.
    func firstBytes(_ limit: Int) -> [UInt8] {
        guard security == nil else { return outgoing.first(limit) }
        let reach = acceptedBytes + UInt64(min(max(limit, 0), outgoing.count))
        let end = packets.cut(from: acceptedBytes, upTo: reach, leaving: values.leastSend) ?? reach
        return outgoing.first(Int(end - acceptedBytes))
    }

    /// Whether other bytes in place of the next ones could not become part of a message: TLS would notice, and where an
    /// MQTT packet begins the broker does.
    var isNextHarmless: Bool { security != nil || packets.isStart(acceptedBytes) }

    /// The module has so many more.
    func accepted(_ count: Int) {
        acceptedBytes += UInt64(outgoing.drop(count))
        packets.drop(through: acceptedBytes)
        takeCiphertext()
        if outgoing.count == 0 { emptySince = clock.now }
        openStream()
        passFences()
        closeIfDone()
    }

    /// Whether bytes of the module can be taken.
    var mayReceive: Bool { (client?.stream.pendingBytes ?? Self.incomingLimit) < Self.incomingLimit }

    /// Bytes of the connection came.
    func received(_ bytes: [UInt8]) {
        guard phase != .down, !bytes.isEmpty else { return }
        lastReceived = clock.now
        guard let security else { return give(bytes) }
        do throws(StreamSecurityFailure) {
            let plaintext = try security.receive(bytes)
            takeCiphertext()
            if security.isEstablished, !isSecure {
                isSecure = true
                wasSecured = true
                delegate?.carrierReports(.info, "TLS: \(security.summary)")
                openStream()
            }
            give(plaintext)
            if security.isClosedByPeer { failSoon(.closed("the broker closed the connection (TLS close_notify)")) }
        } catch {
            // The alert that says why is on its way out; it is not waited for.
            takeCiphertext()
            failSoon(error.isDamage ? .broken(error.text) : .tls(error.text))
        }
    }

    private func give(_ plaintext: [UInt8]) {
        guard !plaintext.isEmpty, let stream = client?.stream else { return }
        let sound: [UInt8]
        do throws(PacketGuard.Malformed) {
            sound = values.guardsClient ? try incoming.take(plaintext) : plaintext
        } catch {
            return failSoon(.closed("what comes from the broker is no MQTT: \(error.reason)"))
        }
        guard sound.isEmpty || stream.write(sound) else {
            return failSoon(.broken("the module sends more than our MQTT client takes"))
        }
    }

    /// Bytes of the client.
    func clientWrote(_ bytes: [UInt8]) {
        plainRead += UInt64(bytes.count)
        if let security {
            do throws(StreamSecurityFailure) {
                try security.send(bytes)
            } catch {
                return failSoon(error.isDamage ? .broken(error.text) : .tls(error.text))
            }
            takeCiphertext()
        } else {
            outgoing.append(bytes)
            packets.append(bytes)
            ciphered += UInt64(bytes.count)
        }
        marks.append((plainRead, ciphered))
        if let stream = client?.stream { stream.mayRead = outgoing.count < Self.outgoingLimit }
        delegate?.carrierHasWork()
    }

    func takeCiphertext() {
        guard let security, security.pendingCiphertext > 0 else { return }
        let bytes = security.takeCiphertext(security.pendingCiphertext)
        ciphered += UInt64(bytes.count)
        outgoing.append(bytes)
        // A peer that makes TLS answer without end.
        if outgoing.count > Self.mostOutgoing { failSoon(.broken("TLS has more to say than the module takes")) }
        delegate?.carrierHasWork()
    }

    /// Reads from the client while little waits for the module; under TLS not before the handshake is done.
    func openStream() {
        guard let stream = client?.stream else { return }
        stream.mayRead = isSecure && outgoing.count < Self.outgoingLimit
    }

    /// Bytes of the client that the module has.
    private var acceptedPlain: UInt64 {
        var accepted: UInt64 = 0
        for mark in marks where mark.network <= acceptedBytes { accepted = mark.plain }
        return accepted
    }

    /// Where the client's bytes end, counting those that were not read yet.
    var endOfPlain: UInt64 { plainRead + UInt64(client?.stream.unreadBytes ?? 0) }

    /// QoS 0 is done when the module has the bytes.
    private func passFences() {
        let accepted = acceptedPlain
        // The last one that was passed still says how far it is.
        if let last = marks.lastIndex(where: { $0.network <= acceptedBytes }), last > 0 { marks.removeFirst(last) }
        while let fence = fences.first, fence.after <= accepted {
            fences.removeFirst()
            finish(fence.id)
        }
    }
}
