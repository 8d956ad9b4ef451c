extension MosquittoClient {
    /// Subscribes to one filter; `subscribed` follows with the same message id. QoS 1 at most for what must not be lost.
    public func subscribe(_ filter: String, qos: Int, options: SubscribeOptions = SubscribeOptions())
        throws(MosquittoError) -> Int32
    {
        try request("subscribe") { (handle) throws(MosquittoError) in
            guard 0...2 ~= options.retainHandling else { throw MosquittoError("subscribe", .invalid) }
            let identifier = self.options.protocolVersion == .v5 ? options.identifier : nil
            guard identifier.map({ (1...0xFFF_FFFF).contains($0) }) ?? true else {
                throw MosquittoError("subscribe", .invalid, "the identifier is not 1...268435455")
            }
            return try handle.subscribe(filter, qos: qos, options: options.bits, identifier: identifier)
        }
    }

    /// Unsubscribes one filter; `unsubscribed` follows with the same message id.
    public func unsubscribe(_ filter: String) throws(MosquittoError) -> Int32 {
        try request("unsubscribe") { (handle) throws(MosquittoError) in try handle.unsubscribe(filter) }
    }

    /// Publishes; `published` follows with the message id returned. Only while connected: the library's own queue has
    /// no bound. With `Options.window` a publish above QoS 0 that would wait in it is refused (`windowFull`, see
    /// `freeWindow`); without, keep at most 20 without a `published`. `expiry`: for how many seconds the broker may keep
    /// it for those who are away; a 3.1.1 connection ignores it.
    public func publish(
        topic: [UInt8], payload: [UInt8], qos: Int, retain: Bool, expiry: UInt32? = nil
    ) throws(MosquittoError) -> Int32 {
        try request("publish") { (handle) throws(MosquittoError) in
            let counts = options.window != nil && qos > 0
            if counts, freeWindow == 0 {
                throw MosquittoError("publish", .windowFull, "\(window) message(s) are without an acknowledgement")
            }
            let mid = try handle.publish(topic: topic, payload: payload, qos: qos, retain: retain, expiry: expiry)
            if counts { unacknowledged.insert(mid) }
            return mid
        }
    }

    private func request(_ operation: String, _ body: (MosquittoHandle) throws(MosquittoError) -> Int32)
        throws(MosquittoError) -> Int32
    {
        guard isConnected, let handle, handle.socket >= 0 else {
            throw MosquittoError(operation, .notConnected, "not connected to the broker")
        }
        let mid = try body(handle)
        updateInterest()
        return mid
    }
}
