extension Configuration {
    /// A table of the file and what its keys mean; one line each.
    package struct DocumentedTable: Sendable {
        /// `remote.tls`; empty for the top level.
        package var name: String
        /// What it is about.
        package var summary: String
        /// Its keys, in the order of the documents.
        package var keys: [DocumentedKey]

        fileprivate init(_ name: String, _ summary: String, _ keys: [DocumentedKey]) {
            self.name = name
            self.summary = summary
            self.keys = keys
        }
    }

    /// A key.
    package struct DocumentedKey: Sendable {
        /// As it is written.
        package var name: String
        /// What it takes.
        package var takes: String
        /// What holds without it; `required` when it must be there; empty for tables.
        package var standard: String
        /// What it means.
        package var meaning: String

        fileprivate init(_ name: String, _ takes: String, _ standard: String, _ meaning: String) {
            self.name = name
            self.takes = takes
            self.standard = standard
            self.meaning = meaning
        }
    }
}

extension KnownKeys {
    /// Every key with its meaning: what is not here is unknown. The names are a contract: keys may be added, none
    /// renamed. For the manual page; docs/configuration.md says more.
    static let documented: [Configuration.DocumentedTable] = [
        top,
        bridge,
        local,
        localTls,
        module,
        moduleApn,
        moduleReset,
        remote,
        remoteTls,
        remoteWill,
        remoteHeartbeat,
        route,
        queue,
        control,
    ]

    private static let top = Configuration.DocumentedTable(
        "", "",
        [
            .init("bridge", "table", "", "the bridge itself"),
            .init("local", "table", "", "the broker on this host"),
            .init("module", "table", "", "the hardware"),
            .init("remote", "table", "required", "the broker behind the module"),
            .init(
                "route", "[[route]]", "required",
                "which topics cross, and which way; 1 to 256, the first that matches takes a message"),
            .init("queue", "table", "", "what is kept on disk"),
            .init("control", "table", "", "the control socket"),
        ])

    private static let bridge = Configuration.DocumentedTable(
        "bridge", "the bridge itself",
        [
            .init(
                "name", "text of 1 to 128 bytes without / + #", "client_id of [remote]",
                "names this bridge in the log and in the topics below cellbridge/NAME")
        ])

    private static let local = Configuration.DocumentedTable(
        "local", "the broker on this host",
        [
            .init("host", "name or address", "localhost", "where the local broker is"),
            .init("port", "1 to 65535", "1883, with tls 8883", "its port"),
            .init(
                "client_id", "text of 1 to 1024 bytes", "cellbridge- and the bridge's name",
                "the session under which the broker keeps waiting messages: keep it"),
            .init("username", "text", "none", "the user, where the broker wants one"),
            .init("password_file", "path", "none", "a file with the password; needs username"),
            .init(
                "tls", "table, true or false", "none",
                "an encrypted connection; true: with the system's CA certificates"),
        ])

    private static let localTls = Configuration.DocumentedTable(
        "local.tls", "certificates or a pre-shared key for the local broker",
        [
            .init("ca", "path", "the system's", "the CA that signed the broker's certificate, PEM"),
            .init("certificate", "path", "none", "our client certificate, PEM; needs key"),
            .init("key", "path", "none", "the key to it, PEM, not readable by others"),
            .init(
                "psk_identity", "text", "none",
                "the name of a pre-shared key; needs psk_file, excludes ca and certificate"),
            .init("psk_file", "path", "none", "a file with the pre-shared key in hexadecimal digits"),
            .init("verify", "true or false", "true", "false checks neither the broker's certificate nor its name"),
        ])

    private static let module = Configuration.DocumentedTable(
        "module", "the hardware",
        [
            .init(
                "port", "path, or simulator", "/dev/ttyUSB0",
                "the serial port, best a name below /dev/serial/by-id; simulator starts the built-in module"),
            .init("baud", "600 to 921600", "115200", "the rate of the line: must be the module's"),
            .init("flow_control", "none or rts-cts", "none", "whether RTS and CTS hold the other side"),
            .init(
                "profile", "auto, ec716s, air780e, air780ep, air724ug, quectel-gsm or bc260y", "auto",
                "the limits of the firmware; auto asks the module"),
            .init(
                "pin_file", "path", "none",
                "a file with the PIN of the SIM, 4 to 8 digits; a refused PIN is not sent again"),
            .init(
                "apn", "text or table", "the network's", "the access point, set only when the module has another one"),
            .init("reset", "table", "none", "how to restart the module from outside, the last rung of recovery"),
        ])

    private static let moduleApn = Configuration.DocumentedTable(
        "module.apn", "an access point with more than a name",
        [
            .init(
                "name", "1 to 100 letters, digits, dots, hyphens, underscores", "required",
                "the name of the access point"),
            .init("username", "text of 1 to 256 bytes", "none", "the user at the access point"),
            .init("password_file", "path", "none", "a file with the password; needs username"),
            .init(
                "auth", "none, pap or chap", "chap with a user name, else none",
                "how user and password are shown to the network"),
            .init("cid", "1 to 15", "1", "the PDP context"),
        ])

    private static let moduleReset = Configuration.DocumentedTable(
        "module.reset", "either a command or a line of a GPIO chip",
        [
            .init(
                "command", "text", "none",
                "run by /bin/sh, for 60 s at most; exit status 0 says that the module was restarted"),
            .init("gpio", "chip and line, such as gpiochip0:17", "none", "the line to pull"),
            .init("active", "low or high", "low", "the level that resets; with gpio only"),
            .init("pulse", "150 ms to 60 s", "200 ms", "how long the line is pulled; with gpio only"),
        ])

    private static let remote = Configuration.DocumentedTable(
        "remote", "the broker behind the module",
        [
            .init(
                "host", "DNS name or IPv4 address", "required", "where the remote broker is, as the module resolves it"),
            .init("port", "1 to 65535", "1883, with tls 8883", "its port"),
            .init(
                "client_id", "text of 1 to 256 bytes", "cellbridge- and the host's name", "must be this device's alone"),
            .init("username", "text of 1 to 256 bytes", "none", "the user, where the broker wants one"),
            .init("password_file", "path", "none", "a file with the password; needs username"),
            .init(
                "link", "auto, mqtt or socket", "auto",
                "mqtt: the module's own MQTT client; socket: ours, over the module's TCP socket; auto: what it has"),
            .init("window", "1 to 100", "20", "link socket: how many messages may be without an acknowledgement"),
            .init(
                "keepalive", "1 to 65535 s, number or duration", "120, link socket 300",
                "how often a ping goes when nothing else does"),
            .init(
                "clean_session", "true or false", "false", "false: the broker keeps what comes while the link is down"),
            .init(
                "ack_timeout", "1 s to 5 min", "10 s",
                "how long an acknowledgement may take before the session is ended"),
            .init(
                "receive", "direct or cached", "direct, link socket cached",
                "how the module hands over what comes; cached reads its four slots, or its socket on request"),
            .init(
                "tls", "table or false", "none",
                "an encrypted connection, made by the module; link socket: by this host"),
            .init("will", "table", "none", "what the broker publishes when the bridge vanishes"),
            .init(
                "heartbeat", "table, true or false", "on, link socket off",
                "a message that finds out whether a quiet connection still is one"),
        ])

    private static let remoteTls = Configuration.DocumentedTable(
        "remote.tls", "TLS as the module does it or, with link socket, as this host does it",
        [
            .init(
                "ca", "path", "required unless verify = false; link socket: the system's",
                "the CA that signed the broker's certificate, PEM; for the module at most 10240 bytes"),
            .init("certificate", "path", "none", "our client certificate, PEM; needs key"),
            .init("key", "path", "none", "the key to it, PEM, not readable by others"),
            .init("verify", "true or false", "true", "false: encrypted, but anyone can pose as the broker"),
            .init("hostname", "name", "host of [remote]", "the name the broker's certificate must have"),
            .init(
                "sslversion", "ssl3.0, tls1.0, tls1.1, tls1.2, all or 0 to 4", "tls1.2",
                "the version of TLS; all but the default warn"),
            .init(
                "ciphersuite", "all, a name of the manual or its number", "as the module has it",
                "the one suite that is offered"),
            .init("ignorelocaltime", "true or false", "false", "true: expired certificates are accepted"),
            .init(
                "negotiatetimeout", "10 to 300 s, number or duration", "as the module has it (300 s)",
                "how long a handshake may take"),
            .init(
                "verifymode", "0 or 1", "as the module has it (0)",
                "0: ca is a root certificate; 1: it may be another of the chain"),
            .init(
                "psk_identity", "text of 1 to 255 bytes", "none",
                "link socket: the name of a pre-shared key; needs psk_file, excludes ca and certificate"),
            .init(
                "psk_file", "path", "none", "link socket: a file with the pre-shared key in hexadecimal digits"),
            .init(
                "alpn", "text, or an array of up to 16", "none", "link socket: the application protocols to offer"),
            .init("min_version", "tls1.2 or tls1.3", "tls1.2", "link socket: the lowest version of TLS"),
            .init(
                "ciphers", "names of OpenSSL, separated by colons", "OpenSSL's",
                "link socket: the suites to offer; a version without one is not offered"),
        ])

    private static let remoteWill = Configuration.DocumentedTable(
        "remote.will", "the last will",
        [
            .init("topic", "topic of 1 to 256 bytes", "required", "where it is published"),
            .init("message", "text of at most 1360 bytes", "empty", "what is published"),
            .init("qos", "0 to 2", "0", "at which QoS"),
            .init("retain", "true or false", "false", "with which retain flag"),
        ])

    private static let remoteHeartbeat = Configuration.DocumentedTable(
        "remote.heartbeat", "the message that tests a quiet connection",
        [
            .init(
                "topic", "topic of 1 to 256 bytes", "cellbridge/NAME/heartbeat",
                "where it is published; this client must be allowed to"),
            .init("every", "1 s to 1 d", "1.5 times keepalive", "after which silence it is sent"),
        ])

    private static let route = Configuration.DocumentedTable(
        "route", "topics that cross; local filter = local_prefix + topic, remote filter = remote_prefix + topic",
        [
            .init("direction", "out, in or both", "out", "out: from the local to the remote broker"),
            .init(
                "topic", "topic filter", "required",
                "relative to the prefixes; empty only with both of them: one single topic"),
            .init(
                "local_prefix", "text of at most 1024 bytes, no wildcard", "empty",
                "what stands before topic at the local broker"),
            .init(
                "remote_prefix", "text, with topic at most 256 bytes, no wildcard", "empty",
                "what stands before topic at the remote broker"),
            .init(
                "qos", "0 to 2", "1",
                "out: the highest that is passed on; in: that of the subscription and of the local publish"),
            .init(
                "publish_qos", "0 to 2", "none",
                "out: publishes at this QoS whatever the message had; the only way to QoS 2"),
            .init(
                "retain", "keep or clear", "out keep, in clear",
                "whether the retain flag is passed on; in: keep sets it on every message"),
            .init("expire", "1 s or more", "never", "a message that waits longer is refused, not sent"),
            .init("priority", "high, normal or low", "normal", "what leaves the outbox first"),
        ])

    private static let queue = Configuration.DocumentedTable(
        "queue", "what is kept on disk",
        [
            .init(
                "path", "path", "/var/lib/cellbridge",
                "the folder of all that must survive a kill or a power cut; on a disk, one process at a time"),
            .init("max_bytes", "64 KiB to 1 TiB", "64 MiB", "the most that outbox and inbox hold together"),
            .init(
                "overflow", "drop-oldest, drop-newest or stop-reading", "drop-oldest", "what happens when it is full"),
            .init(
                "commit_interval", "50 ms to 10 s", "1 s",
                "how long a message may wait in memory: acknowledged by then, it is never written to the disk"),
        ])

    private static let control = Configuration.DocumentedTable(
        "control", "the control socket",
        [
            .init(
                "socket", "path of at most 107 bytes, or false", "/run/cellbridge/control.sock",
                "where commands reach the running service")
        ])
}
