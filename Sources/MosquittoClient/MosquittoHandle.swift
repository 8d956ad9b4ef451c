import CMosquitto
import Glibc

/// One `struct mosquitto` and what its callbacks reported: no policy, no re-use after the connection is over.
///
/// Callbacks only append to `events`; the owner reads them when the library's call has returned, so nothing it does can
/// re-enter the library inside a callback.
// SAFETY: `@unchecked Sendable` because one thread at a time owns it: the connecting thread until it has posted its
// result, the loop's from then on.
@safe final class MosquittoHandle: @unchecked Sendable {
    let raw: OpaquePointer
    let options: MosquittoClient.Options
    private(set) var events: [MosquittoClient.Event] = []
    /// The broker's words for some of `events`, by place.
    private var words: [Int: String] = [:]
    /// How many of `events` are messages, and their payload in bytes.
    private(set) var messageCount = 0
    private(set) var messageBytes = 0
    /// Packets handled so far; counted under TLS only, from the library's log.
    var packetsLogged = 0
    /// Set by CONNACK.
    private(set) var wasRefused = false
    private(set) var wasAccepted = false
    private(set) var limits = MosquittoClient.Limits()
    /// What the library gave as the reason for the end: one of its codes, or an MQTT 5 reason (128 and above).
    var endReason: Int32?
    /// The library's last words at error level; under TLS only (OpenSSL's reasons appear nowhere else).
    var lastError: String?

    // mosquitto_lib_init is the one call that is not thread-safe.
    private static let initialised: Int32 = mosquitto_lib_init()

    init(_ options: MosquittoClient.Options) throws(MosquittoError) {
        guard Self.initialised == 0 else { throw MosquittoError("mosquitto_lib_init", .outOfMemory) }
        guard !options.clientID.isEmpty else { throw MosquittoError("client id", .invalid, "the client id is empty") }
        guard options.keepalive == 0 || 5...65535 ~= options.keepalive else {
            throw MosquittoError("keepalive", .invalid, "\(options.keepalive) is neither 0 nor 5...65535 seconds")
        }
        guard 0...65535 ~= options.port else { throw MosquittoError("port", .invalid, "\(options.port) is no port") }
        guard let raw = unsafe mosquitto_new(options.clientID, options.cleanStart, nil) else {
            throw MosquittoError("client id", .invalid, "libmosquitto does not accept the client id")
        }
        unsafe self.raw = raw
        self.options = options
        unsafe mosquitto_user_data_set(raw, Unmanaged.passUnretained(self).toOpaque())
        // Without this the library writes a PUBACK before it calls us; with it only mosquitto_loop_write writes.
        unsafe mosquitto_threaded_set(raw, true)
        try configure()
        setCallbacks()
    }

    deinit { unsafe mosquitto_destroy(raw) }

    private func check(_ operation: String, _ code: Int32, _ reason: String? = nil) throws(MosquittoError) {
        if code != 0 { throw MosquittoError(operation, MosquittoError.Code(rawValue: code), reason) }
    }

    private func configure() throws(MosquittoError) {
        let version = options.protocolVersion == .v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311
        try check("protocol version", unsafe mosquitto_int_option(raw, MOSQ_OPT_PROTOCOL_VERSION, version))
        try check("TCP_NODELAY", unsafe mosquitto_int_option(raw, MOSQ_OPT_TCP_NODELAY, 1))
        if let maximum = options.receiveMaximum, options.protocolVersion == .v5 {
            let code = unsafe mosquitto_int_option(raw, MOSQ_OPT_RECEIVE_MAXIMUM, Int32(maximum))
            try check("receive maximum", maximum == 0 ? MOSQ_ERR_INVAL.rawValue : code)
        }
        if options.username != nil || options.password != nil {
            let password = try options.password.map { (bytes) throws(MosquittoError) in try cText("password", bytes) }
            let code = unsafe mosquitto_username_pw_set(raw, options.username ?? "", password)
            try check("user name", code)
        }
        if let window = options.window {
            guard 1...65535 ~= window else { throw MosquittoError("window", .invalid, "\(window) is not 1...65535") }
            try check("window", unsafe mosquitto_int_option(raw, MOSQ_OPT_SEND_MAXIMUM, Int32(window)))
        }
        if let will = options.will { try configure(will) }
        if let tls = options.tls { try configure(tls) }
    }

    private func configure(_ will: MosquittoClient.Will) throws(MosquittoError) {
        let topic = try cText("will", will.topic)
        var properties: OpaquePointer?
        if options.protocolVersion == .v5 {
            let values = [
                (MQTT_PROP_WILL_DELAY_INTERVAL, will.delay), (MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, will.expiry),
            ]
            for (name, value) in values {
                guard let value else { continue }
                try check("will", unsafe mosquitto_property_add_int32(&properties, Int32(name.rawValue), value))
            }
        }
        let code = unsafe mosquitto_will_set_v5(
            raw, topic, Int32(clamping: will.payload.count), will.payload, Int32(clamping: will.qos), will.retain,
            properties)
        // On success the list is the library's.
        if code != 0 { unsafe mosquitto_property_free_all(&properties) }
        try check("will", code)
    }

    private func configure(_ tls: MosquittoClient.TLS) throws(MosquittoError) {
        if let psk = tls.psk {
            try check("TLS PSK", unsafe mosquitto_tls_psk_set(raw, psk, tls.pskIdentity ?? "", nil))
            return
        }
        for path in [tls.ca, tls.certificate, tls.key] {
            // The library says no more than "invalid" for a file it cannot open.
            if let path, unsafe access(path, R_OK) != 0 {
                throw MosquittoError("TLS", .invalid, "\(path): \(unsafe String(cString: strerror(errno)))")
            }
        }
        // A key with a passphrase would make OpenSSL ask on the terminal; an empty answer makes it an error.
        let noPassphrase:
            @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 =
                { _, _, _, _ in 0 }
        let directory = tls.ca == nil ? "/etc/ssl/certs" : nil
        let code = unsafe mosquitto_tls_set(raw, tls.ca, directory, tls.certificate, tls.key, noPassphrase)
        try check("TLS", code, (tls.certificate == nil) == (tls.key == nil) ? nil : "certificate and key go together")
        guard tls.insecure else { return }
        // 0: SSL_VERIFY_NONE.
        try check("TLS", unsafe mosquitto_tls_opts_set(raw, 0, nil, nil))
        try check("TLS", unsafe mosquitto_tls_insecure_set(raw, true))
    }

    // MARK: Connection

    /// Resolves, connects and queues CONNECT. Blocks in getaddrinfo(3) and connect(2), so never on the loop's thread.
    /// Returns `nil`, or why it failed.
    func connectBlocking() -> String? {
        var properties: OpaquePointer?
        defer { unsafe mosquitto_property_free_all(&properties) }
        if options.protocolVersion == .v5 {
            let values = [
                (MQTT_PROP_SESSION_EXPIRY_INTERVAL, options.sessionExpiry),
                (MQTT_PROP_MAXIMUM_PACKET_SIZE, options.maximumPacketSize),
            ]
            for (name, value) in values {
                guard let value else { continue }
                let code = unsafe mosquitto_property_add_int32(&properties, Int32(name.rawValue), value)
                if code != 0 { return libraryText(code) }
            }
        }
        let code = unsafe mosquitto_connect_bind_v5(
            raw, options.host, Int32(options.port), Int32(options.keepalive), nil, properties)
        let system = errno
        let place = options.port == 0 ? options.host : "\(options.host):\(options.port)"
        switch code {
        case MOSQ_ERR_SUCCESS.rawValue: return nil
        case MOSQ_ERR_ERRNO.rawValue: return "\(place): \(unsafe String(cString: strerror(system)))"
        case MOSQ_ERR_EAI.rawValue: return "\(place): \(unsafe String(cString: gai_strerror(system)))"
        default: return "\(place): \(endText(code))"
        }
    }

    /// The library's socket, below 0 when there is none (any more).
    var socket: Int32 { unsafe mosquitto_socket(raw) }
    /// Whether packets wait for `write`.
    var wantsWrite: Bool { unsafe mosquitto_want_write(raw) }
    /// Reads and handles at least one packet, or nothing when none is complete. The library ignores its second argument.
    func read() -> Int32 { unsafe mosquitto_loop_read(raw, 1) }
    /// Writes all that is queued, every PUBACK included, as far as the kernel takes it.
    func write() -> Int32 { unsafe mosquitto_loop_write(raw, 1) }
    /// Keep-alive: queues PINGREQ or ends the connection.
    func misc() -> Int32 { unsafe mosquitto_loop_misc(raw) }
    /// Queues DISCONNECT; the library closes the socket once that is written.
    func disconnect() -> Int32 { unsafe mosquitto_disconnect_v5(raw, 0, nil) }

    /// Notes what a callback reports.
    func report(_ event: MosquittoClient.Event, _ words: String? = nil) {
        if let words { self.words[events.count] = words }
        events.append(event)
    }

    func accepted(_ code: Int32, flags: Int32, _ limits: MosquittoClient.Limits, _ words: String?) {
        if code == 0 {
            wasAccepted = true
            self.limits = limits
            report(.connected(sessionPresent: flags & 1 != 0), words)
        } else {
            wasRefused = true
            report(.refused(reasonCode: code, text: libraryReason(code) + (words.map { ": \($0)" } ?? "")), words)
        }
    }

    func received(_ message: MosquittoClient.Message) {
        messageCount += 1
        messageBytes += message.payload.count
        report(.message(message))
    }

    /// What the callbacks have reported since the last call, with the broker's words where there are any.
    func takeEvents() -> [(event: MosquittoClient.Event, words: String?)] {
        defer {
            events = []
            words = [:]
            messageCount = 0
            messageBytes = 0
        }
        return events.enumerated().map { ($1, words[$0]) }
    }

    /// Why the connection ended, for people.
    func endText(_ code: Int32) -> String {
        if let endReason, endReason >= 128 {
            return "the broker ended the session: \(MosquittoClient.reasonText(endReason))"
        }
        let code = code == 0 ? endReason ?? 0 : code
        if options.tls != nil, let lastError { return lastError }
        switch code {
        case MOSQ_ERR_SUCCESS.rawValue, MOSQ_ERR_CONN_LOST.rawValue: return "the broker closed the connection"
        case MOSQ_ERR_KEEPALIVE.rawValue: return "the broker does not answer (keep-alive)"
        default: return libraryText(code)
        }
    }

    // MARK: Requests

    func publish(
        topic: [UInt8], payload: [UInt8], qos: Int, retain: Bool, expiry: UInt32?
    ) throws(MosquittoError) -> Int32 {
        let topic = try cText("publish", topic)
        var mid: Int32 = 0
        guard let size = Int32(exactly: payload.count) else { throw MosquittoError("publish", .tooLarge) }
        var properties: OpaquePointer?
        defer { unsafe mosquitto_property_free_all(&properties) }
        if let expiry, options.protocolVersion == .v5 {
            let name = Int32(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.rawValue)
            try check("publish", unsafe mosquitto_property_add_int32(&properties, name, expiry))
        }
        let code = unsafe mosquitto_publish_v5(
            raw, &mid, topic, size, payload, Int32(clamping: qos), retain, properties)
        try check("publish", code)
        return mid
    }

    func subscribe(_ filter: String, qos: Int, options: Int32, identifier: UInt32?) throws(MosquittoError) -> Int32 {
        var mid: Int32 = 0
        let filter = try cText("subscribe", Array(filter.utf8))
        var properties: OpaquePointer?
        defer { unsafe mosquitto_property_free_all(&properties) }
        if let identifier {
            let name = Int32(MQTT_PROP_SUBSCRIPTION_IDENTIFIER.rawValue)
            try check("subscribe", unsafe mosquitto_property_add_varint(&properties, name, identifier))
        }
        let code = unsafe mosquitto_subscribe_v5(raw, &mid, filter, Int32(clamping: qos), options, properties)
        try check("subscribe", code)
        return mid
    }

    func unsubscribe(_ filter: String) throws(MosquittoError) -> Int32 {
        var mid: Int32 = 0
        let filter = try cText("unsubscribe", Array(filter.utf8))
        try check("unsubscribe", unsafe mosquitto_unsubscribe_v5(raw, &mid, filter, nil))
        return mid
    }

    /// `bytes` as a C string; a NUL in them would cut them short.
    private func cText(_ operation: String, _ bytes: [UInt8]) throws(MosquittoError) -> [CChar] {
        guard !bytes.contains(0) else { throw MosquittoError(operation, .invalid, "a NUL byte cannot be carried") }
        return bytes.map { CChar(bitPattern: $0) } + [0]
    }
}
