import Configuration
import Testing

extension BadInput {
    static let remoteProblem: [BadInput] = [
        BadInput(
            with("remote.port = 0"),
            [
                "c.toml:2: remote.port: 0 is out of range; expected a number from 1 to 65535"
            ]),
        BadInput(
            with("remote.port = 65536"),
            [
                "c.toml:2: remote.port: 65536 is out of range; expected a number from 1 to 65535"
            ]),
        BadInput(
            with("remote.port = 9223372036854775807"),
            [
                "c.toml:2: remote.port: 9223372036854775807 is out of range; expected a number from 1 to 65535"
            ]),
        BadInput(
            with("remote.port = \"1883\""),
            [
                "c.toml:2: remote.port: is a string; expected a number from 1 to 65535"
            ]),
        BadInput(
            with("remote.client_id = \"a\\\"b\""),
            [
                "c.toml:2: remote.client_id: has a quotation mark at byte 2, which the module cannot carry; expected text without quotation marks, backslashes and control characters"
            ]),
        BadInput(
            with("remote.client_id = 'a\\b'"),
            [
                "c.toml:2: remote.client_id: has a backslash at byte 2, which the module cannot carry; expected text without quotation marks, backslashes and control characters"
            ]),
        BadInput(
            with("remote.client_id = \"\""),
            [
                "c.toml:2: remote.client_id: is empty; expected 1 to 256 bytes"
            ]),
        BadInput(
            with("remote.client_id = \"a\\u007F\""),
            [
                "c.toml:2: remote.client_id: has a control character at byte 2, which the module cannot carry; expected text without quotation marks, backslashes and control characters"
            ]),
        BadInput(
            with(
                "remote.username = \""
                    + String(repeating: "ü", count: 129) + "\""),
            [
                "c.toml:2: remote.username: is 258 bytes long; expected at most 256, the module's limit"
            ]),
        BadInput(
            with("remote.password_file = \"x\""),
            [
                "c.toml:2: remote.password_file: is there without username; expected both"
            ]),
        BadInput(
            with("remote.keepalive = 0"),
            [
                "c.toml:2: remote.keepalive: is out of range; expected 1 to 65535 seconds"
            ]),
        BadInput(
            with("remote.keepalive = 65536"),
            [
                "c.toml:2: remote.keepalive: is out of range; expected 1 to 65535 seconds"
            ]),
        BadInput(
            with("remote.keepalive = \"19 h\""),
            [
                "c.toml:2: remote.keepalive: is out of range; expected 1 to 65535 seconds"
            ]),
        BadInput(
            with("remote.keepalive = \"1.5 s\""),
            [
                """
                c.toml:2: remote.keepalive: "1.5 s" is not a number of seconds; expected 1 to 65535 seconds, such as 300 \
                or "5 min"
                """
            ]),
        BadInput(
            with("remote.keepalive = \"forever\""),
            [
                """
                c.toml:2: remote.keepalive: "forever" is not a number of seconds; expected 1 to 65535 seconds, such as \
                300 or "5 min"
                """
            ]),
        BadInput(
            with("remote.keepalive = 59"),
            [
                "warning: c.toml:2: remote.keepalive: is 59 s; the vendor of these modules advises 60 s or more"
            ]),
        BadInput(
            with("remote.ack_timeout = 10"),
            [
                "c.toml:2: remote.ack_timeout: is an integer; expected a duration such as \"10 s\", \"200 ms\", \"5 min\", \"6 h\" or \"1 d\""
            ]),
        BadInput(
            with("remote.ack_timeout = \"10\""),
            [
                "c.toml:2: remote.ack_timeout: \"10\" is not a duration; expected a duration such as \"10 s\", \"200 ms\", \"5 min\", \"6 h\" or \"1 d\""
            ]),
        BadInput(
            with("remote.ack_timeout = \"10 min\""),
            [
                "c.toml:2: remote.ack_timeout: \"10 min\" is out of range; expected 1 s to 5 min"
            ]),
        BadInput(
            with("remote.ack_timeout = \"1 ms\""),
            [
                "c.toml:2: remote.ack_timeout: \"1 ms\" is out of range; expected 1 s to 5 min"
            ]),
        BadInput(
            with("remote.receive = \"Direct\""),
            [
                "c.toml:2: remote.receive: \"Direct\" is not known; expected \"direct\" or \"cached\""
            ]),
        BadInput(
            with("remote.receive = \"cached\""),
            [
                "warning: c.toml:2: remote.receive: \"cached\" with clean_session = false: the module keeps four messages, and what the broker kept for us may come faster than they can be read; \"direct\" loses none of them"
            ]),
        BadInput(
            with("remote.clean_session = 1"),
            [
                "c.toml:2: remote.clean_session: is an integer; expected true or false"
            ]),
        BadInput(
            with("remote.will = { message = \"x\" }"),
            [
                "c.toml:2: remote.will.topic: is missing; expected the topic of the will"
            ]),
        BadInput(
            with("remote.will = { topic = \"a/+\", message = \"{\\\"a\\\":1}\", qos = 3, retain = \"no\" }"),
            [
                "c.toml:2: remote.will.topic: \"a/+\" has a wildcard; expected a topic without + and #",
                "c.toml:2: remote.will.message: has a quotation mark at byte 2, which the module cannot carry; expected text without quotation marks, backslashes and control characters",
                "c.toml:2: remote.will.qos: 3 is out of range; expected a number from 0 to 2",
                "c.toml:2: remote.will.retain: is a string; expected true or false",
            ]),
        BadInput(
            with(
                "remote.will = { topic = \"a\", message = \""
                    + String(repeating: "x", count: 1361) + "\" }"),
            [
                "c.toml:2: remote.will.message: is 1361 bytes long; expected at most 1360, the module's limit"
            ]),
        BadInput(
            with(
                "remote.will = { topic = \""
                    + String(repeating: "x", count: 257) + "\" }"),
            [
                "c.toml:2: remote.will.topic: is 257 bytes long; expected at most 256, the module's limit"
            ]),
        BadInput(
            with("remote.heartbeat = { every = \"0 s\", topic = \"\" }"),
            [
                "c.toml:2: remote.heartbeat.every: \"0 s\" is out of range; expected 1 s to 1 d",
                "c.toml:2: remote.heartbeat.topic: is empty; expected a topic",
            ]),
        BadInput(
            with("remote.heartbeat = 5"),
            [
                "c.toml:2: remote.heartbeat: is an integer; expected a table such as { every = \"180 s\" }, or false"
            ]),
        BadInput(
            with("remote.tls = true"),
            [
                "c.toml:2: remote.tls: is true; expected a table such as { ca = \"ca.crt\" }, or false"
            ]),
        BadInput(
            with("remote.tls = { }"),
            [
                "c.toml:2: remote.tls.ca: is missing; expected the certificate of the broker's CA, or verify = false"
            ]),
        BadInput(
            with("remote.tls = { verify = false, certificate = \"x\" }"),
            [
                "c.toml:2: remote.tls.certificate: has no key to it; expected key beside certificate",
                "warning: c.toml:2: remote.tls.verify: is false: anyone can pose as the broker",
            ]),
        BadInput(
            with(
                "remote.tls = { ca = \"c\", key = \"x\", sslversion = \"tls1.3\", ciphersuite = \"0x1301\", negotiatetimeout = 5, verifymode = 2, ignorelocaltime = true }"
            ),
            [
                "c.toml:2: remote.tls.key: has no certificate to it; expected certificate beside key",
                "c.toml:2: remote.tls.sslversion: is not known; expected \"tls1.2\", \"tls1.1\", \"tls1.0\", \"ssl3.0\", \"all\" or the module's number 0 to 4",
                "c.toml:2: remote.tls.ciphersuite: is not a suite of the module; expected \"all\" or one of TLS_RSA_WITH_3DES_EDE_CBC_SHA, TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_256_CBC_SHA, TLS_RSA_WITH_AES_256_CBC_SHA256, TLS_RSA_WITH_RC4_128_MD5, TLS_RSA_WITH_RC4_128_SHA",
                "c.toml:2: remote.tls.negotiatetimeout: is out of range; expected 10 to 300 seconds",
                "c.toml:2: remote.tls.verifymode: 2 is out of range; expected a number from 0 to 1",
                "warning: c.toml:2: remote.tls.ignorelocaltime: is true: expired certificates are accepted",
            ]),
        BadInput(
            with(
                "remote.tls = { ca = \"c\", sslversion = \"all\", ciphersuite = \"ECDHE\", negotiatetimeout = \"5 s\", hostname = \"a b\" }"
            ),
            [
                "c.toml:2: remote.tls.ciphersuite: is not a suite of the module; expected \"all\" or one of TLS_RSA_WITH_3DES_EDE_CBC_SHA, TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_256_CBC_SHA, TLS_RSA_WITH_AES_256_CBC_SHA256, TLS_RSA_WITH_RC4_128_MD5, TLS_RSA_WITH_RC4_128_SHA",
                "c.toml:2: remote.tls.negotiatetimeout: \"5 s\" is out of range; expected 10 s to 5 min",
                "c.toml:2: remote.tls.hostname: \"a b\" is not a host; expected a DNS name or an IPv4 address, without scheme and port",
                "warning: c.toml:2: remote.tls.sslversion: allows versions before TLS 1.2, which are broken",
            ]),
        BadInput(
            with("remote.port = 8883"),
            [
                "warning: c.toml:2: remote.port: 8883 is the port for TLS, but tls is not configured"
            ]),
    ]
}

@Suite struct RemoteProblemTests {
    @Test(arguments: BadInput.remoteProblem)
    func `what is wrong under remote`(_ input: BadInput) {
        #expect(said(parsed(input.text)) == input.said)
    }
}
