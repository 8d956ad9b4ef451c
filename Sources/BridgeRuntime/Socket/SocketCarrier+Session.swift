import ATProtocol
import BridgeCore
import ModemCore
import MosquittoClient

/// The session: CONNECT, SUBSCRIBE, and what the broker says to them.
extension SocketCarrier {
    /// A subscription that was asked for.
    enum Subscribing {
        /// One of ours, by its index.
        case own(Int)
        /// A guest's.
        case guest(GuestFilter, (GuestSubscription) -> Void)
    }

    /// A filter that the broker is to drop: one of an earlier configuration, or a guest's.
    struct Unsubscribing {
        var filter: [UInt8]
        var then: ((Bool) -> Void)?
    }

    /// What a guest has subscribed to.
    struct GuestFilter: Equatable {
        var filter: TopicFilter
        var identifier: UInt32
    }

    /// Whether a subscription identifier is a guest's: those of the routes end in a place counted from 1 (`LocalCopies`).
    private static func isGuest(_ identifier: UInt32) -> Bool { identifier & 0xFFF == 0 }

    func connect() {
        let connection = self.connection
        do throws(MosquittoError) {
            let client = try values.makeClient(version) { [weak self] event in
                guard let self, self.connection == connection else { return }
                self.handle(event)
            }
            self.client = client
            client.stream.mayRead = false
            client.stream.onBytes = { [weak self] in self?.clientWrote($0) }
            client.stream.onDrained = { [weak self] in self?.delegate?.carrierHasWork() }
            client.stream.onClosed = { [weak self] _ in self?.clientLeft() }
            client.broker.onBatchEnd = { [weak self] in
                guard let self, self.connection == connection else { return }
                self.delegate?.carrierBatchEnded()
            }
            openStream()
            client.broker.connect()
        } catch {
            failSoon(.refused("the MQTT client cannot be made: \(error)"))
        }
    }

    /// Opens or closes the gate for acknowledgements of what came in.
    func setGate(open: Bool) {
        guard open != isGateOpen else { return }
        isGateOpen = open
        if open { (lastGiven, firstSince) = (clock.now, clock.now) }
        // Once DISCONNECT is on its way nothing is held back any more.
        if phase == .closing { return open ? sayGoodbye() : () }
        client?.broker.mayWrite = open
        // Or what keeps coming keeps the gate closed: a broker that sends more than it may (Mosquitto 2.0.11 does) would
        // not see an acknowledgement until it has sent everything. The line goes on: there is room before the client.
        client?.broker.mayRead = open
    }

    /// It has hung up, and its bytes were read to the end.
    private func clientLeft() {
        // Before that only when something ends it, of which an event tells.
        guard phase == .closing, !hasClientLeft else { return }
        hasClientLeft = true
        security?.close()
        takeCiphertext()
        closeIfDone()
    }

    /// After DISCONNECT: finished when everything is with the module.
    func closeIfDone() {
        guard phase == .closing, hasClientLeft, outgoing.count == 0 else { return }
        finishSoon()
    }

    private func handle(_ event: MosquittoClient.Event) {
        switch event {
        case .connected:
            guard phase == .connecting else { return }
            phase = .subscribing
            delegate?.carrierSessionBegan()
            subscribe()
        case .refused(let code, let text):
            if version == .v5, code == MosquittoClient.unsupportedVersion || code == 1 {
                version = .v311
                return fail(.closed("the broker refuses MQTT 5; 3.1.1 is used from now on"))
            }
            fail(
                Self.isTemporary(code)
                    ? .closed("the broker said: \(text)") : .refused(text))
        case .disconnected(let text):
            if phase == .closing { return clientLeft() }
            if version == .v5, text.hasPrefix(Self.duplicateProperty) { return takeIdentifiersBack() }
            let isSilence = text.contains("keep-alive") || text.contains("no answer")
            fail(isSilence ? .silent(text) : .closed(text))
        case .message(let message): received(message)
        case .published(let mid, let reasonCode): published(mid, reasonCode)
        case .subscribed(let mid, let granted): subscribed(mid, granted)
        case .unsubscribed(let mid):
            guard let request = unsubscribing.removeValue(forKey: mid) else { return }
            if let then = request.then { then(true) } else { delegate?.carrierUnsubscribed(request.filter) }
        }
    }

    /// What libmosquitto 2.0 says to a message with more than one subscription identifier, though the standard allows it
    /// (MQTT 5.0, section 3.3.2.3.8): brokers that send one copy for overlapping filters put them all on it.
    private static let duplicateProperty = "Duplicate property"

    /// Without identifiers there is nothing to put on a message, and with MQTT 3.1.1 not even on one that waits already.
    private func takeIdentifiersBack() {
        if usesIdentifiers { usesIdentifiers = false } else { version = .v311 }
        let how = usesIdentifiers || version == .v5 ? "no subscription identifiers are" : "MQTT 3.1.1 is"
        fail(.closed("the broker sends one message for several subscriptions; \(how) used from now on"))
    }

    /// Reason codes of CONNACK that pass by themselves: server unavailable, busy, quota, connection rate.
    static func isTemporary(_ code: Int32) -> Bool { [3, 136, 137, 151, 159].contains(code) }

    // MARK: Subscriptions

    private func subscribe() {
        guard let broker = client?.broker else { return }
        do throws(MosquittoError) {
            for (index, subscription) in values.subscriptions.enumerated() {
                let filter = subscription.filter
                // New retained messages only; of several copies that of the first filter is taken.
                let options = MosquittoClient.SubscribeOptions(
                    noLocal: values.isNoLocal(filter), retainHandling: 1,
                    identifier: usesIdentifiers ? copies.identifiers[index] : nil)
                // libmosquitto cannot receive QoS 2 so that a crash loses nothing.
                let mid = try broker.subscribe(
                    "\(filter)", qos: min(subscription.qos, 1),
                    options: version == .v5 ? options : MosquittoClient.SubscribeOptions())
                subscribing[mid] = .own(index)
            }
            for filter in values.staleFilters {
                let mid = try broker.unsubscribe(String(decoding: filter, as: UTF8.self))
                unsubscribing[mid] = Unsubscribing(filter: filter)
            }
        } catch {
            return failSoon(.refused("a subscription cannot be made: \(error)"))
        }
        due = clock.now + subackTime
        goUp()
    }

    /// SUBACK may take so long, counted from the last byte that came: a broker sends first what has waited for us, and on a
    /// slow line that takes its time. The link bounds the whole.
    var subackTime: Duration { max(values.acknowledgementTimeout, .seconds(15)) }

    private func goUp() {
        guard phase == .subscribing, !subscribing.values.contains(where: { if case .own = $0 { true } else { false } })
        else { return }
        phase = .up
        due = nil
        lastReceived = clock.now
        delegate?.carrierEstablished()
    }

    private func subscribed(_ mid: Int32, _ granted: [Int32]) {
        let isRefused = granted.isEmpty || granted.contains { $0 >= 128 }
        switch subscribing.removeValue(forKey: mid) {
        case .own(let index):
            let filter = values.subscriptions[index].filter.bytes
            guard !isRefused else {
                return fail(
                    .refused(
                        """
                        the subscription to \(readable(filter)) was refused (reason code \(granted.first ?? 128)): check \
                        the rights of this client
                        """))
            }
            if let qos = granted.first, qos < min(values.subscriptions[index].qos, 1) {
                delegate?.carrierReports(
                    .warning,
                    """
                    the broker grants \(readable(filter)) QoS \(qos) only: what comes while the link is down may be lost
                    """)
            }
            delegate?.carrierSubscribed(filter)
            goUp()
        case .guest(let guest, let then):
            if !isRefused { guests.append(guest) }
            then(isRefused ? .refused("the broker refused it (reason code \(granted.first ?? 128))") : .granted)
        case nil: break
        }
    }

    /// Subscribes for a guest; it gets copies of its own.
    func subscribe(_ filter: TopicFilter, qos: Int, then: @escaping (GuestSubscription) -> Void) {
        guard phase == .up, let broker = client?.broker else { return then(.failed("the link is down")) }
        // Asked for again it would be another subscription: what comes would carry the guest's identifier alone.
        guard !isOwn(filter.bytes) else { return then(.granted) }
        let guest = GuestFilter(filter: filter, identifier: (nextGuest % 0xFFFF + 1) << 12)
        nextGuest &+= 1
        let options = MosquittoClient.SubscribeOptions(identifier: usesIdentifiers ? guest.identifier : nil)
        do throws(MosquittoError) {
            let mid = try broker.subscribe(
                "\(filter)", qos: min(qos, 1), options: version == .v5 ? options : MosquittoClient.SubscribeOptions())
            subscribing[mid] = .guest(guest, then)
        } catch {
            then(.failed("\(error)"))
        }
    }

    /// Drops a filter of a guest; `then` hears whether the session is rid of it.
    func unsubscribe(_ filter: [UInt8], then: @escaping (Bool) -> Void) {
        guests.removeAll { $0.filter.bytes == filter }
        guard !isOwn(filter) else { return then(true) }
        guard let broker = client?.broker, broker.isConnected,
            let mid = try? broker.unsubscribe(String(decoding: filter, as: UTF8.self))
        else { return then(false) }
        unsubscribing[mid] = Unsubscribing(filter: filter, then: then)
    }

    /// Whether a route of ours wants this filter.
    private func isOwn(_ filter: [UInt8]) -> Bool { values.subscriptions.contains { $0.filter.bytes == filter } }

    /// Requests without an answer: nobody is left to wait for one.
    func dismissRequests() {
        let (asked, dropped) = (subscribing, unsubscribing)
        (subscribing, unsubscribing) = ([:], [:])
        for case .guest(_, let then) in asked.values { then(.failed("the link broke")) }
        for request in dropped.values { request.then?(false) }
    }

    // MARK: Inbound

    private func received(_ message: MosquittoClient.Message) {
        let carried = message.subscriptionIdentifiers
        let forGuests = carried.filter(Self.isGuest)
        let own = carried.filter { !Self.isGuest($0) }
        let received = ReceivedMessage(topic: message.topic, payload: message.payload, fromCache: false)
        let matching = guests.filter { $0.filter.matches(message.topic) }
        if !forGuests.isEmpty {
            // Of several copies for guests the first one's.
            if let first = matching.first, !forGuests.contains(first.identifier) { return }
            delegate?.carrierReceived(received, for: own.isEmpty ? .guests : .everybody)
        } else if copies.takes(topic: message.topic, carried: own) {
            // Without identifiers (MQTT 3.1.1) there is one copy for all.
            let hasCopies = version == .v5 && !own.isEmpty && !matching.isEmpty
            delegate?.carrierReceived(received, for: hasCopies ? .routes : .everybody)
        }
    }
}

/// What came of a guest's wish to subscribe.
enum GuestSubscription: Equatable {
    /// The broker grants it.
    case granted
    /// The broker, or the module, says no; why.
    case refused(String)
    /// No answer came.
    case late
    /// It was not asked; why.
    case failed(String)
}
