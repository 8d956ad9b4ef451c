import ATProtocol
import BridgeCore
import ModemCore

/// The socket link: the bytes of one TCP connection between the carrier and the module, and what the carrier reports.
extension ModuleDriver {
    /// What is carried over a socket link at most: a message of this size keeps a line of 115200 baud busy for half a minute.
    static let socketPayloadLimit = 262_144

    /// The same on a line of this rate: what takes longer than two minutes, in hexadecimal digits where the module wants
    /// them, is not carried. Nothing else gets through meanwhile, not even the keep-alive.
    static func socketPayloadLimit(baud: Int, dialect: SocketDialect = .cip) -> Int {
        min(socketPayloadLimit, max(baud, 300) / 10 * 120 / (dialect == .bc260y ? 2 : 1))
    }

    /// What this module carries over a socket link.
    var socketPayloadLimit: Int {
        Self.socketPayloadLimit(baud: baud, dialect: link.currentProfile.socket.dialect)
    }

    /// The most bytes of a payload that any module could carry: more is refused before it is known which one it is.
    var largestPayload: Int {
        carrier == nil ? ModuleProfile.all.filter(\.hasMQTT).map(\.payloadLimit).max() ?? 4100 : Self.socketPayloadLimit
    }

    /// Whether the remote broker sends our own publishes back: MQTT 5 has a word against that (*no local*).
    var bringsEchoes: Bool { link.kind == .mqtt || carrier?.isOldProtocol ?? false }

    /// Gives the connection the line when nobody else wants it.
    func driveStream() {
        guard let carrier else { return }
        driveStream(
            waiting: lastWords == nil ? carrier.waitingBytes : 0, mayReceive: carrier.mayReceive,
            mayGrow: carrier.mayGrow, isHarmless: carrier.isNextHarmless
        ) { carrier.firstBytes($0) }
    }

    /// The same with what a carrier says; a replay has none, and its record only what did not wait.
    func driveStream(
        waiting: Int, mayReceive: Bool, mayGrow: Bool = false, isHarmless: @autoclosure () -> Bool,
        bytes: @escaping (Int) -> [UInt8]
    ) {
        guard transfer != nil, owner == .nobody, session.isIdle, waitingLink == nil else { return }
        switch transfer?.turn(waiting: waiting, mayReceive: mayReceive, mayGrow: mayGrow, now: clock.now) {
        case nil, .nothing: if lastWords != nil { endStream() }
        case .run(let command):
            note(.stream(waiting: waiting, mayReceive: mayReceive, isHarmless: false, size: 0))
            perform { $0.submit(command, for: .stream) }
        case .send(let count):
            let isHarmless = isHarmless()
            perform { driver in
                guard driver.session.isIdle, driver.owner == .nobody else { return }
                let bytes = bytes(count)
                guard !bytes.isEmpty else { return }
                let isRepeatable = OpenSend.saysNothing(bytes)
                driver.note(
                    .stream(
                        waiting: waiting, mayReceive: mayReceive, isHarmless: isHarmless, size: bytes.count,
                        isRepeatable: isRepeatable))
                guard let command = driver.transfer?.send(bytes, now: driver.clock.now) else { return }
                if let data = command.data {
                    driver.openBytes = data
                    driver.openSend = OpenSend(
                        bytes: data.count, isHarmless: isHarmless,
                        isRepeatable: isRepeatable && data.count == bytes.count)
                }
                driver.submit(command, for: .stream)
            }
        }
    }

    /// What the broker said last: an acknowledgement, or why it closes.
    struct LastWords {
        /// When they are given up.
        var due: Duration
        /// Whether the module has been read empty, so that only the client still reads.
        var areRead = false
    }

    /// `CLOSED`: what still lies in the module is read before the link machine hears of it.
    func listenToLastWords() {
        guard lastWords == nil else { return }
        lastWords = LastWords(due: clock.now + .seconds(2))
        streamEvent(.dataWaiting)
    }

    /// A send whose result is due holds up the close of its connection for so long (BC260Y-CN TCP/IP guide 2.3.5 grants
    /// 300 ms): a late one must not be taken for that of the next connection's first send.
    static let resultTime: Duration = .seconds(1)

    /// Nothing more comes of the connection.
    func endStream() {
        guard let words = lastWords, !words.areRead else { return }
        note(.streamEnded)
        lastWords?.areRead = true
        lastWords?.due = clock.now + .seconds(2)
        carrier?.streamEnded()
    }

    /// Nothing more is to be learnt of why it was closed.
    private func streamIsClosed() {
        lastWords = nil
        run(link.urcReceived(.closed, now: clock.now))
    }

    func openStream(_ profile: SocketProfile) {
        transfer = SocketTransfer(profile: profile, pushes: !link.readsOnRequest, learnt: learnt, now: clock.now)
        transfer?.opened()
        // Its clock begins now, not with the first turn that something comes of.
        _ = transfer?.turn(waiting: 0, mayReceive: false, now: clock.now)
        carrier?.streamOpened()
    }

    func closeStream() {
        guard transfer != nil else { return }
        learnt = transfer?.learnt
        if transfer?.unconfirmed != nil { resultDue = clock.now + Self.resultTime }
        transfer = nil
        lastWords = nil
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
        if event == .sent || event == .sendFailed { resultDue = nil }
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
        let reason = "bytes of the TCP connection were damaged on the line (\(discard.kind.words))"
        run(link.sessionFailed(.broken(reason), now: clock.now))
    }

    /// Something came over the session: it works. `through`: so many of the connection's bytes the broker has.
    func streamDelivered(through: Int? = nil) {
        note(.delivered(through: through))
        if let through { transfer?.acknowledged(through: through) }
        run(link.delivered(now: clock.now))
    }

    func streamDeadlineReached(now: Duration) {
        if let due = transfer?.deadline, due <= now {
            for action in transfer?.deadlineReached(now: now) ?? [] { run(action) }
        }
        carrier?.deadlineReached(now: now)
        if let due = resultDue, due <= now { resultDue = nil }
        if let words = lastWords, words.due <= now { words.areRead ? streamIsClosed() : endStream() }
    }

    private func run(_ action: SocketTransfer.Action) {
        switch action {
        case .accepted(let count): carrier?.accepted(count)
        // What can be read of a closed connection is read.
        case .failed where lastWords != nil: endStream()
        case .failed(let reason): run(link.sessionFailed(.broken(reason), now: clock.now))
        }
    }
}

extension ModuleDriver: SocketCarrierDelegate {
    func carrierSessionBegan() { perform { $0.delegate?.moduleSessionBegan() } }

    func carrierEstablished() {
        perform {
            $0.note(.sessionUp)
            $0.run($0.link.sessionEstablished(now: $0.clock.now))
        }
    }

    func carrierFailed(_ failure: SessionFailure) {
        perform { driver in
            driver.note(.sessionFailed(failure))
            guard driver.lastWords != nil else {
                return driver.run(driver.link.sessionFailed(failure, now: driver.clock.now))
            }
            switch failure {
            case .refused, .tls:
                driver.lastWords = nil
                driver.run(driver.link.sessionFailed(failure, now: driver.clock.now))
            case .silent, .closed, .broken: driver.streamIsClosed()
            }
        }
    }

    func carrierFinished() {
        saysFarewell = false
        note(.sessionClosed)
        perform { $0.run($0.link.stop(now: $0.clock.now)) }
    }

    func carrierHasWork() { perform { _ in } }

    func carrierAcknowledged(_ id: Int64, qos: Int) {
        perform { driver in
            driver.wasAccepted()
            // At QoS 0 it was only the module that took it.
            if qos > 0 { driver.streamDelivered(through: driver.carrier.map { Int(clamping: $0.acknowledgedBytes) }) }
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
            driver.streamDelivered()
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
