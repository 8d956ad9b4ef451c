import ATProtocol
import ModemCore

/// A record that has lost its beginning.
extension ControllerReplay {
    /// Goes to the first event at which the state is known, and brings the driver there.
    func skipToWhole() {
        var isOnline = record.settings["began"] == "online"
        // At a question for the state no send and no read is under way.
        let polls = [ATCommand.mqttStatus, .cipstatus, .qistat, .qistateContext].map(\.line)
        for (place, entry) in record.entries.enumerated() {
            var isWhole = false
            switch entry.event {
            case .sent(let line): isWhole = isOnline && polls.contains { line.elementsEqual($0) }
            case .received: break
            case .note(let text):
                switch DialogueNote(text) {
                case .start:
                    index = place
                    return tell(place)
                case .online:
                    isOnline = true
                    index = place + 1
                    tell(place + 1)
                    return warmUp()
                case .offline, .portClosed: isOnline = false
                case .publish, .guest: isWhole = isOnline
                case .stream, .streamEnded, .sessionUp, .sessionFailed, .sessionClosed, .delivered, .stop, .portOpened,
                    .portFailed,
                    .dataModeRecorded, .manifestRecorded, .resetFinished, nil:
                    break
                }
            }
            guard isWhole else { continue }
            index = place
            tell(place)
            return warmUp()
        }
        index = record.entries.count
        tell(index)
    }

    private func tell(_ skipped: Int) {
        emit(.note, "the beginning is gone: \(skipped) events before the first state that is known are left out")
    }

    private func warmUp() {
        guard let driver else { return }
        isWarmingUp = true
        let identity = settings.profile?.name ?? "YM310"
        port.onWrite = { [weak self] bytes in
            guard let self else { return }
            let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: { $0 == "\r\n" || $0 == "\n" })
            toWarmUp += lines.map(String.init)
        }
        driver.start(dataModeRecord: nil)
        var rounds = 0
        while !driver.isOnline, rounds < 5_000 {
            rounds += 1
            if driver.transfer != nil, toWarmUp.isEmpty {
                driver.carrierEstablished()
            } else if toWarmUp.isEmpty {
                guard clock.nextDue != nil else { break }
                clock.fire()
            } else {
                let line = toWarmUp.removeFirst()
                port.onBytes(Array(ReplayModule.answer(to: line, identity: identity).utf8))
            }
        }
        port.onWrite = { _ in }
        toWarmUp = []
        isWarmingUp = false
        _ = logged.take()
        if index < record.entries.count { offset = clock.now - record.entries[index].at }
        if !driver.isOnline { emit(.note, "no session could be assumed: \(driver.summary)") }
    }
}
