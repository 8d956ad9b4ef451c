import Configuration

/// The example of the configuration reference, with the secrets in a folder of the test.
enum Example {
    static func text(secrets: String) -> String {
        """
        [bridge]
        name = "field-box-17"          # default: remote.client_id; in topics, logs, status

        [local]
        host = "localhost"
        port = 1883
        client_id = "cellbridge-field-box-17"
        username = "bridge"
        password_file = "\(secrets)/local-password"
        tls = { ca = "local-ca.crt" }

        [module]
        port = "/dev/serial/by-id/usb-…"   # or "simulator"
        baud = 115200
        flow_control = "none"          # or "rts-cts" (AT+IFC)
        profile = "auto"               # by ATI; or ec716s, air780e, air780ep, air724ug, quectel-gsm, bc260y
        pin_file = "\(secrets)/pin"
        apn = "cmnet"                  # or { name = "…", username = "…", password_file = "…", auth = "chap", cid = 1 }
        reset = { command = "/usr/local/sbin/power-cycle-module" }   # or { gpio = "gpiochip0:17", active = "low", pulse = "200 ms" }

        [remote]
        host = "mqtt.example.com"
        port = 8883
        client_id = "field-box-17"
        username = "field-box-17"
        password_file = "\(secrets)/password"
        keepalive = 120                # seconds
        clean_session = false
        ack_timeout = "10 s"           # how long PUBACK, SUBACK, CONNACK OK may take
        receive = "direct"             # or "cached": AT+MQTTMSGSET=1 and AT+MQTTMSGGET
        tls = { ca = "ca.crt", certificate = "client.crt", key = "client.key" }
        will = { topic = "site/17/state", message = "offline", qos = 1, retain = true }
        heartbeat = { topic = "cellbridge/field-box-17/heartbeat", every = "180 s" }   # or false

        [[route]]
        direction = "out"              # out, in, both
        topic = "#"
        local_prefix = "plant/"
        remote_prefix = "site7/"
        qos = 1
        retain = "keep"                # keep or clear; default keep for out, clear for in
        expire = "6h"
        priority = "normal"

        [[route]]
        direction = "in"
        topic = "commands/#"
        qos = 1
        remote_prefix = "site/17/"

        [queue]
        path = "/var/lib/cellbridge"   # all state that must survive a kill or a power cut; locked by one process
        max_bytes = "64 MiB"
        overflow = "drop-oldest"       # drop-oldest, drop-newest, stop-reading

        [control]
        socket = "/run/cellbridge/control.sock"

        """
    }

    /// Puts the files in place that the example names.
    static func writeFiles(into folder: TemporaryFolder) {
        folder.write("local-password", "local secret\n")
        folder.write("pin", "1234\r\n", mode: 0o640)
        folder.write("password", "remote secret")
        folder.write("local-ca.crt", "-", mode: 0o644)
        folder.write("ca.crt", "-", mode: 0o644)
        folder.write("client.crt", "-", mode: 0o644)
        folder.write("client.key", "-")
    }

    static func value(secrets: String) -> Configuration {
        Configuration(
            bridge: .init(name: "field-box-17"),
            local: .init(
                host: "localhost", port: 1883, clientID: "cellbridge-field-box-17", username: "bridge",
                password: Array("local secret".utf8), tls: .init(ca: secrets + "/local-ca.crt")),
            module: .init(
                port: .path("/dev/serial/by-id/usb-…"), baud: 115_200, flowControl: .none, profile: .automatic,
                pinFile: secrets + "/pin", pin: Array("1234".utf8), apn: .init(name: "cmnet"),
                reset: .command("/usr/local/sbin/power-cycle-module")),
            remote: .init(
                host: "mqtt.example.com", port: 8883, clientID: "field-box-17", username: "field-box-17",
                password: Array("remote secret".utf8), keepalive: 120, cleanSession: false,
                ackTimeout: .seconds(10), receive: .direct,
                tls: .init(
                    ca: secrets + "/ca.crt", certificate: secrets + "/client.crt", key: secrets + "/client.key",
                    hostname: "mqtt.example.com"),
                will: .init(
                    topic: Array("site/17/state".utf8), message: Array("offline".utf8), qos: 1, retain: true),
                heartbeat: .init(topic: Array("cellbridge/field-box-17/heartbeat".utf8), every: .seconds(180)),
                socketKeepalive: 120, socketReceive: .direct,
                socketHeartbeat: .init(topic: Array("cellbridge/field-box-17/heartbeat".utf8), every: .seconds(180))),
            routes: [
                .init(
                    direction: .out, topic: Array("#".utf8), localPrefix: Array("plant/".utf8),
                    remotePrefix: Array("site7/".utf8), qos: 1, retain: .keep, expire: .seconds(21_600)),
                .init(direction: .in, topic: Array("commands/#".utf8), remotePrefix: Array("site/17/".utf8), qos: 1),
            ],
            queue: .init(path: "/var/lib/cellbridge", maxBytes: 64 << 20, overflow: .dropOldest),
            control: .init(socket: "/run/cellbridge/control.sock"))
    }

    /// The least that is a configuration: `extra` goes before the route.
    static func minimal(_ extra: String = "", remote: String = "", route: String = "topic = \"#\"") -> String {
        "remote.host = \"h\"\n" + remote + extra + "\n[[route]]\n" + route + "\n"
    }
}
