/// What one message takes of the data volume: an estimate. Real ones differ by TCP options, repeats and how a network
/// counts; keep-alives, heartbeats and connects come on top.
package struct AirUse: Equatable, Sendable {
    /// The PUBLISH packet (MQTT 3.1.1, section 3.3), exact.
    package var publish: Int
    /// PUBACK, or PUBREC, PUBREL and PUBCOMP, exact.
    package var acknowledgements: Int
    /// TLS records around them: of the module AES-CBC with SHA-1, of this host TLS 1.3 with AES-GCM or ChaCha20.
    package var tls: Int
    /// IPv4 and TCP headers, without options, and the bare TCP acknowledgements.
    package var headers: Int

    /// All of it.
    package var total: Int { publish + acknowledgements + tls + headers }

    private static let header = 40
    private static let segment = 1360
    private static let acknowledgement = 4

    /// One message; counts in bytes. `own`: MQTT 5 and TLS are made on this host, with so many bytes of properties.
    package init(topic: Int, payload: Int, qos: Int, isTLS: Bool, own properties: Int? = nil) {
        let record = properties == nil ? Self.record : Self.ownRecord
        let rest = 2 + topic + (qos > 0 ? 2 : 0) + (properties.map { 1 + $0 } ?? 0) + payload
        var lengthBytes = 1
        var beyond = rest >> 7
        while beyond > 0 {
            lengthBytes += 1
            beyond >>= 7
        }
        publish = 1 + lengthBytes + rest
        let packets = qos == 0 ? 0 : qos == 1 ? 1 : 3
        acknowledgements = packets * Self.acknowledgement
        tls =
            isTLS
            ? record(publish) - publish + packets * (record(Self.acknowledgement) - Self.acknowledgement) : 0
        let segments = ((isTLS ? record(publish) : publish) + Self.segment - 1) / Self.segment
        // The last packet is acknowledged by a bare segment, the others by the packet that answers them.
        headers = (segments + packets + 1) * Self.header
    }

    /// A TLS 1.2 record of AES-CBC with SHA-1: header, IV, then the text with its MAC padded to blocks of 16.
    private static func record(_ text: Int) -> Int { 5 + 16 + (text + 20 + 1 + 15) / 16 * 16 }

    /// A TLS 1.3 record: header, kind and tag are 22 bytes (RFC 8446, 5.2); no more than 16 KiB in one.
    private static func ownRecord(_ text: Int) -> Int { text + 22 * max(1, (text + 16383) / 16384) }

    /// Bytes of the connection towards the broker: the PUBLISH, for QoS 2 the PUBREL.
    func out(qos: Int, isTLS: Bool) -> Int {
        let own = isTLS ? Self.ownRecord : { $0 }
        return own(publish) + (qos == 2 ? own(Self.acknowledgement) : 0)
    }

    /// Bytes of the connection that answer it: PUBACK, or PUBREC and PUBCOMP.
    func answer(qos: Int, isTLS: Bool) -> Int {
        let own = isTLS ? Self.ownRecord : { $0 }
        return qos * own(Self.acknowledgement)
    }

    /// Bytes in 30 days at so many messages.
    package func monthly(_ rate: MessageRate) -> Int64 { Int64(total) * rate.monthly }
}

/// How many messages come in which time.
package struct MessageRate: Equatable, Sendable {
    /// 1 ... 1,000,000.
    package var count: Int64
    /// Of which time, in seconds.
    package var seconds: Int64
    /// As it was written.
    package var text: String

    private static let units: [(names: [String], seconds: Int64)] = [
        (["s", "sec", "second"], 1), (["m", "min", "minute"], 60), (["h", "hour"], 3600), (["d", "day"], 86_400),
    ]

    /// `60/h`, `1/min`, `2/s`, `500/day`; nil when it is none.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = Int64(parts[0]), (1...1_000_000).contains(count),
            let unit = Self.units.first(where: { $0.names.contains(String(parts[1])) })
        else { return nil }
        self.count = count
        self.text = text
        seconds = unit.seconds
    }

    /// Messages in 30 days, rounded down.
    package var monthly: Int64 { count * (2_592_000 / seconds) }

    /// The part of the line's time that messages of `time` each take, in thousandths.
    package func share(of time: Duration) -> Int64 {
        let microseconds = time.components.seconds * 1_000_000 + time.components.attoseconds / 1_000_000_000_000
        return count * microseconds / (seconds * 1000)
    }
}
