import Configuration
import Testing

extension BadInput {
    static let otherProblem: [BadInput] = [
        BadInput(
            with("queue.max_bytes = \"64 mib\""),
            [
                "c.toml:2: queue.max_bytes: is not a size; expected a size such as \"64 MiB\", \"500 kB\" or a number of bytes"
            ]),
        BadInput(
            with("queue.max_bytes = 5"),
            [
                "c.toml:2: queue.max_bytes: is out of range; expected 64 KiB to 1 TiB"
            ]),
        BadInput(
            with("queue.max_bytes = -5"),
            [
                "c.toml:2: queue.max_bytes: is not a size; expected a size such as \"64 MiB\", \"500 kB\" or a number of bytes"
            ]),
        BadInput(
            with("queue.commit_interval = \"11 s\""),
            [
                "c.toml:2: queue.commit_interval: \"11 s\" is out of range; expected 50 ms to 10 s"
            ]),
        BadInput(
            with("queue.max_bytes = true"),
            [
                "c.toml:2: queue.max_bytes: is true; expected a size such as \"64 MiB\", \"500 kB\" or a number of bytes"
            ]),
        BadInput(
            with("queue.overflow = \"drop\"\nqueue.path = 5"),
            [
                "c.toml:2: queue.overflow: \"drop\" is not known; expected \"drop-oldest\", \"drop-newest\" or \"stop-reading\"",
                "c.toml:3: queue.path: is an integer; expected a path in quotation marks",
            ]),
        BadInput(
            with("control.socket = true"),
            [
                "c.toml:2: control.socket: is true; expected a path in quotation marks, or false"
            ]),
        BadInput(
            with(
                "control.socket = \""
                    + String(repeating: "s", count: 107) + "\""),
            [
                "c.toml:2: control.socket: is 114 bytes long; expected at most 107, the limit of unix sockets"
            ]),
        BadInput(
            with("bridge.name = \"a/b\""),
            [
                "c.toml:2: bridge.name: \"a/b\" has a /, + or #; expected a name that can stand in a topic"
            ]),
        BadInput(
            with("bridge.name = 1979-05-27"),
            [
                "c.toml:2: bridge.name: is a date; expected a text in quotation marks"
            ]),
        BadInput(
            with("bridge.name = 1.5"),
            [
                "c.toml:2: bridge.name: is a fraction; expected a text in quotation marks"
            ]),
        BadInput(
            with("bridge.name = [1]"),
            [
                "c.toml:2: bridge.name: is an array; expected a text in quotation marks"
            ]),
    ]
}

@Suite struct OtherProblemTests {
    @Test(arguments: BadInput.otherProblem)
    func `what is wrong elsewhere`(_ input: BadInput) {
        #expect(said(parsed(input.text)) == input.said)
    }
}
