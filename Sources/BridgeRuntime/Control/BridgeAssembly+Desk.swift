import BridgeCore
package import Control
import ModemCore

/// The running bridge as the desk sees it.
extension BridgeAssembly: DeskOwner {
    var driver: ModuleDriver { module }
    var carriesData: Bool { true }
    var isService: Bool { true }
    var whyOffline: String? { dispatcher.history.reason }
    var hasQueue: Bool { true }
    var queue: Dispatcher? { dispatcher }

    /// Serves one request of the control socket.
    package func serve(_ call: ControlCall) {
        guard let desk else { return call.fail(.unavailable, "the service is starting") }
        desk.handle(call)
    }

    func subscribesItself(_ filter: [UInt8]) -> Bool {
        dispatcher.routing.remoteSubscriptions.contains { $0.filter.bytes == filter }
    }

    func keepsSubscription(_ filter: [UInt8]) -> Bool { subscribesItself(filter) }

    func guestSubscribes(_ filter: [UInt8], then: @escaping () -> Void) {
        // A service that is killed must find it in its records, or the remote session would keep it for ever.
        if !dispatcher.remoteFilters.contains(filter) {
            dispatcher.remoteFilters.append(filter)
            dispatcher.recordFilters()
        }
        // Where the disk does not work the record is written when it does again; the subscription is made all the same.
        dispatcher.whenCommitted { _ in then() }
    }

    func guestUnsubscribed(_ filter: [UInt8]) {
        guard !subscribesItself(filter) else { return }
        dispatcher.moduleUnsubscribed(filter)
    }

    func enqueue(_ message: DeskMessage, follows: Bool, then: @escaping (DeskMessage.Progress) -> Void) {
        dispatcher.enqueue(message, follows: follows, then: then)
    }
}
