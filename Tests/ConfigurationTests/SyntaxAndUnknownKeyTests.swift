import Configuration
import Testing

extension BadInput {
    static let syntaxAndUnknownKey: [BadInput] = [
        BadInput(
            "",
            [
                "c.toml:1: route: there is none; expected at least one [[route]]",
                "c.toml:1: remote.host: is missing; expected the name or address of the remote broker",
            ]),
        BadInput(
            "[broker",
            [
                "c.toml:1: Error while parsing table header: encountered end-of-file"
            ]),
        BadInput(
            "[\u{02}",
            [
                "c.toml:1: Error while parsing key: expected bare key starting character or string delimiter, saw '\\u0002'"
            ]),
        BadInput(
            "a = 1\na = 2",
            [
                "c.toml:2: Error while parsing key-value pair: cannot redefine existing integer 'a'"
            ]),
        BadInput(
            "remote.host = 5",
            [
                "c.toml:1: route: there is none; expected at least one [[route]]",
                "c.toml:1: remote.host: is an integer; expected a text in quotation marks",
            ]),
        BadInput(
            "x = 1\0",
            [
                "c.toml:1: Error while parsing decimal integer: expected digit, saw '\\u0000'"
            ]),
        BadInput(
            with("remote.hots = 1"),
            [
                "c.toml:2: remote.hots: unknown key; did you mean remote.host?"
            ]),
        BadInput(
            with("remote.client = \"1\""),
            [
                "c.toml:2: remote.client: unknown key; did you mean remote.client_id?"
            ]),
        BadInput(
            with("local.keepalive = 1"),
            [
                "c.toml:2: local.keepalive: unknown key; did you mean remote.keepalive?"
            ]),
        BadInput(
            with("remot.host = 1"),
            [
                "c.toml:2: remot: unknown key; did you mean remote?"
            ]),
        BadInput(
            with("bridge.zzzzzzzzzzzzzzzz = 1"),
            [
                "c.toml:2: bridge.zzzzzzzzzzzzzzzz: unknown key; the nearest known key is bridge.name"
            ]),
        BadInput(
            with("remote.tls.cert = 1"),
            [
                "c.toml:2: remote.tls.ca: is missing; expected the certificate of the broker's CA, or verify = false",
                "c.toml:2: remote.tls.cert: unknown key; the nearest known key is remote.tls.ca",
            ]),
        BadInput(
            with("\"\\u001b[2J\" = 1"),
            [
                "c.toml:2: \\x1B[2J: unknown key; the nearest known key is local"
            ]),
        BadInput(
            "remote = 1\nroute = 1\nlocal = \"\"",
            [
                "c.toml:1: remote: is an integer; expected a table: [remote]",
                "c.toml:1: remote.host: is missing; expected the name or address of the remote broker",
                "c.toml:2: route: is an integer; expected [[route]], with two brackets, for each route",
                "c.toml:3: local: is a string; expected a table: [local]",
            ]),
        BadInput(
            "[route]\ntopic = \"a\"\n[remote]\nhost = \"h\"",
            [
                "c.toml:1: route: is a table; expected [[route]], with two brackets, for each route"
            ]),
        BadInput(
            "route = [1]\nremote.host = \"h\"",
            [
                "c.toml:1: route[1]: is an integer; expected a table: [[route]]"
            ]),
        BadInput(
            "route = []\nremote.host = \"h\"",
            [
                "c.toml:1: route: is empty; expected at least one [[route]]"
            ]),
        BadInput(
            "remote.host = \"mqtt://h:1883\"\n[[route]]\ntopic = \"#\"",
            [
                "c.toml:1: remote.host: \"mqtt://h:1883\" is not a host; expected a DNS name or an IPv4 address, without scheme and port"
            ]),
        BadInput(
            "remote.host = \"\"\n[[route]]\ntopic = \"#\"",
            [
                "c.toml:1: remote.host: is 0 bytes long; expected a DNS name or an IPv4 address, without scheme and port"
            ]),
        BadInput(
            "remote.host = \"h\"\nremote.clean_session = true\n[[route]]\ntopic = \"a\"\ndirection = \"in\"\n",
            [
                "warning: c.toml:2: remote.clean_session: is true: what is published while the link is down does not come in, whatever the qos of the route"
            ]),
    ]
}

@Suite struct SyntaxAndUnknownKeyTests {
    @Test(arguments: BadInput.syntaxAndUnknownKey)
    func `syntax, tables and unknown keys`(_ input: BadInput) {
        #expect(said(parsed(input.text)) == input.said)
    }
}
