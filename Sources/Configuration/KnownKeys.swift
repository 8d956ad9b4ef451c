/// Every key of the file, by table. The names are a contract: keys may be added, none renamed.
enum KnownKeys {
    static let tables: [(table: String, keys: [String])] = [
        ("", ["bridge", "local", "module", "remote", "route", "queue", "control"]),
        ("bridge", ["name"]),
        ("local", ["host", "port", "client_id", "username", "password_file", "tls"]),
        ("local.tls", ["ca", "certificate", "key", "psk_identity", "psk_file", "verify"]),
        ("module", ["port", "baud", "flow_control", "profile", "pin_file", "apn", "reset"]),
        ("module.apn", ["name", "username", "password_file", "auth", "cid"]),
        ("module.reset", ["command", "gpio", "active", "pulse"]),
        (
            "remote",
            [
                "host", "port", "client_id", "username", "password_file", "keepalive", "clean_session", "ack_timeout",
                "receive", "tls", "will", "heartbeat",
            ]
        ),
        (
            "remote.tls",
            [
                "ca", "certificate", "key", "verify", "hostname", "sslversion", "ciphersuite", "ignorelocaltime",
                "negotiatetimeout", "verifymode",
            ]
        ),
        ("remote.will", ["topic", "message", "qos", "retain"]),
        ("remote.heartbeat", ["topic", "every"]),
        (
            "route",
            [
                "direction", "topic", "local_prefix", "remote_prefix", "qos", "publish_qos", "retain", "expire",
                "priority",
            ]
        ),
        ("queue", ["path", "max_bytes", "overflow", "commit_interval"]),
        ("control", ["socket"]),
    ]

    static func keys(of table: String) -> [String] {
        tables.first { $0.table == table }?.keys ?? []
    }

    /// The nearest key of the same table, or the same word in another table when nothing here is close.
    static func nearest(to key: String, in table: String) -> (path: String, isClose: Bool) {
        let word = String(decoding: key.utf8.prefix(64), as: UTF8.self)
        let ranked = keys(of: table).map { (key: $0, distance: editDistance(word, $0)) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return ("", false) }
        if best.distance <= max(1, best.key.utf8.count / 3) { return (path(table, best.key), true) }
        if let other = tables.first(where: { $0.keys.contains(word) }) { return (path(other.table, word), true) }
        return (path(table, best.key), false)
    }

    private static func path(_ table: String, _ key: String) -> String {
        table.isEmpty ? key : table + "." + key
    }
}
