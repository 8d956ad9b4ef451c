import ATProtocol
import BridgeCore
import ModemCore

/// What each action of the publisher does.
extension ModuleDriver {
    /// No publish for a while; longer each time in a row.
    func pauseAfterRejection() -> Duration {
        // Those of one window come together.
        if let pausedUntil { return pausedUntil - clock.now }
        rejections += 1
        let pause = min(Duration.milliseconds(500) * (1 << min(rejections - 1, 7)), .seconds(60))
        pausedUntil = clock.now + pause
        return pause
    }

    /// A publish was accepted. Among the refusals of one window that says nothing of the next try.
    func wasAccepted() {
        if pausedUntil == nil { rejections = 0 }
    }

    private func returned(_ id: Int64, _ reason: String) {
        if Self.isGuest(id) {
            guestMessageEnded(id, .noLink("\(reason); it may have arrived all the same"))
        } else {
            delegate?.moduleReturned(id, certainlyNotSent: false)
        }
    }

    func run(_ action: PublishStateMachine.Action) {
        let now = clock.now
        switch action {
        case .none: break
        case .submit(let command): submit(command, for: .publisher)
        case .record(let bytes):
            recording = bytes
            delegate?.recordDataMode(bytes: bytes)
        case .acknowledged(let id, _):
            wasAccepted()
            // At QoS 0 it was only the module that took it.
            if openQoS > 0 { run(link.delivered(now: now)) }
            if Self.isGuest(id) { return guestMessageEnded(id, .acknowledged) }
            delegate?.moduleAcknowledged(id)
        case .refused(let id, let code, let reason):
            if Self.isGuest(id) { return guestMessageEnded(id, .refused(reason)) }
            delegate?.moduleRefused(id, code: code, reason: reason)
        case .rejected(let id, let reason):
            // The message stays; MQTTSTATU decides whether it is tried again here or after a reconnect.
            _ = pauseAfterRejection()
            awaitsConfirmation = true
            log(.warning, "a publish was refused (\(reason)); asking for the state of the session")
            if Self.isGuest(id) {
                guestMessageEnded(id, .refused("the module refused it: \(reason)"))
            } else {
                delegate?.moduleReturned(id, certainlyNotSent: true)
            }
            run(link.publishWasRefused(now: now))
        case .timedOut(let id):
            // What the link waits to send was for the session as it stood.
            waitingLink = nil
            returned(id, "the module gave no answer")
            run(link.publishTimedOut(now: now))
        case .late(let id, let acknowledgement):
            let isHeartbeat = Dispatcher.isHeartbeat(id) && !Self.isGuest(id)
            let what = isHeartbeat ? "the heartbeat's \(acknowledgement)" : acknowledgement
            delegate?.moduleCounted(\.lateAcknowledgements, 1)
            log(.warning, "\(what) is late: ending the session, so that it cannot be credited to another message")
            returned(id, "\(what) is late")
            run(link.acknowledgementLate(what, now: now))
        case .stray:
            delegate?.moduleCounted(\.strayAcknowledgements, 1)
            delegate?.moduleWarned(
                "stray", "an acknowledgement came with no publish open; it is credited to nobody")
        }
    }
}
