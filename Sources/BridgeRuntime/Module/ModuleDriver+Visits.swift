import ATProtocol
import BridgeCore
import ModemCore

/// Guests: commands and messages of the control socket, one at a time between the bridge's own.
extension ModuleDriver {
    /// Guests that wait at a time.
    static let guestLimit = 16
    /// Ids of guests' messages; the queue's are positive, heartbeats' are small negative ones.
    static let firstGuestID = Int64.min

    /// The one that has its turn, and those that wait.
    struct Guests {
        /// Waiting commands, each with the time by which it must have its turn.
        var visits: [(visit: Visit, until: Duration)] = []
        /// On the wire.
        var current: Visit?
        /// `OK` came; its outcome is due.
        var awaiting: (visit: Visit, result: CommandResult, until: Duration)?
        /// Waiting messages.
        var messages: [(ticket: Int, message: GuestMessage)] = []
        var lastTicket = 0
        /// With the publisher.
        var open: [Int64: GuestMessage] = [:]
        var nextID = ModuleDriver.firstGuestID

        var isVisitRunning: Bool { current != nil || awaiting != nil }

        var deadline: Duration? {
            [awaiting?.until, visits.first?.until].compactMap { $0 }.min()
        }
    }

    /// Whether an id that the publisher names is a guest's.
    static func isGuest(_ id: Int64) -> Bool { id < Int64.min / 2 }

    /// Runs a guest's command when it is its turn.
    func visit(_ visit: Visit) {
        guard visit.command.data == nil else { return visit.then(.failed("a command with data is not for guests")) }
        guard guests.visits.count < Self.guestLimit else {
            return visit.then(.failed("\(Self.guestLimit) commands wait already"))
        }
        perform { $0.guests.visits.append((visit, $0.clock.now + visit.patience)) }
    }

    /// Subscribes for a guest, by whichever link there is.
    func subscribe(_ filter: TopicFilter, qos: Int, then: @escaping (GuestSubscription) -> Void) {
        if let carrier, link.kind == .socket { return carrier.subscribe(filter, qos: qos, then: then) }
        let command: ATCommand
        do {
            command = try .msub(filter: filter.bytes, qos: qos)
        } catch {
            return then(.failed("\(error)"))
        }
        visit(
            Visit(command: command, awaited: .suback) { outcome in
                switch outcome {
                case .answered(let result) where result.isSuccess: then(.granted)
                case .answered(let result): then(.refused("AT+MSUB was answered \(shown(result.final))"))
                case .late: then(.late)
                case .failed(let reason): then(.failed(reason))
                }
            })
    }

    /// Drops a guest's filter; `then` hears whether the session is rid of it.
    func unsubscribe(_ filter: [UInt8], then: @escaping (Bool) -> Void) {
        if let carrier, link.kind == .socket { return carrier.unsubscribe(filter, then: then) }
        guard let command = try? ATCommand.munsub(filter: filter) else { return then(false) }
        visit(
            Visit(command: command, awaited: .unsuback) { outcome in
                if case .answered(let result) = outcome { then(result.isSuccess) } else { then(false) }
            })
    }

    /// Publishes a guest's message before those of the queue. Returns what `withdraw` takes.
    @discardableResult
    func publish(_ guest: GuestMessage) -> Int {
        guests.lastTicket += 1
        let ticket = guests.lastTicket
        if !isOnline {
            guest.then(.noLink("the link is down: \(summary)"))
        } else if guests.messages.count >= Self.guestLimit {
            guest.then(.refused("\(Self.guestLimit) messages wait already"))
        } else {
            perform { $0.guests.messages.append((ticket, guest)) }
        }
        return ticket
    }

    /// A guest's message that has not had its turn is not sent.
    func withdraw(_ ticket: Int) { guests.messages.removeAll { $0.ticket == ticket } }

    /// Gives a guest its turn when nobody else is at work.
    func admitGuests() {
        guard owner == .nobody, session.isIdle, waitingLink == nil, waitingPublish == nil else { return }
        if !guests.messages.isEmpty, isReadyToPublish {
            let message = guests.messages.removeFirst().message
            let id = guests.nextID
            guests.nextID += 1
            guests.open[id] = message
            perform { driver in
                let publish = PublishStateMachine.Message(
                    id: id, topic: message.topic, payload: message.payload, qos: message.qos, retain: message.retain)
                guard driver.begin(publish) else {
                    return driver.guestMessageEnded(id, .noLink("the link broke before it was sent"))
                }
            }
        } else if !guests.visits.isEmpty, !guests.isVisitRunning, link.admitsGuests {
            let visit = guests.visits.removeFirst().visit
            guests.current = visit
            note(.guest(visit.command.redacted, seconds: max(1, visit.command.timeout.components.seconds)))
            perform { $0.submit(visit.command, for: .guest) }
        }
    }

    /// The guest's command is complete.
    func guestAnswered(_ result: CommandResult) {
        guard let visit = guests.current else { return }
        guests.current = nil
        switch result.final {
        case .timedOut, .noPrompt: visit.then(.failed("the module gave no answer"))
        case .portLost: visit.then(.failed("the port is gone"))
        case .ok, .text, .error, .cmeError, .cmsError:
            if result.isSuccess, visit.awaited != nil {
                guests.awaiting = (visit, result, clock.now + visit.patience)
            } else {
                visit.then(.answered(result))
            }
        }
    }

    /// An outcome line: whether it is what a guest waits for.
    func guestOutcome(_ outcome: ATProtocol.Outcome) {
        guard let (visit, result, _) = guests.awaiting, visit.awaited == outcome else { return }
        guests.awaiting = nil
        visit.then(.answered(result))
    }

    /// A guest's message came to its end.
    func guestMessageEnded(_ id: Int64, _ outcome: GuestMessage.Outcome) {
        guests.open.removeValue(forKey: id)?.then(outcome)
    }

    /// Guests whose time is over.
    func guestDeadlineReached(now: Duration) {
        if let awaiting = guests.awaiting, awaiting.until <= now {
            guests.awaiting = nil
            awaiting.visit.then(.late)
        }
        let late = guests.visits.filter { $0.until <= now }
        guests.visits.removeAll { $0.until <= now }
        for entry in late { entry.visit.then(.failed("the module was busy with other commands: \(summary)")) }
    }

    /// The session is in the middle of nothing any more: what was on the wire has no answer.
    func dismissGuests(_ reason: String) {
        let visit = guests.current ?? guests.awaiting?.visit
        guests.current = nil
        guests.awaiting = nil
        visit?.then(.failed(reason))
    }

    /// The link broke.
    func dismissGuestMessages(_ reason: String) {
        let (waiting, open) = (guests.messages, guests.open)
        guests.messages = []
        guests.open = [:]
        for message in open.values { message.then(.noLink("\(reason); it may have arrived all the same")) }
        for entry in waiting { entry.message.then(.noLink(reason)) }
    }
}
