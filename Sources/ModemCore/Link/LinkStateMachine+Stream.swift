import ATProtocol

/// The socket link: an MQTT session of ours over a TCP connection of the module.
///
/// From `streamOpened` to `streamClosed` the owner sends and receives through the idle session; this machine's own
/// commands go first.
extension LinkStateMachine {
    /// How long TLS, CONNECT and SUBSCRIBE may take over a standing connection.
    static let sessionPatience: Duration = .seconds(90)
    /// How long a connection that the broker closed is kept for its last words: why it did so may still lie in the module.
    static let lastWords: Duration = .seconds(2)

    /// A connection that is closed before the session stands is a broken link. So many in a row, with the pauses of the
    /// ladder between them, are the answer of a broker that gives no reasons: a handshake each minute is not free.
    static let closesBeforeRefusal = 8

    /// What the end of a stream means.
    enum StreamEnd: Equatable {
        /// The ladder decides.
        case failure(Failure, String)
        /// Nothing heals it but somebody's hand.
        case refusal(String)
        /// It was closed before the session stood.
        case closedEarly(String)
    }

    // MARK: Events

    /// MQTT is up and subscribed.
    public mutating func sessionEstablished(now: Duration) -> [LinkAction] {
        guard hasStream, !isOnline, !closedDuring, streamEnd == nil else { return take() }
        switch state {
        case .awaiting(.socket(.session), _): sessionStands(now: now)
        case .running(.attention): sessionIsUp = true
        case .stopped, .opening, .portGone, .synchronising, .running, .awaiting, .pausing, .resting, .resynchronising,
            .mute, .fillingDataMode, .keepingSilent, .listening, .restarting, .resettingHardware, .recordingManifest,
            .online:
            break
        }
        return take()
    }

    /// There is no MQTT session over the standing connection, or no longer.
    public mutating func sessionFailed(_ failure: SessionFailure, now: Duration) -> [LinkAction] {
        guard hasStream else { return take() }
        let end = meaning(of: failure)
        switch state {
        case .awaiting(.socket(.session), _), .online: streamEnded(end, now: now)
        case .running:
            // The command on the wire ends first.
            if !isOnline { report(.warning, failure.reason) }
            goOffline(failure.reason)
            streamEnd = streamEnd ?? end
        case .stopped, .opening, .portGone, .synchronising, .awaiting, .pausing, .resting, .resynchronising, .mute,
            .fillingDataMode, .keepingSilent, .listening, .restarting, .resettingHardware, .recordingManifest:
            break
        }
        return take()
    }

    private func meaning(of failure: SessionFailure) -> StreamEnd {
        switch failure {
        case .refused(let reason): .refusal("the broker refused the session: \(reason)")
        // Once the session stood it is not about who we are: records of ours were damaged on the line.
        case .tls(let reason): isOnline ? .failure(Failure(.path), reason) : .refusal("TLS: \(reason)")
        case .silent(let reason): .failure(Failure(.path), reason)
        case .closed(let reason): isOnline ? .failure(Failure(.broker), reason) : .closedEarly(reason)
        // What is known of it once the connection is closed is not why.
        case .broken(let reason): closedDuring ? .closedEarly(reason) : .failure(Failure(.path), reason)
        }
    }

    // MARK: From connection to session

    /// `CONNECT OK`.
    mutating func streamStands(now: Duration) {
        closings = 0
        hasStream = true
        releaseIsSlow = false
        sessionIsUp = false
        closedDuring = false
        streamEnd = nil
        actions.append(.streamOpened(profile.socket))
        awaitOutcome(of: .socket(.session), due: now + Self.sessionPatience, now: now)
    }

    /// The module answered while the session is due.
    mutating func streamStillThere(now: Duration) {
        if let end = streamEnd {
            streamEnded(end, now: now)
        } else if closedDuring {
            listenToLastWords(now: now)
        } else if sessionIsUp {
            sessionStands(now: now)
        } else {
            awaitOutcome(of: .socket(.session), due: awaited?.due ?? now + Self.sessionPatience, now: now)
        }
    }

    private mutating func sessionStands(now: Duration) {
        refusals = 0
        closesAtConnect = 0
        goOnline(now: now)
    }

    private mutating func listenToLastWords(now: Duration) {
        closedDuring = true
        let due = now + Self.lastWords
        awaited = (.socket(.session), due)
        state = .awaiting(.socket(.session), deadline: due)
    }

    /// The time for the session is up, or that for its last words.
    mutating func sessionLate(now: Duration) {
        if closedDuring {
            streamEnded(.closedEarly("the connection was closed before the session stood"), now: now)
        } else {
            fail(
                Failure(.path),
                "no MQTT session over the connection within \(Self.sessionPatience.components.seconds) s",
                now: now)
        }
    }

    // MARK: Its end

    mutating func closeStream() {
        guard hasStream else { return }
        hasStream = false
        sessionIsUp = false
        actions.append(.streamClosed)
    }

    private mutating func streamEnded(_ end: StreamEnd, now: Duration) {
        // Its reason was told when its stream was closed before.
        let isTold = !hasStream
        streamEnd = nil
        switch end {
        case .failure(let failure, let reason):
            isTold ? enterAfterFailure(failure, now: now) : fail(failure, reason, now: now)
        case .refusal(let reason): refused(reason)
        case .closedEarly(let reason):
            closesAtConnect = min(closesAtConnect + 1, 1000)
            if closesAtConnect >= Self.closesBeforeRefusal {
                return refused("the broker ended the session: \(reason)")
            }
            fail(Failure(.broker), reason, now: now)
        }
    }

    /// The connection is closed, then comes a long pause: nothing heals a refusal but somebody's hand.
    private mutating func refused(_ reason: String) {
        refusals = min(refusals + 1, 1000)
        report(.error, "\(reason); next try in \(Self.growingPause(refusals).components.seconds) s")
        goOffline("session refused")
        waited()
        recovery = Recovery(rung: .link, reason: reason)
        run(.socket(.dismiss))
    }

    mutating func restAfterRefusal(now: Duration) {
        state = .resting(until: now + Self.growingPause(refusals), rung: .link)
    }

    /// `CLOSED`, `+QIURC: "closed",0`, or an error of the connection.
    mutating func streamClosed(_ reason: String, now: Duration) {
        switch state {
        case .online:
            fail(Failure(.path), reason, now: now)
        case .awaiting(.socket(.session), _):
            if !closedDuring { listenToLastWords(now: now) }
        case .awaiting(.socket(.open), _):
            // CONNECT FAIL follows, or nothing does.
            hurryOpening(now: now)
        case .running(.attention) where hasStream: closedDuring = true
        case .running(.socket(.poll)):
            guard hasStream else { return }
            goOffline(reason)
            streamEnd = streamEnd ?? .failure(Failure(.path), reason)
        case .keepingSilent: fillDataMode(now: now)
        case .listening: fillDataMode(now: now)
        case .stopped, .opening, .portGone, .synchronising, .running, .awaiting, .pausing, .resting, .resynchronising,
            .mute, .fillingDataMode, .restarting, .resettingHardware, .recordingManifest:
            break
        }
    }

    /// A line about the connection.
    mutating func socketEvent(_ event: SocketEvent, now: Duration) {
        switch event {
        case .tcpError(let code):
            guard kind == .socket else { return }
            tcpError = code
            streamClosed("\(SocketErrors.tcp(code)) (TCP ERROR \(code))", now: now)
        case .networkReady:
            if case .pausing(_, .address) = state { state = .pausing(until: now, then: .address) }
        case .sent, .sendFailed: sendIsOver()
        case .dataWaiting: break  // The transfer's.
        }
    }

    private mutating func hurryOpening(now: Duration) {
        guard let (step, due) = awaited, case .awaiting(let waiting, let deadline) = state, waiting == step else {
            return
        }
        awaited = (step, min(due, now + .seconds(5)))
        state = .awaiting(step, deadline: min(deadline, now + .seconds(5)))
    }

    // MARK: Polls

    /// What the module says of the connection that is online.
    mutating func pollAnswered(_ result: CommandResult, now: Duration) {
        switch SocketState(result, dialect) {
        case .connected? where isOnline: state = .online(poll: now + Self.pollInterval)
        case .deactivated?, .initial?:
            goOffline("the module reports no bearer")
            enterAfterFailure(Failure(.context), now: now)
        case .connected?, .ready?, .busy?, .between?:
            goOffline("the module reports no connection")
            enterAfterFailure(Failure(.path), now: now)
        case nil:
            goOffline("the state of the connection was answered \(result.final.wireText)")
            enterAfterFailure(Failure(.module), now: now)
        }
    }
}
