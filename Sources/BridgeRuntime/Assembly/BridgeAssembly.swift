package import BridgeCore
package import ModemCore
package import MosquittoClient

/// The bridge itself, wired: module driver, local driver and dispatcher over a clock, a store, a port and a local broker.
///
/// What it stands on are the seams in `Ports/` and `MessageStore`, so that the service gives it descriptors and threads,
/// and a simulation gives it a time and a world of its own. Loop's thread only.
package final class BridgeAssembly {
    /// Makes a client of the local broker for a protocol version; events go to the given function.
    package typealias MakeBroker =
        (MosquittoClient.ProtocolVersion, @escaping (MosquittoClient.Event) -> Void) throws(MosquittoError) ->
        any BrokerConnection

    /// What the bridge runs on.
    package struct Surroundings {
        /// Time.
        package var clock: any BridgeClock
        /// The queues on disk; its events go to `stored`.
        package var store: any MessageStore
        /// The way to the module.
        package var port: any ModulePort
        /// The local broker.
        package var makeBroker: MakeBroker
        /// The host's clock, for a module whose own is wrong.
        package var hostClock: () -> HostClock? = { nil }
        /// Where lines go.
        package var log: Log

        /// What the bridge runs on.
        package init(
            clock: any BridgeClock, store: any MessageStore, port: any ModulePort, log: Log,
            makeBroker: @escaping MakeBroker
        ) {
            self.clock = clock
            self.store = store
            self.port = port
            self.log = log
            self.makeBroker = makeBroker
        }
    }

    /// What was configured.
    package struct Values {
        /// The link; its subscriptions come from `routing`.
        package var link: LinkSettings
        /// The routes.
        package var routing: RoutingTable
        /// What the bridge tells of itself.
        package var about = Dispatcher.About()
        /// The rate of the line, for time-outs of long commands.
        package var baud = 115_200
        /// Host and port of the local broker, for the log.
        package var localName = "local"
        /// MQTT over the module's TCP connection; the filters come from `routing`. `nil`: there is no socket link.
        package var carrier: SocketCarrier.Values?
        /// Called before anything of a send goes out, and with `nil` once none is open any more.
        package var markSend: (OpenSend?) -> Void = { _ in }
        /// The send that an earlier process left open; `nil`: none.
        package var leftOverSend: OpenSend?
        /// When to write to disk.
        package var commits = CommitSchedule.Limits()
        /// Where the flight recorder writes; nil: there is none.
        package var flightDirectory: String?

        /// Values with the defaults.
        package init(link: LinkSettings, routing: RoutingTable) {
            self.link = link
            self.routing = routing
        }
    }

    /// What an earlier run left on disk, beside the queues.
    package struct Recorded {
        var filters: RecordedFilters
        var dataMode: Int?
        var ladder: [UInt8]?
        var echoes: [EchoRow]
        var nextIDs: (out: Int64, in: Int64)

        /// From the store's small values, its echoes and its next free ids.
        package init<Failure: Error>(
            echoes: [EchoRow], nextIDs: (out: Int64, in: Int64), meta: (String) throws(Failure) -> [UInt8]?
        ) throws(Failure) {
            func lines(_ value: [UInt8]?) -> [[UInt8]] { (value ?? []).split(separator: 0x0A).map(Array.init) }
            self.echoes = echoes
            self.nextIDs = nextIDs
            filters = RecordedFilters(
                local: lines(try meta(Dispatcher.Meta.localFilters)),
                remote: lines(try meta(Dispatcher.Meta.remoteFilters)))
            ladder = try meta(Dispatcher.Meta.ladder)
            dataMode = try meta(Dispatcher.Meta.dataMode).flatMap { Int(String(decoding: $0, as: UTF8.self)) }
        }
    }

    let module: ModuleDriver
    let local: LocalDriver
    let dispatcher: Dispatcher
    /// Serves the control socket.
    private(set) var desk: Desk?
    /// Keeps the last of the dialogue with the module.
    let flights: FlightRecords?
    private let dataModeRecord: Int?

    /// Wires it; nothing runs before `start`.
    package init(
        _ values: Values, recorded: Recorded, on surroundings: Surroundings, hooks: Dispatcher.Hooks
    ) {
        let (clock, log, routing) = (surroundings.clock, surroundings.log, values.routing)
        let stale = recorded.filters.remote.filter { filter in
            !routing.remoteSubscriptions.contains { $0.filter.bytes == filter }
        }
        let guests = Guests()
        let staleFilters = stale.compactMap { try? TopicFilter($0) }
        var link = values.link
        link.subscriptions = routing.remoteSubscriptions.map {
            LinkSettings.Subscription(filter: $0.filter.bytes, qos: $0.qos)
        }
        link.staleSubscriptions = stale
        link.ladderMemory = Self.ladderMemory(recorded.ladder, wallClock: clock.wallClock, log)
        let carrier = values.carrier.map { carrier in
            var carrier = carrier
            carrier.route(routing, stale: stale)
            if link.hasHardwareReset { carrier.leastSend = 90 }
            return SocketCarrier(carrier, clock: clock)
        }
        module = ModuleDriver(
            link, port: surroundings.port, baud: values.baud, clock: clock, log: log, carrier: carrier,
            hostClock: surroundings.hostClock,
            topicMatches: { topic in
                routing.isSubscribed(remoteTopic: topic) || staleFilters.contains { $0.matches(topic) }
                    || guests.desk?.isSubscribed(topic) ?? false
            })
        local = LocalDriver(name: values.localName, clock: clock, log: log, makeBroker: surroundings.makeBroker)
        dispatcher = Dispatcher(
            about: values.about, routing: routing, store: surroundings.store, module: module, local: local,
            clock: clock, log: log, recorded: recorded.filters, echoes: recorded.echoes,
            nextIDs: recorded.nextIDs, commits: values.commits, hooks: hooks)
        flights = values.flightDirectory.map { [link, module] directory in
            FlightRecords(
                directory: directory, settings: ReplaySettings(link: link, baud: values.baud), clock: clock, log: log,
                profile: { [unowned module] in module.link.currentProfile },
                kind: { [unowned module] in module.link.kind })
        }
        dataModeRecord = recorded.dataMode
        module.openSend = values.leftOverSend
        module.markSend = values.markSend
        desk = Desk(self, ownUser: currentUser)
        guests.desk = desk
        dispatcher.desk = desk
        module.onDialogue = { [weak desk, flights] in
            flights?.add($0)
            desk?.overheard($0)
        }
    }

    /// The desk, which the module driver's closure reaches.
    private final class Guests {
        weak var desk: Desk?
    }

    /// What the recovery ladder remembers of earlier runs.
    private static func ladderMemory(_ bytes: [UInt8]?, wallClock: Int64, _ log: Log) -> LadderMemory {
        guard let bytes else { return LadderMemory() }
        if let memory = LadderMemory(encoded: bytes, wallClock: wallClock) { return memory }
        log(.warning, "what was kept of the module's restarts and of what helped it cannot be read: it is forgotten")
        return LadderMemory()
    }

    /// Starts both sides, once the store has taken a first commit.
    package func start() { dispatcher.start(dataModeRecord: dataModeRecord) }

    /// An event of the store.
    package func stored(_ event: StoreEvent) { dispatcher.stored(event) }

    /// Stops reading, waits for what is in flight (5 s at most), then closes the module's session; the hook
    /// `moduleFinished` follows. The caller bounds the time.
    package func stop() { dispatcher.drain { [weak self] in self?.module.stop() } }

    /// Ends the local connection in order, once the local broker has acknowledged what it was given (1 s at most), then
    /// calls `then`.
    package func stopLocal(_ then: @escaping () -> Void) {
        dispatcher.drainLocal { [weak self] in self?.local.stop(then) }
    }

    /// Closes the port at once and hands the store what was not on disk yet; the store can be closed afterwards.
    package func leave() {
        module.abandon()
        dispatcher.handOver()
    }

    /// Closes the port at once and hands over nothing, as the end of a killed process does.
    package func abandon() { module.abandon() }
}
