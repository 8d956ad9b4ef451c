import BridgeCore
import BridgeRuntime
import Control

/// What a command hears from the remote broker while its loop runs.
final class Subscription {
    /// Filters of one subscription, as the control socket takes them.
    static let filterLimit = 16

    private let operations: any Operations
    private var id: Int64 = 0
    /// Whether the remote broker has granted it.
    private(set) var isGranted = false
    /// Why it ended.
    private(set) var failure: CommandFailure?

    /// Asks for it; `onMessage` hears each message.
    init(_ work: ModuleWork, _ filters: [String], qos: Int, onMessage: @escaping (ArrivedMessage) -> Void) {
        operations = work.operations
        id = operations.begin(
            "subscribe",
            [
                .init(name: "filters", value: .list(filters.map { .text($0) })),
                .init(name: "qos", value: .number(Int64(qos))),
            ],
            onEvent: { [weak self] event in
                if event["subscribed"]?.boolean == true {
                    self?.isGranted = true
                } else if let message = ArrivedMessage(event) {
                    onMessage(message)
                }
            },
            onEnd: { [weak self] in
                if case .failure(let failure) = $0 { self?.failure = failure }
            })
    }

    /// Leaves it.
    func end() { operations.cancel(id) }

    /// What is wrong with a filter of a command line; nil: nothing.
    static func problem(_ filter: String) -> String? {
        do throws(TopicError) {
            _ = try TopicFilter(Array(filter.utf8))
            return nil
        } catch {
            return "\(filter.prefix(80)): \(error)"
        }
    }
}
