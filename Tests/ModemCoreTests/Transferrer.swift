import ATProtocol
import ModemCore

/// Runs a transfer the way the driver does.
final class Transferrer {
    private let profile: SocketProfile
    private let pushes: Bool
    private var transfer: SocketTransfer
    var now: Duration = .seconds(7)
    /// Bytes that wait to be sent.
    var waiting: [UInt8] = []
    var mayReceive = true
    var mayGrow = false
    /// What was accepted, in order.
    private(set) var accepted: [UInt8] = []
    private(set) var failure: String?
    /// The command on the wire, and the bytes of a send.
    private(set) var command: ATCommand?
    private(set) var sending: [UInt8] = []
    private(set) var violations: [String] = []

    init(_ profile: SocketProfile, pushes: Bool = false) {
        (self.profile, self.pushes) = (profile, pushes)
        transfer = SocketTransfer(profile: profile, pushes: pushes)
        transfer.opened()
    }

    var deadline: Duration? { transfer.deadline }
    var line: String? { command?.text }

    /// Asks for a turn and gives the command; its line.
    @discardableResult
    func turn() -> String? {
        guard command == nil else { return nil }
        switch transfer.turn(waiting: waiting.count, mayReceive: mayReceive, mayGrow: mayGrow, now: now) {
        case .nothing: return nil
        case .send(let count):
            if count < 1 || count > waiting.count {
                violations.append("a send of \(count) of \(waiting.count)")
            }
            sending = Array(waiting.prefix(count))
            command = transfer.send(sending, now: now)
        case .run(let query): command = query
        }
        return line
    }

    func complete(_ final: CommandResult.Final, _ lines: String...) {
        command = nil
        take(
            transfer.commandCompleted(
                CommandResult(lines: lines.map { Array($0.utf8) }, final: final), now: now))
        sending = []
    }

    func complete(text: String) { complete(.text(Array(text.utf8))) }

    /// Bytes that come while a read runs, then its end.
    func read(_ count: Int, _ line: String? = nil) {
        transfer.received(bytes: count, now: now)
        if let line { complete(.ok, line) } else { complete(.ok) }
    }

    func event(_ event: SocketEvent) { take(transfer.received(event, now: now)) }
    func pushed(_ count: Int) { transfer.received(bytes: count, now: now) }
    func acknowledged(through: Int) { transfer.acknowledged(through: through) }
    func close() {
        transfer.closed()
        command = nil
    }
    func open() { transfer.opened() }
    var learnt: SocketTransfer.Learnt? { transfer.learnt }
    /// The next connection, with what the last one taught.
    func renew() {
        transfer = SocketTransfer(profile: profile, pushes: pushes, learnt: transfer.learnt, now: now)
        (failure, command, accepted) = (nil, nil, [])
    }

    /// Goes to the deadline; false when there is none.
    @discardableResult
    func expire() -> Bool {
        guard let due = transfer.deadline else { return false }
        now = max(now, due)
        take(transfer.deadlineReached(now: now))
        if let next = transfer.deadline, next <= now {
            violations.append("a deadline that is not dealt with")
        }
        return true
    }

    private func take(_ actions: [SocketTransfer.Action]) {
        for action in actions {
            if failure != nil { violations.append("\(action) after failed") }
            switch action {
            case .accepted(let count):
                if count < 1 || count > waiting.count {
                    violations.append("accepted \(count) of \(waiting.count)")
                } else {
                    accepted += waiting.prefix(count)
                    waiting.removeFirst(count)
                }
            case .failed(let reason): failure = reason
            }
        }
    }
}
