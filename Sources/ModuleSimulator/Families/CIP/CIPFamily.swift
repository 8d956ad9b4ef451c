/// The socket commands of the Luat family (YM310 AT manual chapter 9): one TCP connection, as CIPMUX=0 has it.
///
/// Not there: several links, UDP, transparent mode, and TLS inside the module for sockets (9.6).
extension SimulatedModule {
    /// A timer of the family.
    enum CIPTimer: Equatable {
        /// The result of CIPSEND number n is overdue.
        case sendExpired(Int)
        /// CIPATS sends what CIPSEND number n has.
        case autoSend(Int)
    }

    /// The second half of a command that takes time.
    enum CIPWork: Equatable {
        case activate
    }

    mutating func cipReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        cipSettingReply(command) ?? cipReceiveReply(command) ?? cipSendReply(command, now: now)
            ?? cipConnectionReply(command, now: now)
    }

    mutating func cipStreamHappened(_ event: StreamEvent, now: Duration) {
        switch event {
        case .opened:
            cell.ip = .connected
            printLine("CONNECT OK")
        case .failed: cipConnectFailed()
        case .received: cipReceived()
        case .acknowledged: cipAcknowledged(now: now)
        case .closed:
            cell.ip = .closed
            if dialect.has(.forgetsUnread) { stream.received = [] }
            printLine("CLOSED")
            cipSendLost(now: now)
        case .bearerLost:
            // CFUN and CGATT have set the state themselves and are answered for it.
            if cell.ip != .initial, cell.ip != .deactivated {
                cell.ip = .deactivated
                printLine(deactivationText(nil))
            }
            cipSendLost(now: now)
        }
    }

    mutating func cipTimerFired(_ timer: CIPTimer, now: Duration) {
        switch timer {
        case .sendExpired(let number): cipSendExpired(number, now: now)
        case .autoSend(let number):
            guard case .data(let entry) = phase, entry.purpose == .stream, entry.number == number else { return }
            endData(entry, now: now)
        }
    }

    mutating func completeCIP(_ work: CIPWork, now: Duration) -> Reply {
        switch work {
        case .activate: activateScene()
        }
    }
}
