import CMosquitto
import Glibc

/// The library's callbacks.
extension MosquittoHandle {
    func setCallbacks() {
        unsafe mosquitto_connect_v5_callback_set(raw) { _, context, code, flags, properties in
            unsafe owner(context)?.accepted(code, flags: flags, saidLimits(properties), reasonString(properties))
        }
        // The library drops the properties of a DISCONNECT, its reason string with them.
        unsafe mosquitto_disconnect_v5_callback_set(raw) { _, context, code, _ in
            unsafe owner(context)?.endReason = code
        }
        unsafe mosquitto_message_v5_callback_set(raw) { _, context, message, properties in
            guard let message = unsafe message?.pointee, let topic = unsafe message.topic else { return }
            let bytes = unsafe UnsafeRawBufferPointer(start: topic, count: strlen(topic))
            let payload = unsafe UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen))
            unsafe owner(context)?.received(
                MosquittoClient.Message(
                    topic: Array(bytes), payload: Array(payload), qos: Int(message.qos), retain: message.retain,
                    subscriptionIdentifiers: unsafe identifiers(properties), expiry: unsafe expiry(properties)))
        }
        unsafe mosquitto_publish_v5_callback_set(raw) { _, context, mid, code, properties in
            unsafe owner(context)?.report(.published(mid: mid, reasonCode: code), reasonString(properties))
        }
        unsafe mosquitto_subscribe_v5_callback_set(raw) { _, context, mid, count, granted, properties in
            let codes = unsafe UnsafeBufferPointer(start: granted, count: Int(count))
            let words = unsafe reasonString(properties)
            unsafe owner(context)?.report(.subscribed(mid: mid, granted: Array(codes)), words)
        }
        unsafe mosquitto_unsubscribe_v5_callback_set(raw) { _, context, mid, _ in
            unsafe owner(context)?.report(.unsubscribed(mid: mid))
        }
        guard options.tls != nil else { return }
        unsafe mosquitto_log_callback_set(raw) { _, context, level, text in
            guard let handle = unsafe owner(context) else { return }
            handle.packetsLogged += 1
            if level == MOSQ_LOG_ERR, let text = unsafe text { handle.lastError = unsafe String(cString: text) }
        }
    }
}

/// The subscription identifiers among the properties of a message.
private func identifiers(_ properties: OpaquePointer?) -> [UInt32] {
    var found: [UInt32] = []
    var value: UInt32 = 0
    let name = Int32(MQTT_PROP_SUBSCRIPTION_IDENTIFIER.rawValue)
    // SAFETY: the list belongs to the library for the time of the callback; each call goes on behind the last find.
    var place = unsafe mosquitto_property_read_varint(properties, name, &value, false)
    while let last = unsafe place, found.count < 64 {
        found.append(value)
        unsafe place = unsafe mosquitto_property_read_varint(last, name, &value, true)
    }
    return found
}

/// The reason string among the properties, for people: at most 200 characters, and none that steers a terminal.
private func reasonString(_ properties: OpaquePointer?) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    let name = Int32(MQTT_PROP_REASON_STRING.rawValue)
    guard unsafe mosquitto_property_read_string(properties, name, &text, false) != nil, let text = unsafe text else {
        return nil
    }
    defer { unsafe free(text) }
    let scalars = unsafe String(cString: text).unicodeScalars.prefix(200)
    let steering: Set<Unicode.GeneralCategory> = [.control, .format, .lineSeparator, .paragraphSeparator]
    return String(
        String.UnicodeScalarView(scalars.map { steering.contains($0.properties.generalCategory) ? "?" : $0 }))
}

/// What the CONNACK says about the broker.
private func saidLimits(_ properties: OpaquePointer?) -> MosquittoClient.Limits {
    var limits = MosquittoClient.Limits()
    func byte(_ name: mqtt5_property) -> Int? {
        var value: UInt8 = 0
        let isThere = unsafe mosquitto_property_read_byte(properties, Int32(name.rawValue), &value, false) != nil
        return isThere ? Int(value) : nil
    }
    func int16(_ name: mqtt5_property) -> Int? {
        var value: UInt16 = 0
        let isThere = unsafe mosquitto_property_read_int16(properties, Int32(name.rawValue), &value, false) != nil
        return isThere ? Int(value) : nil
    }
    func int32(_ name: mqtt5_property) -> UInt32? {
        var value: UInt32 = 0
        let isThere = unsafe mosquitto_property_read_int32(properties, Int32(name.rawValue), &value, false) != nil
        return isThere ? value : nil
    }
    // 0 is a protocol error; as a window it would stop everything for ever.
    if let maximum = int16(MQTT_PROP_RECEIVE_MAXIMUM), maximum > 0 { limits.receiveMaximum = maximum }
    if let qos = byte(MQTT_PROP_MAXIMUM_QOS) { limits.maximumQoS = min(qos, 2) }
    if let retain = byte(MQTT_PROP_RETAIN_AVAILABLE) { limits.retainAvailable = retain != 0 }
    limits.maximumPacketSize = int32(MQTT_PROP_MAXIMUM_PACKET_SIZE).map { Int($0) }
    limits.serverKeepalive = int16(MQTT_PROP_SERVER_KEEP_ALIVE)
    limits.sessionExpiry = int32(MQTT_PROP_SESSION_EXPIRY_INTERVAL)
    if let has = byte(MQTT_PROP_WILDCARD_SUB_AVAILABLE) { limits.wildcardSubscriptions = has != 0 }
    if let has = byte(MQTT_PROP_SUBSCRIPTION_ID_AVAILABLE) { limits.subscriptionIdentifiers = has != 0 }
    if let has = byte(MQTT_PROP_SHARED_SUB_AVAILABLE) { limits.sharedSubscriptions = has != 0 }
    return limits
}

/// The message expiry interval among the properties of a message.
private func expiry(_ properties: OpaquePointer?) -> UInt32? {
    var value: UInt32 = 0
    let name = Int32(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.rawValue)
    return unsafe mosquitto_property_read_int32(properties, name, &value, false) == nil ? nil : value
}

private func owner(_ context: UnsafeMutableRawPointer?) -> MosquittoHandle? {
    // SAFETY: the context is set once, in `init`, and the C handle does not outlive its owner.
    unsafe context.map { unsafe Unmanaged<MosquittoHandle>.fromOpaque($0).takeUnretainedValue() }
}
