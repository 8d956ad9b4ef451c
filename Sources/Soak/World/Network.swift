import ModuleSimulator

/// TCP between the module and the remote broker: connections by the module's numbers, bytes in order, ends told to both.
///
/// How long a byte takes is the simulated module's `networkLatency`; here nothing takes time.
final class Network {
    private let clock: VirtualClock
    private let broker: RemoteBroker
    /// Takes what the broker's side did; set by the module's box.
    var onEvent: (SimulatedModule.NetworkEvent, Int) -> Void = { _, _ in }
    /// Whether the module takes bytes on a connection, and whether it is to hear of acknowledgements; set by the box.
    var takes: (Int) -> Bool = { _ in true }
    var isStream: (Int) -> Bool = { _ in false }
    private var open: Set<Int> = []
    /// What the module does not take yet, in order; the broker's close waits behind its bytes.
    private var waiting: [(event: SimulatedModule.NetworkEvent, number: Int)] = []
    /// Bytes that the broker's side has of each stream.
    private var taken: [Int: Int] = [:]

    init(_ clock: VirtualClock, _ broker: RemoteBroker) {
        self.clock = clock
        self.broker = broker
        broker.onSend = { [unowned self] number, bytes in
            if open.contains(number) { arrived(.bytes(bytes), number) }
        }
        broker.onClose = { [unowned self] number in
            if open.remove(number) != nil { arrived(.closed, number) }
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

    private func arrived(_ event: SimulatedModule.NetworkEvent, _ number: Int) {
        if takes(number), !waiting.contains(where: { $0.number == number }) {
            onEvent(event, number)
        } else {
            waiting.append((event, number))
        }
    }

    /// The module may take more now.
    func resume() {
        while let index = waiting.firstIndex(where: { takes($0.number) }) {
            let (event, number) = waiting.remove(at: index)
            onEvent(event, number)
        }
    }

    /// The module's side is closed.
    func close(_ number: Int) {
        waiting.removeAll { $0.number == number }
        taken[number] = nil
        guard open.remove(number) != nil else { return }
        broker.closed(number)
    }

    func send(_ number: Int, _ bytes: [UInt8]) {
        guard open.contains(number) else { return }
        broker.received(number, bytes)
        guard isStream(number) else { return }
        taken[number, default: 0] += bytes.count
        let count = taken[number, default: 0]
        clock.soon { [unowned self] in
            if open.contains(number) { onEvent(.acknowledged(count), number) }
        }
    }
}
