import ATProtocol
import Control
import ModemCore

/// Signal and operator as the module tells them when somebody asks. Loop's thread only.
///
/// The bridge needs neither, so it is a guest like any other that puts the questions: between the bridge's own commands,
/// where the link admits guests, and seldom, whoever asks how often.
final class RadioWatch {
    /// For how long an answer is new enough.
    static let freshness: Duration = .seconds(10)
    /// How long somebody waits for a new one; then what is known has to do.
    static let patience: Duration = .seconds(2)
    /// A module that gave no answer is left alone for this time: a question without an answer costs the link.
    static let rest: Duration = .seconds(60)

    /// Who carries the traffic.
    struct Network: Equatable {
        /// As the module spells it: a name, or the number of the network.
        var name: String
        /// `LTE` and the like, where it tells.
        var technology: String?
        /// When it was asked for; monotonic.
        var at: Duration
    }

    /// The last strength that was known.
    private(set) var signal: Signal?
    /// The operator of the last answer; nil when it named none.
    private(set) var network: Network?

    private let clock: any BridgeClock
    private var isAsking = false
    /// No question before this time.
    private var next: Duration?
    private var waiting: [() -> Void] = []
    private var patienceEnds: Duration = .zero
    private var deadline: MovingDeadline?

    init(_ clock: any BridgeClock) {
        self.clock = clock
        deadline = MovingDeadline(clock) { [weak self] in self?.release() }
    }

    /// Asks the module where that is due and may be, and calls `then` when it is answered, at the latest after `patience`.
    func refresh(_ driver: ModuleDriver, _ then: @escaping () -> Void) {
        if isAsking {
            // Who comes late waits no longer than the first.
            guard clock.now < patienceEnds else { return then() }
            waiting.append(then)
            return
        }
        guard driver.link.admitsGuests, next.map({ $0 <= clock.now }) ?? true else { return then() }
        isAsking = true
        patienceEnds = clock.now + Self.patience
        deadline?.move(to: patienceEnds)
        waiting.append(then)
        ask(driver, .csq) { [weak self, weak driver] result in
            guard let self else { return }
            if let found = Signal(result, at: clock.now) { signal = found }
            guard let driver else { return end(after: Self.freshness) }
            ask(driver, .copsQuery) { [weak self] result in
                guard let self else { return }
                network = RadioChecks.operator(Answer(result)).map {
                    Network(name: $0.name, technology: $0.technology, at: self.clock.now)
                }
                end(after: Self.freshness)
            }
        }
    }

    private func ask(_ driver: ModuleDriver, _ command: ATCommand, _ then: @escaping (CommandResult) -> Void) {
        driver.visit(
            Visit(command: command, patience: Self.patience) { [weak self] outcome in
                switch outcome {
                case .answered(let result): then(result)
                case .late, .failed: self?.end(after: Self.rest)
                }
            })
    }

    private func end(after pause: Duration) {
        isAsking = false
        next = clock.now + pause
        release()
    }

    private func release() {
        deadline?.move(to: nil)
        let ready = waiting
        waiting = []
        for then in ready { then() }
    }
}

extension Desk {
    /// `status`: how things are, with signal and operator as new as they can be had without disturbing anything.
    func status(_ call: ControlCall, _ owner: any DeskOwner) {
        radio.refresh(owner.driver) { [weak self] in
            guard let owner = self?.owner else { return call.fail(.unavailable, "the service is stopping") }
            call.finish(owner.deskStatus())
        }
    }
}
