import Configuration
import Testing

extension BadInput {
    static let routeProblem: [BadInput] = [
        BadInput(
            route("topic = \"#\"\nlocalprefix = 1"),
            [
                "c.toml:5: route[1].localprefix: unknown key; did you mean route.local_prefix?"
            ]),
        BadInput(
            route("topic = \"a#\""),
            [
                "c.toml:4: route[1].topic: \"a#\" has a wildcard beside other characters; expected + or # alone in its level"
            ]),
        BadInput(
            route("topic = \"#/a\""),
            [
                "c.toml:4: route[1].topic: \"#/a\" has a # before the end; expected # as the last level only"
            ]),
        BadInput(
            route("topic = \"a/b+/c\""),
            [
                "c.toml:4: route[1].topic: \"a/b+/c\" has a wildcard beside other characters; expected + or # alone in its level"
            ]),
        BadInput(
            route("topic = \"\""),
            [
                "c.toml:4: route[1].topic: is empty; expected a topic filter, or both prefixes beside an empty one"
            ]),
        BadInput(
            route("direction = \"out\""),
            [
                "c.toml:3: route[1].topic: is missing; expected a topic filter such as \"#\""
            ]),
        BadInput(
            route("topic = \"#\"\nlocal_prefix = \"plant\""),
            [
                "c.toml:5: route[1].local_prefix: \"plant\" does not end in /; expected that before a topic that begins with a wildcard"
            ]),
        BadInput(
            route("topic = \"#\"\nremote_prefix = \"a/#/\"\nlocal_prefix = \"+/\""),
            [
                "c.toml:5: route[1].remote_prefix: \"a/#/\" has a wildcard; expected a prefix without + and #",
                "c.toml:6: route[1].local_prefix: \"+/\" has a wildcard; expected a prefix without + and #",
            ]),
        BadInput(
            route("topic = \"a\\\"\""),
            [
                "c.toml:4: route[1].topic: has a quotation mark at byte 2, which the module cannot carry; expected text without quotation marks, backslashes and control characters"
            ]),
        BadInput(
            route("topic = \"$share/g/a\""),
            [
                "c.toml:4: route[1].topic: is a shared subscription; expected a filter without $share/"
            ]),
        BadInput(
            route("topic = \"g/a\"\nremote_prefix = \"$share/\""),
            [
                "c.toml:5: route[1].remote_prefix: is a shared subscription; expected a filter without $share/"
            ]),
        BadInput(
            route(
                "topic = \""
                    + String(repeating: "x", count: 200) + "\"\nremote_prefix = \""
                    + String(repeating: "y", count: 57) + "\""),
            [
                "c.toml:5: route[1].remote_prefix: and topic are 257 bytes long; expected at most 256 together, the module's limit"
            ]),
        BadInput(
            route(
                "topic = \"a\"\nqos = 3\npublish_qos = -1\ndirection = \"up\"\nretain = true\nexpire = \"0.5 s\"\npriority = \"urgent\""
            ),
            [
                "c.toml:5: route[1].qos: 3 is out of range; expected a number from 0 to 2",
                "c.toml:6: route[1].publish_qos: -1 is out of range; expected a number from 0 to 2",
                "c.toml:7: route[1].direction: \"up\" is not known; expected \"out\", \"in\" or \"both\"",
                "c.toml:8: route[1].retain: is true; expected \"keep\" or \"clear\"",
                "c.toml:9: route[1].expire: \"0.5 s\" is out of range; expected 1 s to 36525 d",
                "c.toml:10: route[1].priority: \"urgent\" is not known; expected \"high\", \"normal\" or \"low\"",
            ]),
        BadInput(
            route("topic = \"a\"\nqos = 2"),
            [
                "warning: c.toml:5: route[1].qos: 2 is not reached: local subscriptions stay at QoS 1; publish_qos = 2 publishes at QoS 2"
            ]),
        BadInput(
            route("topic = \"a\"\ndirection = \"in\"\npublish_qos = 1"),
            [
                "warning: c.toml:6: route[1].publish_qos: means nothing for direction = \"in\"; qos is the one of the local publish"
            ]),
    ]
}

@Suite struct RouteProblemTests {
    @Test(arguments: BadInput.routeProblem)
    func `what is wrong with routes`(_ input: BadInput) {
        #expect(said(parsed(input.text)) == input.said)
    }
}
