/// From what the library reported to the owner.
extension MosquittoClient {
    /// Hands the events out. False when the owner, or a refusal, ended this connection meanwhile.
    func deliver(_ handle: MosquittoHandle) -> Bool {
        for (event, words) in handle.takeEvents() {
            reasonString = words
            defer { reasonString = nil }
            switch event {
            case .refused:
                tearDown()
                phase = .idle
                onEvent(event)
                return false
            case .connected:
                greeted(handle)
                onEvent(event)
            case .published(let mid, _):
                unacknowledged.remove(mid)
                onEvent(event)
            case .disconnected, .message, .subscribed, .unsubscribed:
                onEvent(event)
            }
            guard self.handle === handle else { return false }
            if phase == .closing { break }
        }
        return true
    }
}
