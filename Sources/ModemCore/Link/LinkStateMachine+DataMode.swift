import ATProtocol

/// A data mode that an earlier process, or a command without an answer, may have left open: what is written next would
/// become payload.
extension LinkStateMachine {
    mutating func clearDataModeRecord() {
        guard dataModeRecord != nil else { return }
        dataModeRecord = nil
        openSend = nil
        listenedForSend = false
        actions.append(.clearDataModeRecord)
    }

    /// The command that a data mode record is of, with its article.
    var dataModeCommand: String { mayBeStream && settings.linkChoice == .socket ? "a send" : "an AT+MPUBEX" }

    /// Whether a data mode record may be that of a send over a socket.
    private var mayBeStream: Bool {
        switch settings.linkChoice {
        case .mqtt: false
        case .socket: true
        // A send has a note of its own (`OpenSend`); what is on disk is of an AT+MPUBEX.
        case .automatic: openSend != nil || kind == .socket && isIdentified
        }
    }

    /// An `AT+MPUBEX` or a send over a socket may be half full: nothing may be written that could become its payload, but a
    /// hardware reset or, without one, as many CR as were declared. Under TLS of ours those do no harm in a stream.
    mutating func endDataMode(now: Duration) {
        if kind == .socket, mayBeStream, settings.streamIsSecured {
            fillDataMode(now: now)
        } else if mayBeStream, let send = openSend, send.isHarmless, !send.isWritten {
            fillDataMode(now: now)
        } else if mayBeStream, let send = openSend, send.isRepeatable, !send.isWritten {
            report(.warning, "a send of \(send.bytes) bytes may be open in the module: giving it these bytes")
            openSend?.isWritten = true
            actions.append(.repeatSend)
            awaitFilling(send.bytes, now: now)
        } else if mayBeStream, let send = openSend, send.isWritten, !listenedForSend {
            listenedForSend = true
            report(.info, "a send of \(send.bytes) bytes may be under way in the module: listening for its end")
            state = .listening(until: now + Self.sendPatience + .milliseconds(send.bytes * 2))
        } else if ladder.allows(.hardware, for: .mute, now: now) {
            report(.warning, "\(dataModeCommand) may be open in the module: resetting it before anything is written")
            resetHardware(now: now)
        } else {
            fillOrKeepSilent(now: now)
        }
    }

    /// How long the end of a send that was written is listened for, besides the time of its bytes on a line of 9600 baud or
    /// so.
    static let sendPatience: Duration = .seconds(3)

    /// Whether a send was written as a whole and its end was listened for: the module most likely hangs, and is treated
    /// like one until a blind restart has not helped either.
    var mayBeOver: Bool { (openSend?.isWritten ?? false) && listenedForSend && !blindlyRestarted }

    /// A line while the end of a send is listened for: a module that answers it counts no more.
    mutating func lineWhileListening(_ line: [UInt8]) {
        guard case .listening = state else { return }
        let ends = ["DATA ACCEPT", "SEND OK", "SEND FAIL", "ERROR", "+CME ERROR"]
        if ends.contains(where: { line.starts(with: $0.utf8) }) { sendIsOver() }
    }

    /// The send that was listened for has ended.
    mutating func sendIsOver() {
        guard case .listening = state else { return }
        clearDataModeRecord()
        synchronise(.start, attempts: Self.attempts)
    }

    /// Nothing was heard of it. One `AT` finds out: were bytes of the send lost on the line, these few take their place,
    /// and the rest is still missing.
    mutating func listenedInVain() {
        // As long as any command may take (YM310 AT manual 1.4).
        synchronise(.start, attempts: 1, interval: ATCommand.defaultTimeout)
    }

    /// CR into a plain stream could end up in a message: the broker must have given the connection up before.
    mutating func fillOrKeepSilent(now: Duration) {
        guard mayBeStream, !settings.streamIsSecured else { return fillDataMode(now: now) }
        let keepalive = settings.streamKeepalive ?? settings.keepalive
        let wait: Duration = keepalive > 0 ? .milliseconds(1500) * keepalive + .seconds(10) : .seconds(600)
        report(
            .warning,
            """
            a send of \(dataModeRecord ?? 0) bytes may be open in the module: nothing is written until its connection is \
            gone, \(wait.components.seconds) s at most
            """)
        state = .keepingSilent(until: now + wait)
    }

    mutating func fillDataMode(now: Duration) {
        let count = dataModeRecord ?? 0
        let harm = mayBeStream ? "" : "; a message of CR bytes may have been published"
        report(
            .warning,
            "\(dataModeCommand) of \(count) bytes may be open in the module: filling it with \(count) CR\(harm)")
        actions.append(.fillDataMode(count: count))
        awaitFilling(count, now: now)
    }

    private mutating func awaitFilling(_ count: Int, now: Duration) {
        // The bound is for a driver that never says `dataModeFilled`: the slowest line, and some.
        state = .fillingDataMode(until: now + .seconds(10) + .milliseconds(10) * count)
    }

    /// The CR bytes are written; when the record has gone from disk AT may be sent again.
    public mutating func dataModeFilled(now: Duration) -> [LinkAction] {
        guard case .fillingDataMode = state else { return take() }
        state = .fillingDataMode(until: now + .milliseconds(500))
        return take()
    }
}
