/// Messages from the broker to the host: direct or cached.
extension SimulatedModule {
    /// Takes a PUBLISH in, acknowledges it at once as the module does, and tells the host.
    mutating func received(_ publish: MQTTPacket.Publish, now: Duration) {
        if publish.qos == 2 {
            let isNew = mqtt.receivedQoS2.insert(publish.id).inserted
            if isNew { deliver(publish) }
            send(.pubrec(publish.id), now: now)
        } else {
            deliver(publish)
            if publish.qos == 1 { send(.puback(publish.id), now: now) }
        }
    }

    private mutating func deliver(_ publish: MQTTPacket.Publish) {
        guard mqtt.isCached else {
            let tag = PrintTag(topic: publish.topic, payload: publish.payload, fromCache: false)
            printBytes(framed([directLine(publish.topic, publish.payload)]), tag: tag)
            return
        }
        mqtt.arrivals += 1
        let entry = MQTTState.Cached(topic: publish.topic, payload: publish.payload, order: mqtt.arrivals)
        let slot = freeSlot
        if let old = mqtt.slots[slot] {
            note(
                "MSUB overwritten topic=\(escaped(old.topic)) bytes=\(old.payload.count) "
                    + "payload=\(escaped(old.payload.prefix(64)))")
        }
        mqtt.slots[slot] = entry
        printLine("+MSUB: \(slot)")
    }

    /// The first free slot, or the one that holds the oldest message.
    private var freeSlot: Int {
        if let free = mqtt.slots.firstIndex(where: { $0 == nil }) { return free }
        return mqtt.slots.indices.min { (mqtt.slots[$0]?.order ?? 0) < (mqtt.slots[$1]?.order ?? 0) } ?? 0
    }

    /// The lines of AT+MQTTMSGGET, oldest message first, each with its tag; the slots are empty afterwards.
    mutating func takeCached() -> [(line: [UInt8], tag: PrintTag)] {
        let waiting = mqtt.slots.compactMap { $0 }.sorted { $0.order < $1.order }
        mqtt.slots = [nil, nil, nil, nil]
        return waiting.map {
            (cachedLine($0.topic, $0.payload), PrintTag(topic: $0.topic, payload: $0.payload, fromCache: true))
        }
    }

    // MARK: Spelling

    private func directLine(_ topic: [UInt8], _ payload: [UInt8]) -> [UInt8] {
        ascii("+MSUB: ") + (dialect.has(.bareTopic) ? topic : quoted(topic)) + body(payload)
    }

    private func cachedLine(_ topic: [UInt8], _ payload: [UInt8]) -> [UInt8] {
        if dialect.has(.tightCached) { return ascii("+MSUB:") + topic + body(payload) }
        return ascii("+MSUB: ") + (dialect.has(.bareCached) ? topic : quoted(topic)) + body(payload)
    }

    private func quoted(_ bytes: [UInt8]) -> [UInt8] { ascii("\"") + bytes + ascii("\"") }

    /// `,N byte,payload`: N counts bytes also where MQTTMODE=1 prints them as hex (capture 07). A payload over the
    /// receive limit is cut there, and N says what is left.
    private func body(_ payload: [UInt8]) -> [UInt8] {
        let kept = payload.prefix(profile.receiveLimit)
        let unit = dialect.has(.noUnit) ? "" : " byte"
        return ascii(",\(kept.count)\(unit),") + (mqtt.isHex ? kept.flatMap { hex($0) } : Array(kept))
    }
}
