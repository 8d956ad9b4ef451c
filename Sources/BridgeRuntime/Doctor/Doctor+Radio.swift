import ATProtocol
import Configuration
import LinuxIO
import ModemCore

/// Identity, card, signal, operator, registration, attach and address, whoever asks.
extension Doctor {
    /// `own`: by a port of this process, which may enter the PIN, attach, set the APN and activate as the service would;
    /// else nothing but questions is asked. Whether all of it is well.
    func examine(_ queries: some ModuleQueries, own: Bool) throws(CommandFailure) -> Bool {
        let profile = configuration.module.profile == .automatic ? nil : configuration.module.profile.rawValue
        guard
            try stage(
                .identity,
                { () throws(CommandFailure) in
                    let model = try queries.ask(.ati)
                    settle(ModuleProfile.identified(by: Array(model.lines.joined(separator: [0x20]))))
                    let found = PortChecks.identity(
                        model: model, revision: try queries.ask(.cgmr), imei: try queries.ask(.cgsn),
                        supply: (try? queries.ask(ATCommand(line: Array("AT+CBC".utf8), prefixes: ["+CBC"])))
                            ?? Answer([], "ERROR"), configured: profile)
                    return kind == .mqtt && !self.profile.hasMQTT ? PortChecks.noClient(found, self.profile) : found
                })
        else { return false }
        guard try stage(.card, { () throws(CommandFailure) in try examineCard(queries, own: own) }) else {
            return false
        }
        // Reports with the reason of a refusal; what was set before is set again.
        let before = own ? try? queries.ask(.ceregQuery).fields("+CEREG")?.number(0) : nil
        if own { for command in [ATCommand.ceregEnable(3), .cgregEnable(3)] { _ = try? queries.ask(command) } }
        defer {
            if own {
                for command in [ATCommand.ceregEnable(before ?? 0), .cgregEnable(before ?? 0)] {
                    _ = try? queries.ask(command)
                }
            }
        }
        var strength: Int?
        guard
            try stage(
                .signal,
                { () throws(CommandFailure) in
                    let found = try examineSignal(queries, own: own)
                    strength = found.strength
                    return found.finding
                })
        else { return false }
        guard
            try stage(
                .network,
                { () throws(CommandFailure) in
                    RadioChecks.network(try queries.ask(.copsQuery), isGSM: self.profile.socket.dialect == .qi)
                })
        else { return false }
        guard
            try stage(
                .registration,
                { () throws(CommandFailure) in try examineRegistration(queries, own: own, strength: strength) })
        else { return false }
        guard try stage(.attach, { () throws(CommandFailure) in try examineAttachment(queries, own: own) }) else {
            return false
        }
        let isFine = try stage(.address) { () throws(CommandFailure) in try examineAddress(queries, own: own) }
        checks.hasAddress = findings.last?.outcome == .ok
        return isFine
    }

    private func patience(_ own: Bool) -> Duration { loop.now + (own ? options.wait : .zero) }

    // MARK: Card

    private func examineCard(_ queries: some ModuleQueries, own: Bool) throws(CommandFailure) -> Finding {
        let mark = configuration.pinFileMark
        let wasRefused = try configuration.peekIfThere(Dispatcher.Meta.refusedPIN).map { $0 == mark } ?? false
        var pin: CardChecks.PIN = configuration.module.pin == nil ? .missing : wasRefused ? .refused : .known
        let end = patience(own)
        while true {
            switch CardChecks.status(try queries.ask(.cpinQuery)) {
            case .ready:
                return CardChecks.ready(iccid: try queries.ask(profile.cardNumber), imsi: try queries.ask(.cimi))
            case .bad(let finding): return finding
            case .busy: if loop.now >= end { return CardChecks.stillBusy }
            case .wantsPIN:
                if pin == .taken, loop.now < end { break }
                guard own, pin == .known else { return CardChecks.pin(pin) }
                if let problem = try enterPIN(queries, mark: mark) { return problem }
                pin = .taken
            }
            try rest(.seconds(1))
        }
    }

    /// Sends the PIN once. A refusal is remembered before anything else, for three of them lock the card.
    private func enterPIN(_ queries: some ModuleQueries, mark: [UInt8]) throws(CommandFailure) -> Finding? {
        guard let pin = configuration.module.pin,
            let command = try? ATCommand.cpin(String(decoding: pin, as: UTF8.self))
        else { return CardChecks.pin(.missing) }
        let state: StateDirectory
        do throws(CommandFailure) {
            state = try StateDirectory(configuration, loop: loop)
        } catch {
            return CardChecks.pinNotSent(error.text)
        }
        defer { state.close() }
        if try queries.ask(command).isSuccess { return nil }
        try state.write(Dispatcher.Meta.refusedPIN, mark)
        return CardChecks.pin(.refused)
    }

    // MARK: Radio

    private func readings(_ queries: some ModuleQueries) throws(CommandFailure) -> [RadioChecks.Registration] {
        // GSM modules have no EPS; CREG is what their guide asks (Quectel GSM TCP/IP guide 2).
        if profile.socket.dialect == .qi {
            let commands = [ATCommand.cgregQuery, ATCommand(line: Array("AT+CREG?".utf8), prefixes: ["+CREG"])]
            var found: [RadioChecks.Registration] = []
            for command in commands {
                found += [RadioChecks.registration(try queries.ask(command))].compactMap(\.self)
                if found.contains(where: \.isRegistered) { break }
            }
            return found
        }
        let eps = RadioChecks.registration(try queries.ask(.ceregQuery))
        if let eps, eps.isRegistered { return [eps] }
        return [eps, RadioChecks.registration(try queries.ask(.cgregQuery))].compactMap(\.self)
    }

    private func examineSignal(
        _ queries: some ModuleQueries, own: Bool
    ) throws(CommandFailure) -> (finding: Finding, strength: Int?) {
        let end = patience(own)
        while true {
            let answer = try queries.ask(.csq)
            let strength = RadioChecks.strength(answer)
            if strength != nil || !answer.isSuccess {
                return (RadioChecks.signal(answer, isRegistered: false), strength)
            }
            // Denied is heard, too.
            let isHeard = try readings(queries).contains { $0.isRegistered || $0.status == 3 }
            if isHeard || loop.now >= end { return (RadioChecks.signal(answer, isRegistered: isHeard), nil) }
            try rest(.milliseconds(500))
        }
    }

    private func examineRegistration(
        _ queries: some ModuleQueries, own: Bool, strength: Int?
    ) throws(CommandFailure) -> Finding {
        let end = patience(own)
        // A refusal by one network need not be the last word: the module goes on to the next.
        let short = min(end, loop.now + .seconds(15))
        while true {
            let found = try readings(queries)
            let isOver = loop.now >= (found.contains { $0.status == 3 } ? short : end)
            if isOver || found.contains(where: \.isRegistered) {
                return RadioChecks.registration(found, strength: strength)
            }
            try rest(.seconds(1))
        }
    }

    // MARK: Packets

    private func examineAttachment(_ queries: some ModuleQueries, own: Bool) throws(CommandFailure) -> Finding {
        let end = patience(own)
        var tried: Answer?
        while true {
            let finding = PacketChecks.attach(try queries.ask(.cgattQuery), tried: tried)
            if finding.outcome == .ok || loop.now >= end || tried?.isSuccess == false { return finding }
            if tried == nil { tried = try queries.ask(.cgatt(1)) } else { try rest(.seconds(1)) }
        }
    }

    private func examineAddress(_ queries: some ModuleQueries, own: Bool) throws(CommandFailure) -> Finding {
        switch profile.socket.dialect {
        case .cip: break
        case .qi where kind == .socket: return try examineBearer(queries, own: own)
        case .bc260y where kind == .socket: return try examineOwnContext(queries, own: own)
        case .qi, .bc260y: break
        }
        let cid = contextID
        var apn = PacketChecks.apn(try queries.ask(.cgdcontQuery), cid: cid)
        if own, let wanted = configuration.module.apn, !PacketChecks.isSame(apn, wanted.name) {
            if let refusal = try setAPN(wanted, queries) { return refusal }
            apn = wanted.name
        }
        let end = patience(own)
        var refusal: Answer?
        while true {
            // Only the first context may be asked for by its number through the service.
            let answer = try queries.ask(.cgpaddr(cid: own || cid == 1 ? cid : nil))
            let address = PacketChecks.address(answer, cid: cid)
            if address != nil || !own || refusal?.isSuccess == false || loop.now >= end {
                return PacketChecks.address(
                    address, apn: apn, cid: cid, refusal: refusal?.isSuccess == false ? refusal : nil,
                    typed: configuration.apnCauses)
            }
            refusal = try queries.ask(.cgact(state: 1, cid: cid))
            if refusal?.isSuccess == true { try rest(.seconds(1)) }
        }
    }

    /// The GSM modules open their bearer with the connection; here it is opened to see its address (Quectel GSM TCP/IP guide
    /// 2, 9). The link releases it before it begins.
    private func examineBearer(_ queries: some ModuleQueries, own: Bool) throws(CommandFailure) -> Finding {
        guard own else { return .skipped(.address, "comes with the connection (AT+QIOPEN)") }
        let apn = configuration.module.apn?.name
        func address() throws(CommandFailure) -> String? {
            let text = try queries.ask(.qilocip).value
            return text.flatMap { PacketChecks.isAddress($0) && $0 != "0.0.0.0" ? $0 : nil }
        }
        var refusal: (answer: Answer, command: String)?
        var found = try address()
        if found == nil {
            _ = try queries.ask(.qifgcnt(0))
            let access = configuration.linkSettings(pinWasRefused: true).accessPoint
            if let access {
                guard
                    let command = try? ATCommand.qicsgp(
                        apn: access.name, user: access.username ?? "", password: access.password ?? "")
                else {
                    return .failed(.address, "[module] apn cannot be carried", configuration.apnCauses + [.privateAPN])
                }
                let answer = try queries.ask(command)
                if !answer.isSuccess { refusal = (answer, "AT+QICSGP") }
            }
            if refusal == nil {
                // Not in the guide, and refused where it is not needed.
                _ = try queries.ask(ATCommand(line: Array("AT+QIREGAPP".utf8), timeout: .seconds(60)))
                let answer = try queries.ask(.qiact)
                if !answer.isSuccess { refusal = (answer, "AT+QIACT") }
                found = try address()
            }
        }
        return PacketChecks.address(
            found, apn: apn, cid: contextID, refusal: refusal?.answer, command: refusal?.command,
            typed: configuration.apnCauses)
    }

    /// The NB-IoT module gets its address with the attach, in a context of its own choice (BC260Y-CN TCP/IP guide 2.3.2,
    /// 4.1.1).
    private func examineOwnContext(_ queries: some ModuleQueries, own: Bool) throws(CommandFailure) -> Finding {
        let cid = contextID
        var apn = PacketChecks.apn(try queries.ask(.cgdcontQuery), cid: cid)
        if own, let wanted = configuration.module.apn, !PacketChecks.isSame(apn, wanted.name) {
            if let refusal = try setAPN(wanted, queries) { return refusal }
            apn = wanted.name
        }
        let end = patience(own)
        while true {
            let address = PacketChecks.address(try queries.ask(.cgpaddr(cid: nil)), cid: nil)
            if address != nil || loop.now >= end {
                return PacketChecks.address(address, apn: apn, cid: cid, refusal: nil, typed: configuration.apnCauses)
            }
            try rest(.seconds(1))
        }
    }

    /// Sets the configured APN as the service does (YM310 AT manual 6.3, 6.4; it takes effect when attached anew).
    private func setAPN(
        _ apn: Configuration.APN, _ queries: some ModuleQueries
    ) throws(CommandFailure) -> Finding? {
        let settings = configuration.linkSettings(pinWasRefused: true).accessPoint
        guard let settings, let context = try? ATCommand.cgdcont(cid: apn.cid, apn: apn.name),
            let authentication = try? ATCommand.cgauth(
                cid: apn.cid, authentication: settings.authentication, username: settings.username ?? "",
                password: settings.password ?? "")
        else { return .failed(.address, "[module] apn cannot be carried", configuration.apnCauses + [.privateAPN]) }
        var commands = [context]
        if settings.username != nil { commands.append(authentication) }
        for command in commands {
            let answer = try queries.ask(command)
            guard answer.isSuccess else {
                return .failed(
                    .address, "the module refused APN \(apn.name): \(answer.final)",
                    configuration.apnCauses + [.privateAPN], facts: [.text("apn", apn.name)])
            }
        }
        _ = try queries.ask(.cgatt(0))
        _ = try queries.ask(.cgatt(1))
        return nil
    }
}
