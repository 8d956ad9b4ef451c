/// YM310 AT manual chapter 13, the messages: MPUB, MPUBEX, MSUB, MUNSUB, MQTTMSGSET, MQTTMSGGET, MQTTMODE.
extension SimulatedModule {
    mutating func mqttMessageReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        switch (command.name, command.form) {
        case ("+MPUB", .test): return .says("+MPUB:<topic>,(0-2),(0-1),<message>")
        case ("+MPUB", .set(let arguments)): return publishText(arguments, now: now)
        case ("+MPUBEX", .test): return .says("+MPUBEX:<topic>,(0-2),(0-1),<len>")
        case ("+MPUBEX", .set(let arguments)): return publishData(arguments, now: now)
        case ("+MSUB", .test): return .says("+MSUB:<topic>,(0-2)")
        case ("+MSUB", .set(let arguments)): return subscribe(arguments, now: now)
        case ("+MUNSUB", .test): return .says("+MUNSUB:<topic>")
        case ("+MUNSUB", .set(let arguments)): return unsubscribe(arguments, now: now)
        case ("+MQTTMSGSET", .test): return .says("+MQTTMSGSET:(0,1)")
        case ("+MQTTMSGSET", .query): return .says("+MQTTMSGSET:\(mqtt.isCached ? 1 : 0)")
        case ("+MQTTMSGSET", .set):
            guard let mode = command.number, mode < 2 else { return .fails(.invalidInput) }
            mqtt.isCached = mode == 1
            return .ok
        case ("+MQTTMODE", .test): return .says("+MQTTMODE: (0,1)")
        case ("+MQTTMODE", .query): return .says("+MQTTMODE: \(mqtt.isHex ? 1 : 0)")
        case ("+MQTTMODE", .set):
            guard let mode = command.number, mode < 2 else { return .fails(.invalidInput) }
            mqtt.isHex = mode == 1
            return .ok
        case ("+MQTTMSGGET", .test): return .ok
        case ("+MQTTMSGGET", .query):
            return Reply(
                lines: mqtt.slots.enumerated().map {
                    ascii("+MQTTMSGGET: \($0.offset),\($0.element == nil ? "INVALID" : "VALID")")
                })
        case ("+MQTTMSGGET", .execute): return readCache()
        case ("+MPUB", _), ("+MPUBEX", _), ("+MSUB", _), ("+MUNSUB", _), ("+MQTTMSGSET", _), ("+MQTTMODE", _),
            ("+MQTTMSGGET", _):
            return .error
        default: return nil
        }
    }

    /// Prints the cached messages itself, one piece of output each, so that each has its tag.
    private mutating func readCache() -> Reply {
        for (index, entry) in takeCached().enumerated() {
            printBytes((index == 0 ? ascii("\r\n") : []) + entry.line + ascii("\r\n"), tag: entry.tag)
        }
        return .ok
    }

    /// Topic, QoS and retain as MPUB and MPUBEX begin.
    private func header(_ arguments: [ParsedCommand.Argument]) -> MQTTPacket.Publish? {
        guard arguments.count >= 3, isTopic(arguments[0]), let qos = arguments[1].number, qos < 3,
            let retain = arguments[2].number, retain < 2
        else { return nil }
        return MQTTPacket.Publish(topic: arguments[0].bytes, payload: [], qos: UInt8(qos), retain: retain == 1)
    }

    private func isTopic(_ argument: ParsedCommand.Argument) -> Bool {
        (1...Self.nameLimit).contains(argument.bytes.count)
    }

    private mutating func publishText(_ arguments: [ParsedCommand.Argument], now: Duration) -> Reply {
        // Without its quotes the message is answered by a plain ERROR, seen on an Air780E.
        guard arguments.count == 4, arguments[3].isQuoted else { return .error }
        guard var publish = header(arguments) else { return .fails(.invalidInput) }
        if mqtt.isHex {
            guard let payload = unhexed(arguments[3].bytes) else { return .error }
            publish.payload = payload
        } else {
            publish.payload = Self.unescaped(arguments[3].bytes)
        }
        guard publish.payload.count <= profile.publishLimit else { return .fails(.invalidInput) }
        return self.publish(publish, now: now)
    }

    private mutating func publishData(_ arguments: [ParsedCommand.Argument], now: Duration) -> Reply {
        guard arguments.count == 3 || arguments.count == 4 else { return .error }
        guard let publish = header(arguments) else { return .fails(.invalidInput) }
        guard mqtt.session == .connected else { return .fails(.failed) }
        var entry = DataEntry(purpose: .publish(publish), generation: 0)
        if arguments.count == 4, !arguments[3].isEmpty {
            guard let length = arguments[3].number, (1...profile.publishDataLimit).contains(length) else {
                return .fails(.invalidInput)
            }
            entry.length = length
        }
        watchData(entry, now: now)
        return Reply(ending: .prompt(entry))
    }

    private mutating func subscribe(_ arguments: [ParsedCommand.Argument], now: Duration) -> Reply {
        guard arguments.count == 2, isTopic(arguments[0]), let qos = arguments[1].number, qos < 3 else {
            return .fails(.invalidInput)
        }
        guard mqtt.session == .connected else { return .fails(.failed) }
        note("MSUB filter=\(escaped(arguments[0].bytes)) qos=\(qos)")
        send(.subscribe(id: mqtt.takeID(), filter: arguments[0].bytes, qos: UInt8(qos)), now: now)
        return accepted(expectsOutcome: true, now: now)
    }

    private mutating func unsubscribe(_ arguments: [ParsedCommand.Argument], now: Duration) -> Reply {
        guard arguments.count == 1, isTopic(arguments[0]) else { return .fails(.invalidInput) }
        guard mqtt.session == .connected else { return .fails(.failed) }
        send(.unsubscribe(id: mqtt.takeID(), filter: arguments[0].bytes), now: now)
        return accepted(expectsOutcome: true, now: now)
    }

    /// The four escapes of manual 13.4 and no other: `\22`, `\0D`, `\0A`, `\5C`.
    static func unescaped(_ bytes: [UInt8]) -> [UInt8] {
        var plain: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), let code = unhexed(rest.prefix(2))?.first,
                [0x22, 0x0D, 0x0A, 0x5C].contains(code)
            {
                plain.append(code)
                rest = rest.dropFirst(2)
            } else {
                plain.append(byte)
            }
        }
        return plain
    }
}
