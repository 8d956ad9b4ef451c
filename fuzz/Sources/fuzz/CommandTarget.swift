@testable import ATProtocol
@testable import ModuleSimulator

/// Whatever topic and payload: the simulated module, which shares no code with the encoder, sees exactly one publish of
/// exactly those bytes, or the encoder refuses with a reason that holds. The same for every other text in a command.
@Sendable func fuzzCommand(_ input: FuzzInput) {
    var input = input
    let kind = input.byte()
    switch kind % 16 {
    case 0...2: text(&input)
    case 3...4: hex(&input)
    case 5...6: data(&input)
    case 7...8: identity(&input)
    case 9...10: filters(&input)
    case 11: bearer(&input)
    case 12: server(&input)
    case 13: files(&input)
    case 14: security(&input)
    default: pin(&input)
    }
}

private func publish(_ input: inout FuzzInput) -> MQTTPacket.Publish {
    let (qos, retain) = (input.byte() % 3, input.flag())
    let topic = input.take(input.number(below: 300))
    // A long payload is a short one many times over.
    let times = input.byte() < 16 ? input.number(below: 40) + 1 : 1
    let payload = Array(repeatElement(input.rest, count: times).joined())
    return MQTTPacket.Publish(topic: topic, payload: payload, qos: qos, retain: retain)
}

// MARK: Publishing

private func text(_ input: inout FuzzInput) {
    let wanted = publish(&input)
    guard
        let command = encoded(
            { () throws(ATEncodingError) in
                try .mpubText(
                    topic: wanted.topic, qos: Int(wanted.qos), retain: wanted.retain, payload: wanted.payload)
            }, isRight: isQuotable(wanted.topic) && ATCommand.isText(wanted.payload))
    else { return }
    let module = ModuleAtWork.online(isHex: false)
    module.run(command, mayRefuse: wanted.payload.count > module.publishLimit || module.isTooLong(command))
    module.expect(publish: wanted)
}

private func hex(_ input: inout FuzzInput) {
    let wanted = publish(&input)
    guard
        let command = encoded(
            { () throws(ATEncodingError) in
                try .mpubHex(topic: wanted.topic, qos: Int(wanted.qos), retain: wanted.retain, payload: wanted.payload)
            }, isRight: isQuotable(wanted.topic))
    else { return }
    let module = ModuleAtWork.online(isHex: true)
    module.run(command, mayRefuse: wanted.payload.count > module.publishLimit || module.isTooLong(command))
    module.expect(publish: wanted)
}

private func data(_ input: inout FuzzInput) {
    let wanted = publish(&input)
    guard
        let command = encoded(
            { () throws(ATEncodingError) in
                try .mpubex(topic: wanted.topic, qos: Int(wanted.qos), retain: wanted.retain, data: wanted.payload)
            }, isRight: isQuotable(wanted.topic) && !wanted.payload.isEmpty)
    else { return }
    let module = ModuleAtWork.online(isHex: false)
    module.run(command, mayRefuse: wanted.payload.count > module.publishDataLimit)
    module.expect(publish: wanted)
}

// MARK: Session

private func identity(_ input: inout FuzzInput) {
    let hasWill = input.flag()
    let (qos, retain) = (input.byte() % 3, input.flag())
    let clientID = input.line()
    let username = input.line()
    let password = input.line()
    let topic = input.line()
    let message = Array(repeatElement(input.rest, count: input.byte() < 16 ? 30 : 1).joined())
    let will = hasWill ? MqttWill(topic: topic, message: message, qos: Int(qos), retain: retain) : nil
    let isRight =
        isQuotable(clientID) && isQuotable(username, mayBeEmpty: true) && isQuotable(password, mayBeEmpty: true)
        && (!hasWill || isQuotable(topic) && isQuotable(message, limit: 1360, mayBeEmpty: true))
    guard
        let command = encoded(
            { () throws(ATEncodingError) in
                try .mconfig(clientID: clientID, username: username, password: password, will: will)
            }, isRight: isRight)
    else { return }
    require(
        password.count < 4 || clientID == password || !contains(command.redacted, password)
            || contains(clientID, password)
            || contains(topic, password) || contains(Array("AT+MCONFIG=\"\",\"***\",\"***\",<bytes>".utf8), password),
        "the password is in \(command.redacted)")
    let module = ModuleAtWork.booted()
    module.run(command, mayRefuse: false)
    let seen = module.identity
    let isSame =
        seen.clientID == clientID && (seen.username ?? []) == username && (seen.password ?? []) == password
        && seen.will?.topic == will?.topic && seen.will?.message == will?.message
        && seen.will.map { Int($0.qos) } == will?.qos && seen.will?.retain == will?.retain
    require(isSame, "the module is \(seen)")
}

private func filters(_ input: inout FuzzInput) {
    let isSubscribe = input.flag()
    let qos = input.byte() % 3
    let filter = input.rest
    guard
        let command = encoded(
            { () throws(ATEncodingError) in
                isSubscribe ? try .msub(filter: filter, qos: Int(qos)) : try .munsub(filter: filter)
            }, isRight: isQuotable(filter))
    else { return }
    let module = ModuleAtWork.online(isHex: false)
    module.run(command, mayRefuse: false)
    switch module.packets.first {
    case .subscribe(_, let seen, let seenQoS)?:
        require(isSubscribe && seen == filter && seenQoS == qos, "subscribed to \(shown(seen))")
    case .unsubscribe(_, let seen)?: require(!isSubscribe && seen == filter, "unsubscribed from \(shown(seen))")
    default: require(false, "no packet for \(shown(filter))")
    }
    require(module.packets.count == 1, "\(module.packets.count) packets for \(shown(filter))")
}

private func bearer(_ input: inout FuzzInput) {
    let authenticates = input.flag()
    let (first, second) = (input.line(), input.line())
    let (one, two) = (String(decoding: first, as: UTF8.self), String(decoding: second, as: UTF8.self))
    if authenticates {
        let isRight = isQuotable(Array(one.utf8), mayBeEmpty: true) && isQuotable(Array(two.utf8), mayBeEmpty: true)
        guard
            let command = encoded(
                { () throws(ATEncodingError) in
                    try .cgauth(cid: 1, authentication: .chap, username: one, password: two)
                }, isRight: isRight)
        else { return }
        let module = ModuleAtWork.booted()
        module.run(command, mayRefuse: false)
        require(
            module.cell.authentication == [1: "+CGAUTH: 1,2,\"\(one)\",\"\(two)\""], "\(module.cell.authentication)")
    } else {
        let isRight = isQuotable(Array(one.utf8), limit: 128, mayBeEmpty: true)
        guard
            let command = encoded(
                { () throws(ATEncodingError) in try .cgdcont(cid: 2, apn: one) }, isRight: isRight)
        else { return }
        let module = ModuleAtWork.booted()
        module.run(command, mayRefuse: false)
        let wanted = one.isEmpty ? "cmiot" : one
        require(module.cell.contexts[2]?.apn.utf8.elementsEqual(wanted.utf8) == true, "\(module.cell.contexts)")
        require(module.cell.contexts.count == 2, "\(module.cell.contexts)")
    }
}

private func server(_ input: inout FuzzInput) {
    let isSecure = input.flag()
    let port = input.word()
    let host = String(decoding: input.rest, as: UTF8.self)
    guard
        let command = encoded(
            { () throws(ATEncodingError) in try .mipstart(host: host, port: port, tls: isSecure) },
            isRight: isQuotable(Array(host.utf8)) && (1...65535).contains(port))
    else { return }
    let module = ModuleAtWork.booted()
    module.run(command, mayRefuse: false)
    require(module.opened.count == 1, "\(module.opened.count) connections")
    let opened = module.opened.first
    require(opened?.host.utf8.elementsEqual(host.utf8) == true && opened?.port == port, "\(module.opened)")
    require(opened?.isSecure == isSecure, "TLS is \(opened?.isSecure == true)")
}

// MARK: Files, TLS, card

private func files(_ input: inout FuzzInput) {
    let name = String(decoding: input.line(), as: UTF8.self)
    let contents = input.rest
    let isName = isQuotable(Array(name.utf8), limit: 64)
    guard
        let create = encoded({ () throws(ATEncodingError) in try .fsCreate(name) }, isRight: isName),
        let write = encoded(
            { () throws(ATEncodingError) in try .fsWrite(name, contents: contents) },
            isRight: isName && !contents.isEmpty && contents.count <= 10240)
    else { return }
    let module = ModuleAtWork.booted()
    // Slashes, colons: names that no file can have here.
    let path = FlashFiles.name(Array(name.utf8))
    module.run(create, mayRefuse: path == nil)
    guard let path else { return require(module.flash.names.isEmpty, "a file without a name") }
    require(module.flash.names == [path] && module.flash.content(path) == [], "\(module.flash.names.map(shown))")
    module.run(write, mayRefuse: false)
    require(module.flash.content(path) == contents, "\(shown(module.flash.content(path) ?? []))")
}

private func security(_ input: inout FuzzInput) {
    let name = String(decoding: input.rest, as: UTF8.self)
    guard
        let command = encoded(
            { () throws(ATEncodingError) in try .sslcfg(.hostName(name)) }, isRight: isQuotable(Array(name.utf8)))
    else { return }
    let module = ModuleAtWork.booted()
    module.run(command, mayRefuse: false)
    require(module.hostName.utf8.elementsEqual(name.utf8), "the name is \(module.hostName)")
}

private func pin(_ input: inout FuzzInput) {
    let digits = String(decoding: input.rest, as: UTF8.self)
    let isRight = (4...8).contains(digits.utf8.count) && digits.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    guard let command = encoded({ () throws(ATEncodingError) in try .cpin(digits) }, isRight: isRight) else { return }
    require(!contains(command.redacted, Array(digits.utf8)), "the PIN is in \(command.redacted)")
    let module = ModuleAtWork.locked()
    module.run(command, mayRefuse: digits != "1234")
    require(module.isUnlocked == (digits == "1234"), "\(digits)")
}

// MARK: What may be refused

/// The command, or nil when it was refused; each of the two must be right.
private func encoded(_ encode: () throws(ATEncodingError) -> ATCommand, isRight: Bool) -> ATCommand? {
    do throws(ATEncodingError) {
        let command = try encode()
        require(isRight, "not refused: \(shown(command.line))")
        require(!command.line.contains { $0 < 0x20 || $0 == 0x7F }, "a control byte in \(shown(command.line))")
        return command
    } catch {
        require(!isRight, "refused: \(error)")
        require(!error.description.isEmpty, "refused without words")
        return nil
    }
}

/// Written from the promise, not from the encoder.
private func isQuotable(_ value: [UInt8], limit: Int = 256, mayBeEmpty: Bool = false) -> Bool {
    if value.isEmpty { return mayBeEmpty }
    return value.count <= limit && !value.contains { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 == 0x7F }
}

private func contains(_ text: String, _ bytes: [UInt8]) -> Bool { contains(Array(text.utf8), bytes) }

private func contains(_ text: [UInt8], _ bytes: [UInt8]) -> Bool {
    guard !bytes.isEmpty, text.count >= bytes.count else { return false }
    return (0...(text.count - bytes.count)).contains { text[$0...].starts(with: bytes) }
}
