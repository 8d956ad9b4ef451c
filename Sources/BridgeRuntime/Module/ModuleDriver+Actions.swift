import ATProtocol
import BridgeCore
import LinuxIO
import ModemCore

/// A port that could not be opened.
typealias PortFailure = SerialPort.OpenFailure

/// What each action of the three machines does.
extension ModuleDriver {
    // MARK: Session

    func run(_ actions: [CommandSession.Action]) {
        for action in actions { run(action) }
    }

    private func run(_ action: CommandSession.Action) {
        let now = clock.now
        onAction?(action)
        switch action {
        case .write(let bytes):
            lineBytes.sent += UInt64(bytes.count)
            // What the session sends by itself to get in step; a command was told of by `submit`.
            if current == nil { tellSent(bytes) }
            if owner == .stream, current?.data == bytes { openSend?.isWritten = true }
            guard port.write(bytes) else { return writingFailed() }
            if port.pendingBytes == 0 { run(session.written(now: now)) }
        case .completed(let result):
            completed(result)
        case .urc(let urc):
            if log.isDebug { log(.debug, "<- \(shown(urc))") }
            // The broker closes after our DISCONNECT: no loss.
            if urc == .closed, saysFarewell { return carrierFinished() }
            if urc == .closed, isOnline, transfer != nil { return listenToLastWords() }
            if urc == .outcome(.connackOK), link.kind == .mqtt { delegate?.moduleSessionBegan() }
            if case .outcome(let outcome) = urc { guestOutcome(outcome) }
            if case .outcome(let outcome) = urc { run(publisher.outcomeReceived(outcome, now: now)) }
            if case .socket(let event) = urc { streamEvent(event) }
            run(link.urcReceived(urc, now: now))
        case .message(let message):
            // Over a socket link the module has no subscriptions: it is what stood in a frame that came damaged, and whoever
            // may publish anywhere could have written it.
            guard link.kind == .mqtt else {
                delegate?.moduleCounted(\.inputDiscarded, 1)
                return log(.debug, "discarded a +MSUB: the module has no session of its own")
            }
            if log.isDebug {
                log(.debug, "<- +MSUB: \(readable(message.topic)), \(message.payload.count) bytes")
            }
            if message.fromCache { link.cachedMessageRead() }
            run(link.delivered(now: now))
            delegate?.moduleReceived(message, for: .everybody)
        case .synchronised:
            // It takes commands: no send is open.
            openSend = nil
            link.hostClock(hostClock())
            run(link.synchronised(now: now))
        case .synchronisationFailed:
            run(link.synchronisationFailed(now: now))
        case .dataModeUnknown(let declared):
            link.dataModeRecorded(bytes: declared, send: openSend)
            run(link.synchronisationFailed(now: now))
        case .echoReturned:
            run(link.echoReturned(now: now))
        case .data(let bytes): streamReceived(bytes)
        case .dataDamaged(let discard): streamDamaged(discard)
        case .discarded(let discard):
            discarded(discard)
        }
    }

    /// The port takes nothing more: it is stuck, or went without a word.
    private func writingFailed() {
        log(.error, "the port takes no more bytes: closing it")
        port.close()
        perform { $0.portGone("nothing can be written") }
    }

    /// What the machines make of a port that is gone.
    func portGone(_ reason: String) {
        forgetCommands()
        isFilling = false
        run(session.portClosed(now: clock.now))
        owner = .nobody
        current = nil
        // The module counts on: what is written once the port is back would be taken for the rest.
        if let openSend { link.dataModeRecorded(bytes: openSend.bytes, send: openSend) }
        run(link.portClosed(reason: reason, now: clock.now))
    }

    private func completed(_ result: CommandResult) {
        let now = clock.now
        let finished = owner
        let command = current
        owner = .nobody
        current = nil
        if log.isDebug {
            let lines = command?.line == ATCommand.mqttMessageGet.line ? [] : result.lines
            log(.debug, "<- \(lines.map { shown($0) + " | " }.joined())\(shown(result.final))")
        }
        if result.final == .timedOut { delegate?.moduleCounted(\.commandTimeouts, 1) }
        switch finished {
        case .nobody:
            break
        case .guest:
            guestAnswered(result)
            if result.final == .timedOut { run(link.publishTimedOut("a command of the control socket", now: now)) }
        case .stream: streamAnswered(command, result)
        case .link:
            if command?.line == ATCommand.mqttMode(0).line, result.isSuccess { session.hexMode = false }
            run(link.commandCompleted(result, now: now))
        case .publisher:
            if command?.line == ATCommand.mqttMode(1).line, result.isSuccess { session.hexMode = true }
            if command?.line == ATCommand.mqttMode(0).line, result.isSuccess { session.hexMode = false }
            if command?.data != nil, isFinal(result) {
                // The module is out of its data mode.
                link.dataModeRecorded(bytes: nil)
                delegate?.recordDataMode(bytes: nil)
            }
            run(publisher.commandCompleted(result, now: now))
        }
    }

    private func isFinal(_ result: CommandResult) -> Bool {
        switch result.final {
        case .ok, .text, .error, .cmeError, .cmsError: true
        case .timedOut, .portLost, .noPrompt: false
        }
    }

    private func discarded(_ discard: Discard) {
        switch discard.kind {
        case .unframedMessage, .unmatchedMessage, .ambiguousMessage:
            delegate?.moduleCounted(\.inUnframed, 1)
            delegate?.moduleWarned(
                "unframed",
                """
                a +MSUB could not be taken apart safely (\(discard.kind.words)) and was not delivered: \
                \(readable(discard.excerpt.prefix { $0 != 0x2C }))
                """)
        case .lineOverflow, .damagedFrame, .strayFinal, .doubtfulResult, .strayLine, .responseOverflow, .garbage:
            delegate?.moduleCounted(\.inputDiscarded, 1)
            log(.debug, "discarded \(discard.kind): \(shown(discard.excerpt))")
        }
    }

    // MARK: Link

    func run(_ actions: [LinkAction]) {
        for action in actions { run(action) }
    }

    private func run(_ action: LinkAction) {
        switch action {
        case .openPort: openPort()
        case .closePort:
            forgetCommands()
            port.close()
        case .synchronise(let attempts, let interval):
            forgetCommands()
            owner = .nobody
            current = nil
            run(session.synchronise(attempts: attempts, interval: interval, now: clock.now))
        case .submit(let command): submit(command, for: .link)
        case .restartBlindly:
            forgetCommands()
            delegate?.moduleCounted(\.moduleRestarts, 1)
            let end: [UInt8] = [0x0D, 0x0A]
            let bytes = link.restartLines.reduce(end) { $0 + $1 + end }
            tellSent(bytes)
            if !port.write(bytes) { writingFailed() }
        case .fillDataMode(let count):
            fill([UInt8](repeating: 0x0D, count: min(max(count, 0), 16384)), shown: "<\(count) CR>")
        case .repeatSend:
            let bytes = openBytes
            // Once: after another break it is not known how many of them the module has.
            openSend?.isWritten = true
            fill(bytes, shown: "<\(bytes.count) bytes>")
        case .clearDataModeRecord:
            openSend = nil
            delegate?.recordDataMode(bytes: nil)
        case .resetHardware:
            delegate?.moduleCounted(\.moduleRestarts, 1)
            delegate?.resetHardware()
        case .useSocketDialect(let dialect): session.socketDialect = dialect
        case .streamOpened(let profile): openStream(profile)
        case .streamClosed: closeStream()
        case .online(let profile):
            note(.online)
            isOnline = true
            awaitsConfirmation = false
            publisher.profile = profile
            delegate?.moduleOnline(profile, over: link.kind)
        case .offline(let reason):
            note(.offline)
            isOnline = false
            waitingPublish = nil
            awaitsConfirmation = false
            pausedUntil = nil
            recording = nil
            if let id = publisher.linkBroke(), !Self.isGuest(id) {
                delegate?.moduleReturned(id, certainlyNotSent: false)
            }
            dismissGuestMessages("the link broke: \(reason)")
            delegate?.moduleOffline(reason)
        case .confirmed:
            awaitsConfirmation = false
        case .subscribed(let filter): delegate?.moduleSubscribed(filter)
        case .unsubscribed(let filter): delegate?.moduleUnsubscribed(filter)
        case .overwritten(let count):
            delegate?.moduleCounted(\.inOverwritten, count)
            delegate?.moduleWarned(
                "overwritten", "\(count) cached message(s) were overwritten in the module before they could be read")
        case .pinRefused(let iccid): delegate?.pinRefused(iccid: iccid)
        case .recordManifest(let bytes, let token): delegate?.recordManifest(bytes, token: token)
        case .textMode: publisher.modeIs(text: true)
        case .recordLadder(let memory): delegate?.recordLadder(memory.encoded(wallClock: clock.wallClock))
        case .gaveUp(let reason): delegate?.moduleGaveUp(reason)
        case .report(let report):
            switch report.level {
            case .debug: log(.debug, report.text)
            case .info: log(.info, report.text)
            case .warning: log(.warning, report.text)
            case .error: log(.error, report.text)
            }
        case .finished:
            closeStream()
            delegate?.moduleFinished()
        }
    }

    /// Writes what a data mode may be waiting for.
    private func fill(_ bytes: [UInt8], shown: String) {
        forgetCommands()
        onDialogue?(.sent(shown, bytes: bytes.count))
        guard port.write(bytes) else { return writingFailed() }
        isFilling = port.pendingBytes > 0
        if !isFilling { perform { $0.run($0.link.dataModeFilled(now: $0.clock.now)) } }
    }

    private func openPort() {
        do throws(PortFailure) {
            try port.open()
            note(.portOpened)
            delegate?.portOpened()
            owner = .nobody
            forgetCommands()
            run(session.portOpened(now: clock.now))
            link.hostClock(hostClock())
            run(link.portOpened(now: clock.now))
        } catch {
            note(.portFailed)
            if delegate?.portFailed(error) ?? false { return }
            let reason = "\(error)"
            perform { $0.run($0.link.portClosed(reason: reason, now: $0.clock.now)) }
        }
    }
}
