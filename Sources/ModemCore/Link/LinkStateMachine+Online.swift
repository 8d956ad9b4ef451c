import ATProtocol

/// The online state: `MQTTSTATU`, the cache, `CLOSED`.
///
/// A session that was reported offline is never reported online again without a new `MCONNECT`: the publisher has
/// taken its open message back by then, and a late acknowledgement of the old session would be credited to another.
extension LinkStateMachine {
    mutating func statusAnswered(_ result: CommandResult, now: Duration) {
        if closedDuring {
            // The answer may be older than the CLOSED.
            return run(.status)
        }
        let digit = result.lines.last?.last { $0 >= 0x30 && $0 <= 0x39 }.map { Int($0) - 0x30 }
        switch (result.isSuccess, digit) {
        case (true, 1) where isOnline:
            if publishRefused {
                publishRefused = false
                actions.append(.confirmed)
            }
            backOnline(now: now)
        case (true, 2):
            goOffline("the MQTT session is gone")
            enterAfterFailure(Failure(.path, at: .session), now: now)
        case (true, 0):
            goOffline("the module reports no connection")
            sessionGone = true
            enterAfterFailure(Failure(.path), now: now)
        default:
            goOffline("AT+MQTTSTATU was answered \(result.final.wireText)")
            enterAfterFailure(Failure(.module), now: now)
        }
    }

    // MARK: Cache

    mutating func messageCached() {
        // Bounded, so that a module gone mad cannot make it overflow.
        noticesPending = min(noticesPending + 1, 1_000_000)
        if case .online = state { readCache() }
    }

    /// A message was printed by `AT+MQTTMSGGET`.
    public mutating func cachedMessageRead() { messagesSinceRead = min(messagesSinceRead + 1, 1_000_000) }

    mutating func cacheRead(_ result: CommandResult, now: Duration) {
        guard result.isSuccess else {
            report(.warning, "AT+MQTTMSGGET was answered \(result.final.wireText)")
            if readFailed() {
                goOffline("cached messages cannot be read")
                enterAfterFailure(Failure(.module), now: now)
            } else if closedDuring || publishRefused {
                run(.status)
            } else {
                // MQTTSTATU after a moment, then the cache again.
                state = .online(poll: now + .seconds(1))
            }
            return
        }
        failedReads = 0
        let read = messagesSinceRead
        messagesSinceRead = 0
        // Notices since the command was given: their messages may be among those printed, or still wait.
        let meanwhile = noticesPending - noticesAtRead
        if read < noticesAtRead {
            actions.append(.overwritten(count: noticesAtRead - read))
            noticesPending = meanwhile
        } else {
            noticesPending = max(0, noticesPending - read)
        }
        if closedDuring || publishRefused {
            run(.status)
        } else if meanwhile > 0 {
            readCache()
        } else {
            state = .online(poll: now + Self.pollInterval)
        }
    }

    /// Counts a `MQTTMSGGET` that failed; whether it was the third in a row.
    mutating func readFailed() -> Bool {
        failedReads += 1
        return failedReads >= 3
    }

    mutating func readCache() {
        noticesAtRead = noticesPending
        messagesSinceRead = 0
        run(.readCache)
    }

    private mutating func backOnline(now: Duration) {
        if noticesPending > 0 { readCache() } else { state = .online(poll: now + Self.pollInterval) }
    }

    // MARK: CLOSED

    mutating func connectionClosed(now: Duration) {
        switch state {
        case .online:
            // MQTTSTATU decides (YM310 AT manual 13.14); until then the publisher keeps what is in flight.
            report(.warning, "CLOSED: the TCP connection was closed")
            run(.status)
        case .running(let running), .awaiting(let running, _):
            let step = running == .attention ? awaited?.step ?? running : running
            switch step {
            case .connect, .subscribe, .unsubscribe:
                closedDuring = true
                if case .awaiting = state { closedWhileConnecting(step, now: now) }
            case .status, .readCache:
                closedDuring = true
            default:
                break  // What an earlier connection left; MIPSTART has failures of its own.
            }
        case .pausing, .resting, .stopped, .opening, .portGone, .synchronising, .resynchronising, .mute,
            .fillingDataMode, .keepingSilent, .listening, .restarting, .resettingHardware, .recordingManifest:
            break
        }
    }
}
