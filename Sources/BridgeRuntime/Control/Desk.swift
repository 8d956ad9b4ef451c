import ATProtocol
import BridgeCore
import Control
import ModemCore

/// What a desk works on: the running service, or a session that a command has of its own.
protocol DeskOwner: AnyObject {
    /// Runs the module.
    var driver: ModuleDriver { get }
    /// Whether it works off the queue.
    var isService: Bool { get }
    /// Why the link is down, as far as that is known.
    var whyOffline: String? { get }
    /// Whether messages can be queued.
    var hasQueue: Bool { get }
    /// What is known of the link, the queues and the certificates.
    func deskStatus() -> JSONValue
    /// Whether this remote filter is subscribed whatever guests want.
    func subscribesItself(_ filter: [UInt8]) -> Bool
    /// Whether it keeps the record that an `AT+MPUBEX` needs.
    var carriesData: Bool { get }
    /// Whether a subscription to this remote filter outlives the guests.
    func keepsSubscription(_ filter: [UInt8]) -> Bool
    /// A guest is about to subscribe: remembered, so that the session does not keep it for ever; then `then`.
    func guestSubscribes(_ filter: [UInt8], then: @escaping () -> Void)
    /// The guests' last subscription to this filter is gone.
    func guestUnsubscribed(_ filter: [UInt8])
    /// The queues; nil where a command has a session of its own.
    var queue: Dispatcher? { get }
    /// Puts a message for the remote broker into the outbox and tells how it gets on.
    /// `follows`: to its end, else until it is on disk.
    func enqueue(_ message: DeskMessage, follows: Bool, then: @escaping (DeskMessage.Progress) -> Void)
}

/// A message as a request of the control socket describes it.
struct DeskMessage: Equatable {
    var topic: [UInt8]
    var payload: [UInt8]
    var qos: Int
    var retain: Bool
    /// Seconds it may wait in the queue.
    var expiry: Int64?

    /// How a queued message gets on. `stored` may be missing before an end.
    enum Progress: Equatable {
        /// It is on disk.
        case stored
        /// The remote broker has it (QoS 0: the module has it).
        case acknowledged
        /// It is not carried; why.
        case refused(String)
        /// It was not sent within its time.
        case expired(String)
    }
}

/// Does what the requests of the control socket ask for (docs/control.md). Loop's thread only.
///
/// One file per operation adds itself in an extension; this one has the table and what they share.
final class Desk {
    weak var owner: (any DeskOwner)?
    /// Subscriptions of guests, by filter: how many want it.
    var filters: [[UInt8]: Int] = [:]
    /// Filters of guests that were left while the link was down.
    var leftovers: Set<[UInt8]> = []
    /// Who is told of messages.
    var listeners: [Int: Listener] = [:]
    /// Who is told of what goes over the line.
    var watchers: [Int: ControlCall] = [:]
    /// Signal and operator, asked for when somebody wants to know.
    let radio: RadioWatch
    private var nextNumber = 0

    /// One `subscribe`.
    struct Listener {
        /// What it wants.
        var filters: [TopicFilter]
        /// What it is counted for in `filters` of the desk.
        var held: [[UInt8]] = []
        var call: ControlCall
    }

    /// The service's own user: it and root may run raw AT.
    let ownUser: UInt32

    init(_ owner: any DeskOwner, ownUser: UInt32) {
        self.owner = owner
        self.ownUser = ownUser
        radio = RadioWatch(owner.driver.clock)
    }

    /// Does one request.
    func handle(_ call: ControlCall) {
        guard let owner else { return call.fail(ExitCode.unavailable.rawValue, "the service is stopping") }
        switch call.operation {
        case "status": status(call, owner)
        case "connect": connect(call, owner)
        case "publish": publish(call, owner)
        case "subscribe": subscribe(call, owner)
        case "at": at(call, owner)
        case "dialogue": watch(call, owner)
        case "flush": flush(call, owner)
        case "queue-retry": retry(call, owner)
        case "queue-purge": purge(call, owner)
        default:
            call.fail(
                ExitCode.usage.rawValue, "unknown operation \(call.operation.prefix(40)): is this another release?")
        }
    }

    /// Why there is no link, and what is done about it.
    func noLink(_ owner: any DeskOwner) -> String {
        let summary = owner.driver.summary
        return "no link: \(owner.whyOffline.map { "\($0); now: \(summary)" } ?? summary)"
    }

    func takeNumber() -> Int {
        nextNumber += 1
        return nextNumber
    }

    /// A member that must be a topic or filter: text without U+0000.
    func bytes(_ call: ControlCall, _ name: String) -> [UInt8]? {
        call.arguments[name]?.string.map { Array($0.utf8) }
    }
}

extension ControlCall {
    /// Ends it with a failure.
    func fail(_ code: ExitCode, _ text: String) { fail(code.rawValue, text) }
}
