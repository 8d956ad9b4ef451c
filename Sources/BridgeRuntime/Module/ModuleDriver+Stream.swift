import ATProtocol
import BridgeCore
import ModemCore

/// The socket link: the bytes of one TCP connection between the carrier and the module, and what the carrier reports.
extension ModuleDriver {
    /// Whether the remote broker sends our own publishes back: MQTT 5 has a word against that (*no local*).
    var bringsEchoes: Bool { link.kind == .mqtt || carrier?.isOldProtocol ?? false }

    /// Gives the connection the line when nobody else wants it.
    func driveStream() {
        guard transfer != nil, let carrier, owner == .nobody, session.isIdle, waitingLink == nil else { return }
        let turn = transfer?.turn(
            waiting: carrier.waitingBytes, mayReceive: carrier.mayReceive, now: clock.now)
        switch turn {
        case nil, .nothing: break
        case .run(let command): perform { $0.submit(command, for: .stream) }
        case .send(let count):
            perform { driver in
                guard driver.session.isIdle, driver.owner == .nobody else { return }
                let bytes = carrier.firstBytes(count)
                guard !bytes.isEmpty, let command = driver.transfer?.send(bytes, now: driver.clock.now) else { return }
                if let data = command.data {
                    driver.openSend = OpenSend(bytes: data.count, isHarmless: carrier.isNextHarmless)
                }
                driver.submit(command, for: .stream)
            }
        }
    }

    func openStream(_ profile: SocketProfile) {
        transfer = SocketTransfer(profile: profile, pushes: !link.readsOnRequest)
        transfer?.opened()
        carrier?.streamOpened()
    }

    func closeStream() {
        guard transfer != nil else { return }
        transfer = nil
        for message in carrier?.streamClosed() ?? [] {
            if Self.isGuest(message.id) { continue }  // Dismissed with the other guests' messages.
            delegate?.moduleReturned(message.id, certainlyNotSent: false)
        }
        // The broker was quicker to close than we.
        if saysFarewell { carrierFinished() }
    }

    /// A command of the connection ended.
    func streamAnswered(_ command: ATCommand?, _ result: CommandResult) {
        if command?.data != nil {
            switch result.final {
            case .ok, .text, .error, .cmeError, .cmsError: openSend = nil
            case .timedOut, .portLost, .noPrompt: break
            }
        }
        guard transfer != nil else { return }
        let now = clock.now
        for action in transfer?.commandCompleted(result, now: now) ?? [] { run(action) }
        if result.final == .timedOut || result.final == .noPrompt {
            run(link.publishTimedOut("a command of the TCP connection", now: now))
        }
    }

    /// A line about the connection.
    func streamEvent(_ event: SocketEvent) {
        for action in transfer?.received(event, now: clock.now) ?? [] { run(action) }
    }

    /// Bytes of the connection.
    func streamReceived(_ bytes: [UInt8]) {
        guard transfer != nil else { return }
        transfer?.received(bytes: bytes.count, now: clock.now)
        carrier?.received(bytes)
    }

    /// Bytes of the connection that cannot be trusted.
    func streamDamaged(_ discard: Discard) {
        delegate?.moduleCounted(\.inputDiscarded, 1)
        run(
            link.sessionFailed(
                .broken("bytes of the TCP connection were damaged on the line (\(discard.kind))"), now: clock.now))
    }

    func streamDeadlineReached(now: Duration) {
        if let due = transfer?.deadline, due <= now {
            for action in transfer?.deadlineReached(now: now) ?? [] { run(action) }
        }
        carrier?.deadlineReached(now: now)
    }

    private func run(_ action: SocketTransfer.Action) {
        switch action {
        case .accepted(let count): carrier?.accepted(count)
        case .failed(let reason): run(link.sessionFailed(.broken(reason), now: clock.now))
        }
    }
}

extension ModuleDriver: SocketCarrierDelegate {
    func carrierSessionBegan() { perform { $0.delegate?.moduleSessionBegan() } }

    func carrierEstablished() { perform { $0.run($0.link.sessionEstablished(now: $0.clock.now)) } }

    func carrierFailed(_ failure: SessionFailure) {
        perform { $0.run($0.link.sessionFailed(failure, now: $0.clock.now)) }
    }

    func carrierFinished() {
        saysFarewell = false
        perform { $0.run($0.link.stop(now: $0.clock.now)) }
    }

    func carrierHasWork() { perform { _ in } }

    func carrierAcknowledged(_ id: Int64, qos: Int) {
        perform { driver in
            driver.rejections = 0
            // At QoS 0 it was only the module that took it.
            if qos > 0 { driver.run(driver.link.delivered(now: driver.clock.now)) }
            if Self.isGuest(id) { return driver.guestMessageEnded(id, .acknowledged) }
            driver.delegate?.moduleAcknowledged(id)
        }
    }

    func carrierRefused(_ id: Int64, _ refusal: PublishRefusal) {
        perform { driver in
            if Self.isGuest(id) { return driver.guestMessageEnded(id, .refused(refusal.reason)) }
            switch refusal.fate {
            case .never: driver.delegate?.moduleRefused(id, code: refusal.code, reason: refusal.reason)
            case .aside: driver.delegate?.moduleSetAside(id, reason: refusal.reason)
            case .later:
                let pause = driver.pauseAfterRejection()
                driver.delegate?.moduleWarned(
                    "postponed", "\(refusal.reason): the message is tried again in \(pause.components.seconds) s")
                driver.delegate?.modulePostponed(id)
            }
        }
    }

    func carrierReceived(_ message: ReceivedMessage, for audience: Audience) {
        perform { driver in
            driver.run(driver.link.delivered(now: driver.clock.now))
            driver.delegate?.moduleReceived(message, for: audience)
        }
    }

    func carrierBatchEnded() {
        perform { driver in driver.carrier?.setGate(open: driver.delegate?.moduleMayAcknowledge() ?? true) }
    }

    func carrierSubscribed(_ filter: [UInt8]) { perform { $0.delegate?.moduleSubscribed(filter) } }

    func carrierUnsubscribed(_ filter: [UInt8]) { perform { $0.delegate?.moduleUnsubscribed(filter) } }

    func carrierReports(_ level: LinkReport.Level, _ text: String) {
        perform { $0.run([.report(LinkReport(level, text))]) }
    }
}
