import ModuleSimulator

/// TCP between the module and the remote broker: connections by the module's numbers, bytes in order, ends told to both.
///
/// How long a byte takes is the simulated module's `networkLatency`; here nothing takes time.
final class Network {
    private let clock: VirtualClock
    private let broker: RemoteBroker
    /// Takes what the broker's side did; set by the module's box.
    var onEvent: (SimulatedModule.NetworkEvent, Int) -> Void = { _, _ in }
    private var open: Set<Int> = []

    init(_ clock: VirtualClock, _ broker: RemoteBroker) {
        self.clock = clock
        self.broker = broker
        broker.onSend = { [unowned self] number, bytes in
            if open.contains(number) { onEvent(.bytes(bytes), number) }
        }
        broker.onClose = { [unowned self] number in
            if open.remove(number) != nil { onEvent(.closed, number) }
        }
    }

    func connect(_ number: Int) {
        clock.soon { [unowned self] in
            guard broker.isUp else { return onEvent(.failed, number) }
            open.insert(number)
            broker.opened(number)
            onEvent(.connected, number)
        }
    }

    /// The module's side is closed.
    func close(_ number: Int) {
        guard open.remove(number) != nil else { return }
        broker.closed(number)
    }

    func send(_ number: Int, _ bytes: [UInt8]) {
        if open.contains(number) { broker.received(number, bytes) }
    }
}
