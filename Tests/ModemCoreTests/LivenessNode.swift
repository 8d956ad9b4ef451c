import ATProtocol
import Testing

@testable import ModemCore

/// What the search for states that lead nowhere goes through.
extension LinkLivenessTests {
    /// The machine with what its driver has under way.
    struct Node {
        var machine: LinkStateMachine
        var now: Duration = .seconds(1000)
        var isOpening = false
        var isPortOpen = false
        var isSynchronising = false
        var command: ATCommand?
        var isResetting = false
        var isFilling = false
        var recording: Int?
        var isFinished = false
        var acted = false
        var hasStream = false
        var isOnline = false
        /// What the driver would object to.
        var objection: String?

        init(_ settings: LinkSettings) { machine = LinkStateMachine(settings) }

        mutating func feed(_ event: (inout LinkStateMachine, Duration) -> [LinkAction]) {
            let actions = event(&machine, now)
            acted = !actions.isEmpty
            for action in actions {
                switch action {
                case .openPort: (isOpening, command) = (true, nil)
                case .closePort: (isPortOpen, command) = (false, nil)
                case .synchronise: (isSynchronising, command) = (true, nil)
                case .submit(let submitted): (command, isSynchronising) = (submitted, false)
                case .restartBlindly: command = nil
                case .fillDataMode, .repeatSend: (isFilling, command, isSynchronising) = (true, nil, false)
                case .resetHardware: (isResetting, command, isSynchronising) = (true, nil, false)
                case .recordManifest(_, let token): recording = token
                case .finished: isFinished = true
                case .streamOpened:
                    if hasStream || command != nil { objection = "a stream out of turn" }
                    hasStream = true
                case .streamClosed:
                    if !hasStream { objection = "a stream closed twice" }
                    hasStream = false
                case .online:
                    if machine.kind == .socket, !hasStream || isOnline {
                        objection = "online without a stream"
                    }
                    isOnline = true
                case .offline:
                    if hasStream { objection = "offline before the stream was closed" }
                    isOnline = false
                case .useSocketDialect, .clearDataModeRecord, .confirmed, .subscribed, .unsubscribed,
                    .overwritten,
                    .pinRefused, .textMode, .recordLadder, .gaveUp, .report:
                    break
                }
            }
        }

        /// Whether the state is one in which bytes flow.
        private var carries: Bool {
            switch machine.state {
            case .awaiting(.socket(.session), _), .online, .running(.attention), .running(.socket(.poll)):
                true
            default: false
            }
        }

        /// What stands in the way of the promise; `nil`: nothing.
        func problem(after event: Event) -> String? {
            if let objection { return objection }
            if hasStream != machine.hasStream || hasStream && !carries {
                return "a stream that nobody carries"
            }
            if isFinished { return machine.deadline == nil ? nil : "finished, and a deadline armed" }
            let isUnderWay =
                isOpening || isSynchronising || command != nil || isResetting || recording != nil
            guard let deadline = machine.deadline else {
                return isUnderWay ? nil : "nothing is under way"
            }
            if deadline > now + .seconds(3600) { return "the deadline is an hour away" }
            if case .deadline = event, !acted, deadline <= now { return "the deadline is not dealt with" }
            return nil
        }
    }

    enum Event {
        case established
        case ended(SessionFailure)
        case silentRecord
        case start, portOpened, portClosed, synchronised, synchronisationFailed, echo, delivered, late,
            stop
        case publishTimedOut, publishRefused, filled, recorded, dataMode, cachedMessage
        case result(CommandResult)
        case urc(URC)
        case reset(Bool)
        case deadline(later: Duration)
    }

    /// The node after the event; `nil`: it cannot happen there.
    static func after(_ event: Event, _ old: Node) -> Node? {
        var node = old
        let isIdle = node.isPortOpen && !node.isResetting && !node.isFilling
        switch event {
        case .start: node.feed { $0.start(dataModeRecord: nil, now: $1) }
        case .silentRecord:
            guard case .opening = node.machine.state, node.machine.dataModeRecord == nil else {
                return nil
            }
            node.machine.dataModeRecorded(bytes: 700)
        case .established:
            guard node.hasStream, !node.isOnline else { return nil }
            node.feed { $0.sessionEstablished(now: $1) }
        case .ended(let failure):
            guard node.hasStream else { return nil }
            node.feed { $0.sessionFailed(failure, now: $1) }
        case .portOpened:
            guard node.isOpening else { return nil }
            (node.isOpening, node.isPortOpen) = (false, true)
            node.feed { $0.portOpened(now: $1) }
        case .portClosed:
            guard node.isOpening || node.isPortOpen else { return nil }
            (node.isOpening, node.isPortOpen, node.isSynchronising) = (false, false, false)
            (node.isFilling, node.command) = (false, nil)
            node.feed { $0.portClosed(reason: "test", now: $1) }
        case .synchronised:
            guard node.isSynchronising else { return nil }
            node.isSynchronising = false
            node.feed { $0.synchronised(now: $1) }
        case .synchronisationFailed:
            guard node.isSynchronising else { return nil }
            node.isSynchronising = false
            node.feed { $0.synchronisationFailed(now: $1) }
        case .echo:
            guard isIdle else { return nil }
            node.feed { $0.echoReturned(now: $1) }
        case .delivered:
            guard node.machine.isOnline else { return nil }
            node.feed { $0.delivered(now: $1) }
        case .late:
            guard node.machine.isOnline || node.command != nil else { return nil }
            node.feed { $0.acknowledgementLate("PUBACK", now: $1) }
        case .stop:
            guard node.machine.deadline != nil || node.isOpening || node.isPortOpen else { return nil }
            node.feed { $0.stop(now: $1) }
        case .publishTimedOut:
            guard node.machine.isOnline, !node.isSynchronising else { return nil }
            (node.command, node.isSynchronising) = (nil, true)
            node.feed { $0.publishTimedOut(now: $1) }
        case .publishRefused:
            guard node.machine.isOnline else { return nil }
            node.feed { $0.publishWasRefused(now: $1) }
        case .filled:
            guard node.isFilling else { return nil }
            node.isFilling = false
            node.feed { $0.dataModeFilled(now: $1) }
        case .recorded:
            guard let token = node.recording else { return nil }
            node.recording = nil
            node.feed { $0.manifestRecorded(token: token, now: $1) }
        case .dataMode:
            guard node.machine.isOnline, node.machine.dataModeRecord == nil else { return nil }
            node.machine.dataModeRecorded(bytes: 2000)
        case .cachedMessage:
            guard case .running(.readCache) = node.machine.state else { return nil }
            node.machine.cachedMessageRead()
        case .result(let result):
            guard node.command != nil else { return nil }
            node.command = nil
            node.isSynchronising = result.final == .timedOut
            node.feed { $0.commandCompleted(result, now: $1) }
        case .urc(let urc):
            guard node.isPortOpen else { return nil }
            node.feed { $0.urcReceived(urc, now: $1) }
        case .reset(let succeeded):
            guard node.isResetting else { return nil }
            node.isResetting = false
            node.feed { $0.hardwareResetFinished(succeeded: succeeded, reason: "test", now: $1) }
        case .deadline(let later):
            guard let due = node.machine.deadline else { return nil }
            node.now = max(node.now, due) + later
            node.feed { $0.deadlineReached(now: $1) }
        }
        return node
    }
}
