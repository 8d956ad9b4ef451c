import Configuration
import Testing

extension BadInput {
    static let localAndModuleProblem: [BadInput] = [
        BadInput(
            with("local.host = \"h:1883\""),
            [
                "c.toml:2: local.host: \"h:1883\" is not a host; expected a host name or an address, without scheme and port"
            ]),
        BadInput(
            with("local.tls = { psk_identity = \"a\" }"),
            [
                "c.toml:2: local.tls.psk_identity: is there without psk_file; expected both"
            ]),
        BadInput(
            with("local.tls = { psk_file = \"a\", ca = \"b\", verify = false }"),
            [
                "c.toml:2: local.tls.psk_file: is there without psk_identity; expected both",
                "c.toml:2: local.tls.ca: cannot be used with a pre-shared key; expected either ca or psk_identity",
                "warning: c.toml:2: local.tls.verify: is false: the local broker's certificate is not checked",
            ]),
        BadInput(
            with("local.tls = 1"),
            [
                "c.toml:2: local.tls: is an integer; expected a table such as { ca = \"ca.crt\" }, true or false"
            ]),
        BadInput(
            with("module.baud = 14400"),
            [
                "c.toml:2: module.baud: 14400 is not a rate of the module; expected one of 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600"
            ]),
        BadInput(
            with("module.baud = \"115200\""),
            [
                "c.toml:2: module.baud: is a string; expected one of 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600"
            ]),
        BadInput(
            with("module.flow_control = true"),
            [
                "c.toml:2: module.flow_control: is true; expected \"none\" or \"rts-cts\""
            ]),
        BadInput(
            with("module.profile = \"air780\""),
            [
                "c.toml:2: module.profile: \"air780\" is not known; expected \"auto\", \"ec716s\", \"air780e\", \"air780ep\", \"air724ug\", \"quectel-gsm\" or \"bc260y\""
            ]),
        BadInput(
            with("module.port = \"\""),
            [
                "c.toml:2: module.port: is empty; expected a path"
            ]),
        BadInput(
            with("module.apn = \"cm net\""),
            [
                "c.toml:2: module.apn: \"cm net\" is not an APN; expected letters, digits, dots, hyphens and underscores"
            ]),
        BadInput(
            with("module.apn = 1"),
            [
                "c.toml:2: module.apn: is an integer; expected an APN in quotation marks, or a table such as { name = \"cmnet\" }"
            ]),
        BadInput(
            with("module.apn = {}"),
            [
                "c.toml:2: module.apn.name: is missing; expected the name of the APN"
            ]),
        BadInput(
            with("module.apn = { name = \"a\", auth = \"pap\", cid = 16, password_file = \"p\" }"),
            [
                "c.toml:2: module.apn.auth: is \"pap\" without username; expected both",
                "c.toml:2: module.apn.cid: 16 is out of range; expected a number from 1 to 15",
                "c.toml:2: module.apn.password_file: is there without username; expected both",
            ]),
        BadInput(
            with("module.apn = { name = \"a\", username = \"u\\n\", auth = \"eap\" }"),
            [
                "c.toml:2: module.apn.username: has a control character at byte 2, which the module cannot carry; expected text without quotation marks, backslashes and control characters",
                "c.toml:2: module.apn.auth: \"eap\" is not known; expected \"none\", \"pap\" or \"chap\"",
            ]),
        BadInput(
            with("module.reset = {}"),
            [
                "c.toml:2: module.reset: has neither command nor gpio; expected one of them"
            ]),
        BadInput(
            with("module.reset = { command = \"a\", gpio = \"b:1\" }"),
            [
                "c.toml:2: module.reset.gpio: is there beside command; expected one of them"
            ]),
        BadInput(
            with("module.reset = { command = \"\", pulse = \"1 s\" }"),
            [
                "c.toml:2: module.reset.command: is empty; expected a command",
                "c.toml:2: module.reset.pulse: means nothing with command; expected it beside gpio",
            ]),
        BadInput(
            with("module.reset = { gpio = \"17\", active = \"LOW\", pulse = \"149 ms\" }"),
            [
                "c.toml:2: module.reset.gpio: \"17\" is not a line of a chip; expected one such as \"gpiochip0:17\"",
                "c.toml:2: module.reset.active: \"LOW\" is not known; expected \"low\" or \"high\"",
                "c.toml:2: module.reset.pulse: \"149 ms\" is out of range; expected 150 ms to 1 min",
            ]),
        BadInput(
            with("module.reset = \"cmd\""),
            [
                "c.toml:2: module.reset: is a string; expected a table such as { command = \"/usr/local/sbin/power-cycle-module\" } or { gpio = \"gpiochip0:17\" }"
            ]),
    ]
}

@Suite struct LocalAndModuleProblemTests {
    @Test(arguments: BadInput.localAndModuleProblem)
    func `what is wrong under local and module`(_ input: BadInput) {
        #expect(said(parsed(input.text)) == input.said)
    }
}
